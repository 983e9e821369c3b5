"""The words of a question in a text: where they stand, and what is around them."""

import re

from sync_node.search import words
from sync_node.search.limits import SNIPPET_CHARACTERS
from sync_node.search.question import Question, Term
from sync_node.search.results import Part

Span = tuple[int, int]


def spans(text: str, question: Question) -> list[Span]:
    """Return where the question's words stand in a text, in order, none within another."""
    folded, places = _folded(text)
    found = [
        (places[match.start()], places[match.end()])
        for term in question.terms
        for match in _pattern(term).finditer(folded)
    ]
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def marked(text: str, found: list[Span]) -> tuple[Part, ...]:
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


def snippet(text: str, found: list[Span]) -> tuple[Part, ...]:
    """Return what is around the words found first, about as much as two lines of a phone."""
    first = found[0][0] if found else 0
    start = max(first - SNIPPET_CHARACTERS // 3, 0)
    if start:
        blank = text.find(" ", start, first)
        start = blank + 1 if blank >= 0 else start
    end = min(start + SNIPPET_CHARACTERS, len(text))
    if end < len(text):
        blank = text.rfind(" ", first, end)
        end = blank if blank > start + SNIPPET_CHARACTERS // 2 else end
    inside = [(a - start, min(b, end) - start) for a, b in found if a >= start and a < end]
    parts = marked(text[start:end], inside)
    before = (Part("… "),) if start else ()
    after = (Part(" …"),) if end < len(text) else ()
    return (*before, *parts, *after)


def _pattern(term: Term) -> re.Pattern[str]:
    if term.is_run:
        return re.compile(re.escape(term.text))
    begins = words.stem(term.text)
    begins = begins[:-1] if begins.endswith("y") and len(begins) > 3 else begins  # city, cities
    return re.compile(rf"(?<!\w){re.escape(begins)}\w*")


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
