"""Which versions a hub has to keep, and why; what nothing needs may go. Pure.

A version is kept for each of these reasons:
- `newest`: it is one of the newest of its pack. New versions are laid out and packed against them.
- `young`: it was published of late.
- `offered`: a channel offers it, or a rollout does to some.
- `lately`: a channel offered it of late, to all or to some. Sticks are on their way, nodes in the
  middle of it.
- `held`: a node said that it holds it, or works towards it: it fetches again what rots, and gets
  the next version as a delta from this one.
- `mixed`: a node said that it has lessons of older versions, and couldn't say of which: all that
  were ever offered, by rollouts too.
- `rollout`: a rollout that goes on leads to it.
- `fall-back`: it is what a channel offered before: a withdrawal goes back to it.
- `delta`: a delta that there should be leads from it or to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

Why: TypeAlias = Literal[
    "newest", "young", "offered", "lately", "held", "mixed", "rollout", "fall-back", "delta"
]
Key: TypeAlias = tuple[str, int]  # pack and version


@dataclass(frozen=True)
class Policy:
    """How much is kept that nothing needs: the newest of each pack, and how long others."""

    newest: int
    young: timedelta
    lately: timedelta


@dataclass(frozen=True)
class Kept:
    """A version, when it was published, and since when no channel offers it; None if none did.

    One that is on offer now is among `Needs.offered`.
    """

    pack: str
    version: int
    published_at: datetime
    ceased_at: datetime | None = None

    @property
    def key(self) -> Key:
        """What names it."""
        return self.pack, self.version


@dataclass(frozen=True)
class Needs:
    """Which versions somebody needs. `mixed`: packs of which a node has lessons it can't name."""

    offered: frozenset[Key] = frozenset()
    held: frozenset[Key] = frozenset()
    rollout: frozenset[Key] = frozenset()
    fall_back: frozenset[Key] = frozenset()
    delta: frozenset[Key] = frozenset()
    mixed: frozenset[str] = frozenset()


def reasons(
    versions: Sequence[Kept], needs: Needs, policy: Policy, now: datetime
) -> dict[Key, tuple[Why, ...]]:
    """Return for each version why it is kept; for none of the reasons, it may go."""
    newest = _newest(versions, policy.newest)
    return {one.key: tuple(_why(one, newest, needs, policy, now)) for one in versions}


def _why(one: Kept, newest: set[Key], needs: Needs, policy: Policy, now: datetime) -> Iterable[Why]:
    if one.key in newest:
        yield "newest"
    if now - one.published_at < policy.young:
        yield "young"
    lately = one.ceased_at is not None and now - one.ceased_at < policy.lately
    if lately and one.key not in needs.offered:
        yield "lately"
    if one.pack in needs.mixed and one.ceased_at is not None:
        yield "mixed"
    among: Mapping[Why, frozenset[Key]] = {
        "offered": needs.offered,
        "held": needs.held,
        "rollout": needs.rollout,
        "fall-back": needs.fall_back,
        "delta": needs.delta,
    }
    yield from (why for why, keys in among.items() if one.key in keys)


def _newest(versions: Sequence[Kept], count: int) -> set[Key]:
    of_pack: dict[str, list[int]] = {}
    for one in versions:
        of_pack.setdefault(one.pack, []).append(one.version)
    return {
        (pack, version)
        for pack, numbers in of_pack.items()
        for version in sorted(numbers, reverse=True)[:count]
    }
