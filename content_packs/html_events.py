"""An HTML document as a list of what stands in it: it is taken apart once, and read by several."""

from functools import lru_cache
from html.parser import HTMLParser
from typing import Literal, NamedTuple, TypeAlias

Attributes: TypeAlias = list[tuple[str, str | None]]


class Event(NamedTuple):
    """A start tag, an end tag or text, in line `line`. `empty`: a start tag that ends itself."""

    kind: Literal["start", "end", "text"]
    name: str  # of the element; of text: the text
    line: int
    attributes: Attributes
    empty: bool


@lru_cache(maxsize=1)  # a page is read for its faults, its references and its pictures in turn
def events_of(text: str) -> tuple[Event, ...]:
    """Return what stands in an HTML document, character references resolved."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return tuple(reader.events)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.events.append(Event("start", tag, self.getpos()[0], attrs, empty=False))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.events.append(Event("start", tag, self.getpos()[0], attrs, empty=True))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(Event("end", tag, self.getpos()[0], [], empty=False))

    def handle_data(self, data: str) -> None:
        self.events.append(Event("text", data, self.getpos()[0], [], empty=False))
