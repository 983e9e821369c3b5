"""The words of a question in a text: where they stand, and what is around them."""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from sync_node.search import words
from sync_node.search.limits import SNIPPET_CHARACTERS
from sync_node.search.question import Question, Term
from sync_node.search.results import Part

Span = tuple[int, int]
_TOGETHER_CHARACTERS = SNIPPET_CHARACTERS * 2 // 3


class Found(NamedTuple):
    """Where a question's words stand in a text, none within another; `first`: where to begin.

    That is where most of the words stand close together.
    """

    spans: tuple[Span, ...]
    first: int


def spans(text: str, question: Question) -> Found:
    """Return where the question's words stand in a text."""
    folded, places = _folded(text)
    found = sorted(
        (places[match.start()], places[match.end()], number)
        for number, term in enumerate(question.terms)
        for match in _pattern(term).finditer(folded)
    )
    merged: list[Span] = []
    for start, end, _ in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return Found(tuple(merged), _thickest([(start, number) for start, _, number in found]))


def _thickest(found: list[tuple[int, int]]) -> int:
    """Return where the most different words begin within a short stretch, the first of such."""
    best, first = 0, found[0][0] if found else 0
    for at, (start, _) in enumerate(found):
        near = takewhile(lambda each: each[0] < start + _TOGETHER_CHARACTERS, found[at:])  # noqa: B023  # used at once
        words_near = len({number for _, number in near})
        if words_near > best:
            best, first = words_near, start
    return first


def marked(text: str, found: Iterable[Span]) -> tuple[Part, ...]:
    """Return a text in parts, those found marked."""
    parts: list[Part] = []
    at = 0
    for start, end in found:
        if start > at:
            parts.append(Part(text[at:start]))
        parts.append(Part(text[start:end], found=True))
        at = end
    if at < len(text):
        parts.append(Part(text[at:]))
    return tuple(parts)


def snippet(text: str, found: Found) -> tuple[Part, ...]:
    """Return what is around the words, about as much as two lines of a phone."""
    start = max(found.first - SNIPPET_CHARACTERS // 3, 0)
    if start:
        blank = text.find(" ", start, found.first)
        start = blank + 1 if blank >= 0 else start
    end = min(start + SNIPPET_CHARACTERS, len(text))
    if end < len(text):
        blank = text.rfind(" ", found.first, end)
        end = blank if blank > start + SNIPPET_CHARACTERS // 2 else end
    inside = [(a - start, min(b, end) - start) for a, b in found.spans if start <= a < end]
    parts = marked(text[start:end], inside)
    before = (Part("… "),) if start else ()
    after = (Part(" …"),) if end < len(text) else ()
    return (*before, *parts, *after)


def _pattern(term: Term) -> re.Pattern[str]:
    if term.is_run:
        return re.compile(re.escape(term.text))
    stem = words.stem(term.text)
    if term.open:
        return re.compile(rf"(?<!\w){re.escape(min(stem, term.text, key=len))}\w*")
    if stem.endswith("y"):
        return re.compile(rf"(?<!\w){re.escape(stem[:-1])}(?:y|ys|ies)(?!\w)")
    return re.compile(rf"(?<!\w){re.escape(stem)}s?(?!\w)")


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text folded, and for each of its characters, and its end, the place in `text`."""
    plain = words.fold(text)
    if len(plain) == len(text):
        return plain, list(range(len(text) + 1))
    folded: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        piece = words.fold(character)
        folded.append(piece)
        places += [at] * len(piece)
    return "".join(folded), [*places, len(text)]
