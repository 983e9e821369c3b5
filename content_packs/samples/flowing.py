"""Breaks text into lines: Latin between words, Chinese between any two characters.

`{1/2}` in a text is a fraction. A line may not begin with closing punctuation (the rule of Chinese
typesetting, GB/T 15834).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_NOT_FIRST = frozenset("，。！？；：、）”’》,.!?;:)")
_WIDE = r"\u2018-\u201d\u3000-\u9fff\uff00-\uffef"  # quotes, Chinese characters and punctuation
_PIECES = re.compile(
    r"\{(?P<top>[^/{}]+)/(?P<bottom>[^/{}]+)\}"
    rf"|(?P<space> +)|(?P<wide>[{_WIDE}])|(?P<word>[^ {{{_WIDE}]+)"
)


@dataclass(frozen=True)
class Piece:
    """What isn't broken: a word, a Chinese character, spaces, or a fraction (with `bottom`)."""

    text: str
    bottom: str = ""

    @property
    def is_space(self) -> bool:
        """Whether it is nothing but spaces."""
        return not self.text.strip()


def pieces_of(text: str) -> list[Piece]:
    """Return the pieces of a text, in order."""
    return [
        Piece(found["top"], found["bottom"]) if found["top"] else Piece(found[0])
        for found in _PIECES.finditer(text)
    ]


def break_lines(text: str, width: float, width_of: Callable[[Piece], float]) -> list[list[Piece]]:
    """Return the lines that `text` makes in `width`."""
    lines: list[list[Piece]] = [[]]
    used = 0.0
    for piece in pieces_of(text):
        wide = width_of(piece)
        if used + wide > width and lines[-1] and piece.text[0] not in _NOT_FIRST:
            lines.append([])
            used = 0.0
        if piece.is_space and not lines[-1] and len(lines) > 1:
            continue
        lines[-1].append(piece)
        used += wide
    return lines
