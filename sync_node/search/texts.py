"""From files to passages: what a page, captions or a PDF's pages say, without their markup.

Nothing raises: packs are foreign, and what can't be read is found by its title alone.
"""

import re
from collections.abc import Iterable, Iterator

from content_packs import html_events, webvtt
from sync_node.search.contents import Passage
from sync_node.search.limits import PASSAGE_CHARACTERS_MAX

_BLANKS = re.compile(r"\s+")
_HEADINGS = {"h1", "h2", "h3"}
_SILENT = {"script", "style", "template", "noscript", "iframe", "svg", "head", "annotation"}
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "code", "em", "i", "kbd", "mark", "q", "s", "small", "span",
    "strong", "sub", "sup", "u", "var",
}  # fmt: skip
_CUE_MARKUP = re.compile(r"<[^<>]*>")
_SENTENCE_END = re.compile(r"[。！？；.!?;](?:\s|(?<=[。！？；]))|\n")


def plain(text: str) -> str:
    """Return a text with single blanks."""
    return _BLANKS.sub(" ", text).strip()


def of_page(html: str, language: str) -> Iterator[Passage]:
    """Yield what a page says, a section at a time."""
    for section in _sections(html):
        yield from of_text(section, language)


def of_text(text: str, language: str) -> Iterator[Passage]:
    """Yield a text in stretches that end with a sentence where that is possible."""
    for stretch in _stretches(plain(text)):
        yield Passage(language, stretch)


def of_captions(text: str, language: str) -> Iterator[Passage]:
    """Yield captions, several together, with the second at which each begins."""
    said = ""
    places: list[tuple[int, int]] = []
    for cue in webvtt.parse(text).cues:
        words = plain(html_events.unescaped(_CUE_MARKUP.sub("", cue.text)))
        words = words[:PASSAGE_CHARACTERS_MAX]
        if not words:
            continue
        if said and len(said) + len(words) >= PASSAGE_CHARACTERS_MAX:
            yield Passage(language, said, tuple(places))
            said, places = "", []
        said += "\n" if said else ""
        places.append((len(said), cue.start // 1000))
        said += words
    if said:
        yield Passage(language, said, tuple(places))


def of_pages(pages: Iterable[str], language: str) -> Iterator[Passage]:
    """Yield what the pages of a document say, with the number of each."""
    for number, page in enumerate(pages, 1):
        for stretch in _stretches(plain(page)):
            yield Passage(language, stretch, ((0, number),))


def _sections(html: str) -> Iterator[str]:
    said: list[str] = []
    silent = 0
    for kind, name, _line, _attributes, empty in html_events.events_of(html):
        if kind == "text":
            if not silent:
                said.append(name)
            continue
        if name in _SILENT and not empty:
            silent = max(silent + (1 if kind == "start" else -1), 0)
        if kind == "start" and name in _HEADINGS and not silent:
            yield "".join(said)
            said = []
        if name not in _INLINE:
            said.append(" ")
    yield "".join(said)


def _stretches(text: str) -> Iterator[str]:
    while len(text) > PASSAGE_CHARACTERS_MAX:
        cut = _last_end(text[:PASSAGE_CHARACTERS_MAX])
        yield text[:cut].strip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _last_end(text: str) -> int:
    """Return where the last sentence of a text ends, else its last word, else the text."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    if ends and ends[-1] > len(text) // 2:
        return ends[-1]
    blank = text.rfind(" ")
    return blank if blank > len(text) // 2 else len(text)
