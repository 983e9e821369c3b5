"""A phone on the school's Wi-Fi, by real sockets: it keeps cookies, and sends what a browser sends.

`at` is its address. Any of 127.0.0.0/8 can be had on Linux, so that a test has many phones.
"""

import http.client
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

_SECONDS_MAX = 30
Form = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What came back. `headers`: by their names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    @property
    def location(self) -> str:
        """Where it leads to."""
        return self.headers.get("location", "")

    def hidden(self, name: str) -> str:
        """Return what a hidden field of a form in the page holds."""
        found = re.search(f'<input type="hidden" name="{name}" value="([^"]*)">', self.text)
        assert found, f"no field {name} in {self.text[:2000]}"
        return found[1]


@dataclass
class Phone:
    """A browser without JavaScript. `address`: the site's, with its scheme."""

    address: str
    at: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    _open: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def host(self) -> str:
        """The site's host and port."""
        return urlsplit(self.address).netloc

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Open a page."""
        return self._ask(method, path, None, headers)

    def post(
        self, path: str, form: Form | bytes = b"", *, method: str = "POST", **headers: str
    ) -> Answer:
        """Send a form, as a page of the site does."""
        data = form if isinstance(form, bytes) else urlencode(form, doseq=True).encode()
        sent = {
            "Origin": self.address,
            "Content-Type": "application/x-www-form-urlencoded",
        } | headers
        return self._ask(method, path, data, sent)

    def send(
        self, path: str, name: str, data: bytes, form: Mapping[str, str], **headers: str
    ) -> Answer:
        """Send a form with a file."""
        edge = "edge-of-a-part"
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in form.items()
        ]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = b"".join((*parts, f"{head}\r\n".encode(), data, f"\r\n--{edge}--\r\n".encode()))
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        return self.post(path, body, **(kind | headers))

    def forget(self) -> None:
        """Throw every cookie away."""
        self.cookies.clear()

    def close(self) -> None:
        """Hang up."""
        if self._open:
            self._open.close()
            self._open = None

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies and "Cookie" not in sent:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            return self._once(method, path, body, sent)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()  # the server ended a connection that was kept
            return self._once(method, path, body, sent)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._open is None:
            self._open = http.client.HTTPConnection(
                self.host, timeout=_SECONDS_MAX, source_address=(self.at, 0)
            )
        self._open.request(method, path, body, headers)
        found = self._open.getresponse()
        self._take_cookies(found.headers.get_all("Set-Cookie", []))
        named = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, named, found.read())

    def _take_cookies(self, lines: Sequence[str]) -> None:
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            if not value or "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
