"""A bar of outcomes: how many of a stage's schools have which, side by side. Pure.

Widths are in thousandths of the bar. An outcome that any school has is wide enough to be seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.rollouts.outcomes import Kind

WIDTH: Final = 1_000
_WIDTH_MIN: Final = 8
_ORDER: Final[tuple[tuple[Kind, str], ...]] = (
    ("opened", "is-good"),
    ("waiting", "is-verified"),
    ("working", "is-working"),
    ("failed", "is-bad"),
    ("unreached", "is-quiet"),
)


@dataclass(frozen=True)
class Part:
    """A part of the bar: where it begins, and how wide it is."""

    kind: Kind
    look: str
    count: int
    start: int
    width: int


def bar(outcomes: Mapping[Kind, int]) -> tuple[Part, ...]:
    """Return the parts of a bar, none for no school; who doesn't follow it isn't in it."""
    shown = [(kind, look, outcomes.get(kind, 0)) for kind, look in _ORDER if outcomes.get(kind, 0)]
    total = sum(count for _, _, count in shown)
    wide = [max(count * WIDTH // total, _WIDTH_MIN) for _, _, count in shown]
    if wide:
        wide[wide.index(max(wide))] += WIDTH - sum(wide)
    parts, start = [], 0
    for (kind, look, count), width in zip(shown, wide, strict=True):
        parts.append(Part(kind, look, count, start, width))
        start += width
    return tuple(parts)
