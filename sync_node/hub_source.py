"""A repository over HTTP. Nothing of `requests` or `urllib3` leaves this module.

What a link, a proxy or a captive portal may do, and what comes of it:
- 200 where a range was asked for: what comes before it is read and dropped, up to a bound;
- another range than the one asked for, an encoding, too many bytes: `InvalidContent`;
- 403, 404, 410: `Missing` (object stores say 403 for what isn't there); any other status, a
  redirect to another host, a reset, a body cut short, a stuck transfer: `SourceUnavailable`.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3

from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from sync_node.hub_address import check_url
from sync_node.limits import (
    CONNECT_SECONDS,
    PIECE_BYTES,
    RANGE_SKIP_BYTES_MAX,
    READ_SECONDS,
    REDIRECTS_MAX,
    SLOW_AFTER_SECONDS,
    SLOW_BYTES_PER_SECOND,
)
from sync_node.source import Answer, Traffic, check_place

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(?:\d{1,19}|\*)")
_MISSING = {403, 404, 410}
_REDIRECTS = {301, 302, 303, 307, 308}
_LINK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
_LINE_END_BYTES = 2
_HEADER_BYTES = len(": ") + _LINE_END_BYTES


class _Session(requests.Session):
    """A session that leaves redirects alone: `requests` would read their bodies without a bound."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002  # theirs
        """Return that there is none."""
        return None


class HubSource:
    """The repository below a URL."""

    live = True

    def __init__(
        self,
        url: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.name = check_url(url)
        self.traffic = Traffic()
        self._base = url if url.endswith("/") else f"{url}/"
        self._monotonic = monotonic
        self._timeouts = (connect_seconds, read_seconds)
        self._session = _Session()
        # Proxies and certificates from the environment would override what is configured here.
        self._session.trust_env = False
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": "sync-node/1"})

    def get(self, path: str, *, bytes_max: int, etag: str = "") -> Answer:
        """Return a file whole. See `Source.get`."""
        headers = {"If-None-Match": etag} if etag else {}
        with self._opened(path, headers) as response:
            tag = response.headers.get("ETag", "")
            if response.status_code == 304 and etag:
                return Answer(None, tag or etag)
            self._expect_status(response, path, {200})
            body = bytearray()
            for piece in self._pieces(response, path):
                body += piece
                if len(body) > bytes_max:
                    raise InvalidContent(f"{self.name}: {path}: more than {bytes_max} bytes")
            return Answer(bytes(body), tag)

    def first(self, path: str, length: int) -> bytes:
        """Return the head of a file. See `Source.first`."""
        with self._opened(path, {"Range": f"bytes=0-{length - 1}"}) as response:
            self._expect_status(response, path, {200, 206})
            if response.status_code == 206:
                found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
                if not found or int(found[1]) or int(found[2]) >= length:
                    raise InvalidContent(f"{self.name}: {path}: another range than its head")
                length = int(found[2]) + 1
            head = bytearray()
            for piece in self._pieces(response, path):
                head += piece[: length - len(head)]
                if len(head) == length:
                    break
            if len(head) < length and response.status_code == 206:
                raise SourceUnavailable(f"{self.name}: {path}: ended early")
            return bytes(head)

    def start(self, path: str, *, length: int) -> bytes:
        """Return the first bytes of a file. See `Source.start`."""
        with self._opened(path, {"Range": f"bytes=0-{length - 1}"}) as response:
            self._expect_status(response, path, {200, 206})
            body = bytearray()
            for piece in self._pieces(response, path):
                body += piece[: length - len(body)]
                if len(body) == length:
                    break
        if response.status_code == 206:
            given = response.headers.get("Content-Range", "").strip()
            found = _CONTENT_RANGE.fullmatch(given)
            if not found or int(found[1]) or int(found[2]) >= length:
                raise InvalidContent(
                    f"{self.name}: {path}: Content-Range {given[:80]!r}, "
                    f"expected bytes 0-{length - 1}, or to an earlier end"
                )
            if len(body) != int(found[2]) + 1:
                left = int(found[2]) + 1 - len(body)
                raise SourceUnavailable(f"{self.name}: {path}: ended {left} bytes early")
        return bytes(body)

    @contextmanager
    def read(self, path: str, first: int, length: int) -> Iterator[Iterator[bytes]]:
        """Give a range of a file. See `Source.read`."""
        span = f"bytes={first}-{first + length - 1}"
        with self._opened(path, {"Range": span}) as response:
            self._expect_status(response, path, {200, 206})
            skip = self._start_of(response, path, first, length)
            yield self._exactly(response, path, skip, length)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @contextmanager
    def _opened(self, path: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        check_place(path)
        url = urljoin(self._base, path)
        for _ in range(REDIRECTS_MAX + 1):
            response = self._request(url, headers)
            try:
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
                url = self._redirected(url, response)
            finally:
                response.close()
        raise SourceUnavailable(f"{self.name}: {path}: redirected more than {REDIRECTS_MAX} times")

    def _request(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        self.traffic.requests += 1
        try:
            response = self._session.get(
                url,
                headers=dict(headers),
                stream=True,
                allow_redirects=False,
                timeout=self._timeouts,
            )
        except _LINK_ERRORS as error:
            raise self._unavailable(url, error) from error
        sent = response.request
        request_line = len(f"{sent.method} {sent.path_url} HTTP/1.1") + _LINE_END_BYTES
        host = len("Host: ") + len(urlsplit(url).netloc) + _LINE_END_BYTES
        status_line = len(f"HTTP/1.1 200 {response.reason}") + _LINE_END_BYTES
        self.traffic.bytes_out += request_line + host + _bytes_of(sent.headers)
        self.traffic.bytes_in += status_line + _bytes_of(response.headers)
        return response

    def _redirected(self, url: str, response: requests.Response) -> str:
        """Return where a redirect leads, if that is the same host and no less secure."""
        location = response.headers.get("Location", "")
        target = ""
        with contextlib.suppress(ValueError):
            target = urljoin(url, location)
        if not target or not _same_host(urlsplit(url), urlsplit(target)):
            raise SourceUnavailable(
                f"{self.name}: redirects to {location[:200]!r}, another host",
                hint="A network that asks for a login does this: open a page in a browser there.",
            )
        return target

    def _expect_status(self, response: requests.Response, path: str, expected: set[int]) -> None:
        status = response.status_code
        if status in _MISSING:
            raise Missing(f"{self.name}: {path}: not there (status {status})")
        if status not in expected:
            raise SourceUnavailable(f"{self.name}: {path}: status {status}")
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"", "identity"}:
            raise InvalidContent(
                f"{self.name}: {path}: Content-Encoding {encoding[:40]!r}, expected none",
                hint="A proxy on the way compresses: switch that off for this address.",
            )

    def _start_of(self, response: requests.Response, path: str, first: int, length: int) -> int:
        """Return how many bytes come before the range that was asked for."""
        if response.status_code == 206:
            found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
            if not found or (int(found[1]), int(found[2])) != (first, first + length - 1):
                raise InvalidContent(
                    f"{self.name}: {path}: Content-Range "
                    f"{response.headers.get('Content-Range', '')[:80]!r}, "
                    f"expected bytes {first}-{first + length - 1}"
                )
            return 0
        if first > RANGE_SKIP_BYTES_MAX:
            raise InvalidContent(
                f"{self.name}: {path}: answers with the whole file where a range was asked for",
                hint="The server, or a proxy on the way, must support Range requests.",
            )
        return first

    def _exactly(
        self, response: requests.Response, path: str, skip: int, length: int
    ) -> Iterator[bytes]:
        left = length
        for received in self._pieces(response, path):
            piece = received[skip:]
            skip -= min(skip, len(received))
            piece = piece[:left]
            left -= len(piece)
            if piece:
                yield piece
            if not left:
                return
        raise SourceUnavailable(f"{self.name}: {path}: ended {left + skip} bytes early")

    def _pieces(self, response: requests.Response, path: str) -> Iterator[bytes]:
        started = self._monotonic()
        received = 0
        while True:
            try:
                piece = response.raw.read1(PIECE_BYTES, decode_content=False)
            except _LINK_ERRORS as error:
                raise self._unavailable(path, error) from error
            if not piece:
                return
            received += len(piece)
            self.traffic.bytes_in += len(piece)
            elapsed = self._monotonic() - started
            if elapsed > SLOW_AFTER_SECONDS and received < elapsed * SLOW_BYTES_PER_SECOND:
                raise SourceUnavailable(
                    f"{self.name}: {path}: stuck, {received} bytes in {elapsed:.0f} seconds"
                )
            yield piece

    def _unavailable(self, what: str, error: Exception) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.name}: {what.removeprefix(self._base)}: {_in_words(error)}",
            hint="Check the link. What has come is kept; the next try goes on from there.",
        )


def _same_host(here: SplitResult, there: SplitResult) -> bool:
    """Say whether a redirect stays on the host; from http it may go to https, never back."""
    if there.hostname != here.hostname:
        return False
    if there.scheme == here.scheme:
        return there.netloc == here.netloc
    return (here.scheme, there.scheme) == ("http", "https")


def _bytes_of(headers: Mapping[str, str]) -> int:
    named = sum(len(key) + len(str(value)) + _HEADER_BYTES for key, value in headers.items())
    return named + _LINE_END_BYTES


def _in_words(error: BaseException) -> str:
    """Say which kind of failure it was, without addresses of objects in memory."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return "its certificate can't be trusted, or the clock is wrong"
    if isinstance(error, requests.ConnectionError):
        return "can't be reached"
    return "the link was cut"
