"""An HTML document as a list of what stands in it: it is taken apart once, and read by several.

Read as browsers do (WHATWG HTML, 13.2.5), simplified: each character leads on, none is looked at
again from further back, so that the time is linear in the text whatever stands in it. (The standard
library's parser starts over at each `<` that nothing closes, and raises for some; what it makes of
errors differs from one release to the next.) Simpler than the standard: a script ends at the first
`</script`, and inline SVG and MathML are read like the rest.
"""

import re
from functools import lru_cache
from html import unescape
from typing import Literal, NamedTuple, TypeAlias

Attributes: TypeAlias = list[tuple[str, str | None]]

_SPACE = r"\t\n\f\r "
_MARKUP = re.compile(r"<(?:[A-Za-z!?]|/.)", re.DOTALL)
_COMMENT_END = re.compile(r"--!?>")
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>[A-Za-z][^{_SPACE}/>]*)")
_ATTRIBUTE = re.compile(
    rf"""
    [{_SPACE}/]*
    (?P<name>[^{_SPACE}/>][^{_SPACE}/>=]*)
    (?:[{_SPACE}]*=[{_SPACE}]*
        (?P<value>"[^"]*"|'[^']*'|[^{_SPACE}>"'][^{_SPACE}>]*|(?P<open>["'])|))?
    """,
    re.VERBOSE,
)
# Elements in which nothing but their own end tag is markup.
_RAW = {
    name: re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE | re.ASCII)
    for name in ("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp")
}
_RAW_WITH_REFERENCES = {"textarea", "title"}
# Past eight digits no number is a character, whatever follows.
_LONG_NUMBER = re.compile(r"&#0*([0-9]{1,8})[0-9]*")


class Event(NamedTuple):
    """A start tag, an end tag or text, in line `line`. `empty`: a start tag that ends itself."""

    kind: Literal["start", "end", "text"]
    name: str  # of the element; of text: the text
    line: int
    attributes: Attributes
    empty: bool


@lru_cache(maxsize=1)  # a page is read for its faults, its references and its pictures in turn
def events_of(text: str) -> tuple[Event, ...]:
    """Return what stands in an HTML document, character references resolved.

    Of attributes of one name an element has the first. What a document leaves open at its end is
    no tag; text in an open element is there.
    """
    reader = _Reader(text)
    reader.read()
    return tuple(reader.events)


class _Reader:
    def __init__(self, text: str) -> None:
        self.events: list[Event] = []
        self._text = text
        self._at = 0
        self._line, self._line_at = 1, 0  # the line of a place that no event lies before

    def read(self) -> None:
        size = len(self._text)
        while self._at < size:
            found = _MARKUP.search(self._text, self._at)
            self._take_text(found.start() if found else size)
            if found:
                self._take_markup()

    def _take_text(self, end: int, *, references: bool = True) -> None:
        if end > self._at:
            text = self._text[self._at : end]
            self._add("text", unescaped(text) if references else text, self._at)
            self._at = end

    def _take_markup(self) -> None:
        """Take what `_MARKUP` found, to its end or to the document's."""
        text, start = self._text, self._at
        if text.startswith("<!--", start):
            self._at = self._end_of_comment(start + len("<!--"))
        elif tag := _TAG.match(text, start):
            self._take_tag(tag["name"].lower(), tag.end(), is_end=bool(tag["end"]))
        else:  # a doctype, or what counts as a comment
            end = text.find(">", start + 2)
            self._at = end + 1 if end >= 0 else len(text)

    def _end_of_comment(self, at: int) -> int:
        for abrupt in (">", "->"):
            if self._text.startswith(abrupt, at):
                return at + len(abrupt)
        found = _COMMENT_END.search(self._text, at)
        return found.end() if found else len(self._text)

    def _take_tag(self, name: str, at: int, *, is_end: bool) -> None:
        """Take a tag whose name ends `at`, and the raw text that follows one that starts some."""
        attributes: dict[str, str | None] = {}
        while found := _ATTRIBUTE.match(self._text, at):
            at = found.end()
            if found["open"]:
                self._at = len(self._text)
                return
            if not is_end:
                attributes.setdefault(found["name"].lower(), _value(found["value"]))
        start, end = self._at, self._text.find(">", at)  # nothing but spaces and slashes before it
        self._at = end + 1 if end >= 0 else len(self._text)
        if end < 0:
            return
        if is_end:
            self._add("end", name, start)
            return
        empty = end > at and self._text[end - 1] == "/"
        self._add("start", name, start, list(attributes.items()), empty=empty)
        if name in _RAW and not empty:
            ended = _RAW[name].search(self._text, self._at)
            end = ended.start() if ended else len(self._text)
            self._take_text(end, references=name in _RAW_WITH_REFERENCES)

    def _add(
        self,
        kind: Literal["start", "end", "text"],
        name: str,
        at: int,
        attributes: Attributes | None = None,
        *,
        empty: bool = False,
    ) -> None:
        self._line += self._text.count("\n", self._line_at, at)
        self._line_at = at
        self.events.append(Event(kind, name, self._line, attributes or [], empty))


def _value(written: str | None) -> str | None:
    if written and written[0] in "'\"":
        written = written[1:-1]
    return written and unescaped(written)


def unescaped(text: str) -> str:
    """Return a text with its character references resolved.

    `html.unescape` alone raises for a number of thousands of digits.
    """
    return unescape(_LONG_NUMBER.sub(r"&#\1", text)) if "&" in text else text
