"""What a drawing is: a shape in units of its own, and the function that paints it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from content_packs.samples.canvas import View

Words: TypeAlias = Callable[[str], str]  # from a key in the pack's `_words.toml` to its text
Arguments: TypeAlias = Sequence[str]


@dataclass(frozen=True)
class Drawing:
    """A drawing: its width and height in units, and how it is painted."""

    shape: tuple[float, float]
    paint: Callable[[View, Arguments, Words], None]
