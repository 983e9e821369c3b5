"""Looks at the school's site as a phone's browser would, without showing anything."""

import http.client
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

_LINKS = {
    "a": ("href",), "link": ("href",), "script": ("src",), "img": ("src",), "source": ("src",),
    "video": ("src", "poster"), "audio": ("src",), "track": ("src",), "iframe": ("src",),
    "object": ("data",), "embed": ("src",),
}  # fmt: skip
TIMEOUT_SECONDS = 30.0
PAGES_MAX = 2_000


class Answer(NamedTuple):
    """What the site answered: status, headers with names in lower case, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_page(self) -> bool:
        """Say whether it is HTML."""
        return self.headers.get("content-type", "").startswith("text/html")

    @property
    def is_redirect(self) -> bool:
        """Say whether a browser is sent on to another address."""
        return self.status in {302, 303} and "location" in self.headers

    @property
    def text(self) -> str:
        """The body, decoded."""
        return self.body.decode()


@dataclass
class Choice:
    """A field of a form: its name, its kind, and the values that can be sent."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)


@dataclass
class Page(HTMLParser):
    """What a page links to and asks for."""

    address: str
    links: dict[str, str] = field(default_factory=dict)  # address → tag
    forms: dict[str, list[Choice]] = field(default_factory=dict)  # address of a POST → fields
    _form: list[Choice] | None = None

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and fields."""
        values = {name: value or "" for name, value in attrs}
        for name in _LINKS.get(tag, ()):
            if values.get(name):
                self.links.setdefault(urldefrag(urljoin(self.address, values[name])).url, tag)
        if tag == "form":
            posts = values.get("method", "").lower() == "post"
            action = urljoin(self.address, values.get("action") or self.address)
            self._form = self.forms.setdefault(urldefrag(action).url, []) if posts else None
        elif self._form is not None and tag in {"input", "select", "textarea", "option"}:
            self._note_field(self._form, tag, values)

    def handle_endtag(self, tag: str) -> None:
        """Note where a form ends."""
        if tag == "form":
            self._form = None

    def _note_field(self, form: list[Choice], tag: str, values: dict[str, str]) -> None:
        if tag == "option":
            form[-1].values.append(values.get("value", ""))
            return
        name = values.get("name", "")
        same = next((choice for choice in form if choice.name == name), None)
        if same is None:
            same = Choice(name, values.get("type", tag))
            form.append(same)
        if tag == "input":
            same.values.append(values.get("value", ""))


def _leads_to(address: str, answer: Answer) -> str:
    """Return where a redirect sends a browser; nothing for any other answer."""
    return urljoin(address, answer.headers["location"]) if answer.is_redirect else ""


class Phone:
    """A visitor of the site at `address`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._host = urlsplit(address).netloc

    def get(self, address: str, **headers: str) -> Answer:
        """Fetch an address of the site, with headers such as `range="bytes=0-9"`."""
        return self._ask("GET", address, headers)

    def post(self, address: str, fields: list[tuple[str, str]]) -> Answer:
        """Send a form, and return what came back, one redirect followed."""
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "origin": f"http://{self._host}",
        }
        answer = self._ask("POST", address, headers, urlencode(fields).encode())
        return self.get(onward) if (onward := _leads_to(address, answer)) else answer

    def _ask(
        self, method: str, address: str, headers: dict[str, str], body: bytes | None = None
    ) -> Answer:
        parts = urlsplit(urljoin(self.address, address))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(
                method,
                path,
                body,
                {name.replace("_", "-"): value for name, value in headers.items()},
            )
            answer = connection.getresponse()
            kept = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, kept, answer.read())
        finally:
            connection.close()

    def is_here(self, address: str) -> bool:
        """Say whether an address is on this site."""
        return urlsplit(address).netloc == self._host

    def wander(self) -> tuple[dict[str, Answer], dict[str, Page], set[str]]:
        """Follow every link from the home page.

        Returns the answers by their addresses (of a redirect on this site: that, and the answer of
        where it leads), the site's own pages, and whatever a page would
        have fetched from elsewhere. Files of packs aren't looked into for further links.
        """
        answers: dict[str, Answer] = {}
        pages: dict[str, Page] = {}
        outside: set[str] = set()
        waiting = [self.address]
        while waiting and len(answers) < PAGES_MAX:
            address = waiting.pop()
            if address in answers:
                continue
            answers[address] = answer = self.get(address)
            if (onward := _leads_to(address, answer)) and self.is_here(onward):
                waiting.append(onward)
            if not answer.is_page or "/content/" in address:
                continue
            pages[address] = page = Page(address)
            page.feed(answer.text)
            for link, tag in page.links.items():
                if self.is_here(link):
                    waiting.append(link)
                elif tag != "a":
                    outside.add(link)
        return answers, pages, outside
