"""What an HTML document or a style sheet needs or links to. Reads; judges nothing."""

import re
from dataclasses import dataclass
from functools import lru_cache

from content_packs.html_events import Attributes, Event, events_of

# Attributes by whether what they name is shown with the page, or only linked from it.
_EMBEDS = {"src", "poster", "data", "background", "xlink:href", "srcset", "imagesrcset"}
# The relations of a `<link>` that a browser fetches; `next`, `up`, `search` merely lead elsewhere.
FETCHED_RELATIONS = {
    "stylesheet", "icon", "apple-touch-icon", "preload", "prefetch", "modulepreload", "manifest",
}  # fmt: skip
_STYLE_URL = re.compile(
    r"""(?:url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"'()\s]+))\s*\)|@import\s+(?:"([^"\n]*)"|'([^'\n]*)'))""",
    re.IGNORECASE,
)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


@dataclass(frozen=True)
class Reference:
    """A URL in line `line`. `embedded`: shown with the page, not only linked from it."""

    url: str
    line: int
    embedded: bool

    @property
    def is_relative(self) -> bool:
        """Say whether it names a file beside the page (not `#part`, not another server)."""
        return is_relative(self.url)


def is_relative(url: str) -> bool:
    """Say whether `url` names a file beside the page."""
    return bool(url) and not url.startswith(("#", "/", "?")) and not _SCHEME.match(url)


def of_html(text: str) -> list[Reference]:
    """Return the references of an HTML document or fragment, in their order."""
    return list(_read(text).found)


def of_style(text: str, *, first_line: int = 1) -> list[Reference]:
    """Return the references of a style sheet, in their order."""
    found = []
    blanked = _STYLE_COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
    line, at = first_line, 0
    for match in _STYLE_URL.finditer(blanked):
        line += blanked.count("\n", at, match.start())
        at = match.start()
        url = next((group for group in match.groups() if group), "")
        if url:
            found.append(Reference(url.strip(), line, embedded=True))
    return found


def _shows(tag: str, attributes: Attributes) -> bool:
    """Say whether what an element's `href` names is shown with the page."""
    if tag != "link":
        return tag not in {"a", "area"}
    relations = dict(attributes).get("rel") or ""
    return bool(FETCHED_RELATIONS & set(relations.lower().split()))


class _Reader:
    def __init__(self, text: str) -> None:
        self.found: list[Reference] = []
        self.without_words: list[int] = []
        inside = ""
        for event in events_of(text):
            if event.kind == "start":
                self._take(event)
                inside = "" if event.empty else event.name
            elif event.kind == "end":
                inside = ""
            elif inside == "style":
                self.found += of_style(event.name, first_line=event.line)

    def _take(self, event: Event) -> None:
        tag, line, attributes = event.name, event.line, event.attributes
        if tag == "img" and not any(name == "alt" for name, _ in attributes):
            self.without_words.append(line)
        for name, value in attributes:
            if not value:
                continue
            if name in {"srcset", "imagesrcset"}:
                urls = [part.split()[0] for part in value.split(",") if part.strip()]
                self._add(urls, line, embedded=True)
            elif name in _EMBEDS:
                self._add([value.strip()], line, embedded=True)
            elif name == "href" and tag != "base":
                self._add([value.strip()], line, embedded=_shows(tag, attributes))
            elif name == "style":
                self.found += of_style(value, first_line=line)

    def _add(self, urls: list[str], line: int, *, embedded: bool) -> None:
        self.found += [Reference(url, line, embedded) for url in urls]


def pictures_without_words(text: str) -> list[int]:
    """Return the lines of the pictures in an HTML document that have no `alt`."""
    return list(_read(text).without_words)


@lru_cache(maxsize=1)  # a page is asked for its references and its pictures, one after the other
def _read(text: str) -> _Reader:
    return _Reader(text)
