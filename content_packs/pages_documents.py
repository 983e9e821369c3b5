"""Whole HTML documents: pages of their own, and the pages of apps. None may need the internet.

They are carried as they are and shown in a sandbox, so nothing in them is cleaned. What is judged
here is what a browser would fetch from another server when it shows them: there it would wait, and
then show a hole. What scripts fetch can't be seen by reading.
"""

import re
from dataclasses import dataclass, field

from content_packs.faults import Fault, Severity
from content_packs.fragments import is_relative
from content_packs.html_events import Event, events_of
from content_packs.pages import Link
from content_packs.source_references import FETCHED_RELATIONS, of_style

# Which attributes a browser fetches, by element; of `link` only with one of `FETCHED_RELATIONS`.
_FETCHED = {
    "audio": ("src",),
    "body": ("background",),
    "embed": ("src",),
    "frame": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href", "imagesrcset"),
    "object": ("data",),
    "script": ("src", "href", "xlink:href"),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
_PICTURES = {"img", "image", "input", "source"}
_SETS = {"srcset", "imagesrcset"}
_OTHER_SERVER = re.compile(r"\s*(?:(?:https?|wss?|ftp):|[/\\]{2})", re.IGNORECASE)
_REFRESH = re.compile(r"url\s*=\s*['\"]?\s*((?:https?:)?//[^'\"\s;]+)", re.IGNORECASE)
_NO_INTERNET = "A school has no internet: put the file into the pack, and name it by its path."


def check_html_document(text: str, *, path: str) -> tuple[str | None, list[Link], list[Fault]]:
    """Return a document's title, the files of the pack that it names, and what is wrong with it.

    An error: what a browser would fetch from another server to show it. A warning: a link that
    leads to one.
    """
    reader = _Reader(text, path)
    return " ".join(reader.title.split()) or None, reader.links, reader.faults


@dataclass
class _Notes:
    path: str
    links: list[Link] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def note(self, severity: Severity, message: str, hint: str, line: int) -> None:
        self.faults.append(Fault(severity, self.path, message, hint, line))

    def fetched(self, url: str, line: int, what: str, *, is_picture: bool = False) -> None:
        if _OTHER_SERVER.match(url):
            message = f"{what} fetches {url.strip()[:120]!r} from the internet"
            self.note("error", message, _NO_INTERNET, line)
        elif is_relative(url):
            self.links.append(Link(url, line, is_picture=is_picture))
        elif url.startswith(("/", "\\")):
            message = f"{what} fetches {url[:120]!r}, from the root of the school's site"
            self.note("error", message, "Write the path relative to this file.", line)

    def linked(self, url: str, line: int) -> None:
        if _OTHER_SERVER.match(url):
            self.links.append(Link(url.strip(), line, outside=True))
            self.note(
                "warning",
                f"a link to {url.strip()[:120]!r}, which needs the internet",
                "Take it out, or say beside it that it doesn't open at school.",
                line,
            )
        elif is_relative(url):
            self.links.append(Link(url, line))


class _Reader:
    def __init__(self, text: str, path: str) -> None:
        self._notes = _Notes(path)
        self.title = ""
        inside = ""
        for event in events_of(text):
            if event.kind == "start":
                self._start(event)
                inside = "" if event.empty else event.name
            elif event.kind == "end":
                inside = ""
            elif inside == "style":
                self._style(event.name, event.line, "<style>")
            elif inside == "title":
                self.title += event.name

    @property
    def links(self) -> list[Link]:
        return self._notes.links

    @property
    def faults(self) -> list[Fault]:
        return self._notes.faults

    def _start(self, event: Event) -> None:
        tag, line = event.name, event.line
        pairs = event.attributes
        values = {name: value.strip() for name, value in pairs if value and value.strip()}
        self._style(values.get("style", ""), line, f"the style of <{tag}>")
        if tag in {"a", "area"}:
            self._notes.linked(values.get("href", values.get("xlink:href", "")), line)
        elif tag == "base":
            self._base(values.get("href", ""), line)
        elif tag == "meta" and (found := _REFRESH.search(values.get("content", ""))):
            self._notes.fetched(found.group(1), line, "<meta>")
        elif tag != "link" or FETCHED_RELATIONS & set(values.get("rel", "").lower().split()):
            self._fetches(tag, values, line)

    def _fetches(self, tag: str, values: dict[str, str], line: int) -> None:
        for attribute in _FETCHED.get(tag, ()):
            value = values.get(attribute, "")
            urls = [value]
            if attribute in _SETS:
                urls = [part.split()[0] for part in value.split(",") if part.strip()]
            for url in urls:
                self._notes.fetched(url, line, f"<{tag}>", is_picture=tag in _PICTURES)

    def _base(self, url: str, line: int) -> None:
        if url:
            self._notes.note(
                "error",
                f"<base> makes all its links start at {url[:120]!r}",
                "Take <base> out: links are relative to the file.",
                line,
            )

    def _style(self, text: str, line: int, what: str) -> None:
        for reference in of_style(text, first_line=line):
            self._notes.fetched(reference.url, reference.line, what)
