"""HTTP/1.1 as far as a node needs it: GET and POST over kept connections, each part in its time.

Python's `http.client` reads what comes; how long that may take, what it costs, which connection it
goes over and how far redirects lead is decided here. `LINK_ERRORS` are all that a link, a proxy or
a server can make of it; nothing but `HubSource` sees them.
"""

import contextlib
import errno
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sync_node import wire
from sync_node.limits import (
    CHUNK_LINE_BYTES_MAX,
    CONNECTIONS_IDLE_MAX,
    DROP_BYTES_MAX,
    DROP_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS_MAX,
    INTERIM_ANSWERS_MAX,
    POST_BYTES_PER_SECOND_MIN,
)
from sync_node.link import Observer
from sync_node.pace import Stuck
from sync_node.tls import PUBLIC, Authorities, WrongCertificate
from sync_node.wire import Count, Wire

# http.client raises ValueError for numbers that are none.
LINK_ERRORS = (OSError, http.client.HTTPException, ValueError)
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
_PORTS = {"http": 80, "https": 443}
_HEADERS = "User-Agent: sync-node/1\r\nAccept-Encoding: identity\r\n"
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


@dataclass(frozen=True)
class Origin:
    """Whom a connection leads to."""

    scheme: str
    host: str
    port: int

    @staticmethod
    def of(url: str) -> "Origin":
        """Return the origin of a URL. Raises `ValueError`."""
        parts = urlsplit(url)
        return Origin(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])


@dataclass
class Timeouts:
    """How long a connection may take to stand, and how long it may be silent, in seconds."""

    connect: float
    silence: float


class Response:
    """An answer: its head, and its body piece by piece."""

    def __init__(
        self, answer: http.client.HTTPResponse, used: Wire, give_back: Callable[[Wire], None]
    ) -> None:
        self.status = answer.status
        self._answer = answer
        self._chunks = _Chunks(used.reader) if answer.chunked else None
        self._wire = used
        self._give_back = give_back

    def header(self, name: str) -> str:
        """Return a header, empty where there is none."""
        return self._answer.headers.get(name, "")

    @property
    def left(self) -> int | None:
        """The bytes of the body to come, None where nobody said."""
        return None if self._chunks else self._answer.length

    def readinto(self, view: memoryview) -> int:
        """Read some of the body, 0 at its end. Raises `LINK_ERRORS`."""
        return (self._chunks or self._answer).readinto(view)

    def drop_body(self) -> None:
        """Read what nobody wants, if that is little: a kept connection saves a round trip."""
        self._wire.deadline = self._wire.now() + DROP_SECONDS
        scrap = memoryview(bytearray(DROP_BYTES_MAX))
        with contextlib.suppress(*LINK_ERRORS):
            while self.left and self.left <= DROP_BYTES_MAX and self.readinto(scrap):
                pass
        self._wire.deadline = None

    def close(self) -> None:
        """Keep the connection for another request, if nothing of this answer is to come on it."""
        is_over = self.left == 0 and not self._answer.will_close
        self._answer.close()
        if is_over:
            self._give_back(self._wire)
        else:
            self._wire.close()


class _Chunks:
    """A body in chunks (RFC 9112, section 7.1).

    What follows the last one isn't read, for it may have no end: such connections aren't kept.
    """

    def __init__(self, reader: io.BufferedReader) -> None:
        self._reader = reader
        self._left = 0
        self._is_over = False

    def readinto(self, view: memoryview) -> int:
        """Read some of a chunk, 0 at the body's end. Raises `LINK_ERRORS`."""
        if not self._left and not self._is_over:
            self._left = self._next_size()
            self._is_over = not self._left
        if self._is_over:
            return 0
        size = self._reader.readinto(view[: self._left])
        if not size:
            raise http.client.IncompleteRead(b"")
        self._left -= size
        if not self._left and self._reader.readline(2) not in {b"\r\n", b"\n"}:
            raise http.client.HTTPException("a chunk of another length than it says")
        return size

    def _next_size(self) -> int:
        line = self._reader.readline(CHUNK_LINE_BYTES_MAX)
        if not line.endswith(b"\n") and len(line) < CHUNK_LINE_BYTES_MAX:
            raise http.client.IncompleteRead(b"")
        found = _CHUNK_LINE.fullmatch(line)
        if not found:
            raise http.client.HTTPException("a chunk without a length")
        return int(found[1], 16)


@dataclass
class Connections:
    """The connections to a hub. `count` is told each byte that crosses one, `observer` the rest."""

    count: Count
    observer: Observer
    monotonic: Callable[[], float] = time.monotonic
    authorities: Authorities = PUBLIC
    _idle: list[tuple[Origin, Wire]] = field(default_factory=list)
    _age: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        *,
        took: Callable[[Wire], None] = lambda _: None,
        fresh: bool = False,
    ) -> Response:
        """Ask for `url`; `took` gets each connection that is used. Raises `LINK_ERRORS`.

        A kept connection may have been closed meanwhile: then it is asked again over a new one.
        `fresh` uses no connection that an answer came over.
        """
        origin = Origin.of(url)
        kept = self._kept(origin, fresh=fresh)
        if kept:
            took(kept)
            before = kept.received
            try:
                return self._ask(kept, origin, _request(url, headers), timeouts)
            except TimeoutError:
                raise
            except LINK_ERRORS:
                if kept.received > before:
                    raise
        opened = self._open(origin, timeouts)
        took(opened)
        return self._ask(opened, origin, _request(url, headers), timeouts)

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts
    ) -> Response:
        """Send `body` to `url`, once: whether it arrived isn't known where an error comes.

        Raises `LINK_ERRORS`.
        """
        origin = Origin.of(url)
        fields = {**headers, "Content-Length": str(len(body))}
        used = self._kept(origin, fresh=False) or self._open(origin, timeouts)
        request = _request(url, fields, method="POST") + body
        seconds = len(body) / POST_BYTES_PER_SECOND_MIN
        return self._ask(used, origin, request, timeouts, head_seconds=HEAD_SECONDS + seconds)

    def prepare(self, url: str, timeouts: Timeouts) -> None:
        """Open a connection that will soon be wanted. Raises `LINK_ERRORS`."""
        origin, age = Origin.of(url), self._age
        opened = self._open(origin, timeouts)
        if age == self._age:
            self._give_back(origin, opened)
        else:
            opened.close()  # those that nobody uses were closed meanwhile

    def forget_idle(self) -> None:
        """Close the connections that nobody uses: those that do hang."""
        with self._lock:
            self._age += 1
            idle, self._idle = self._idle, []
        for _, each in idle:
            each.close()

    def _kept(self, origin: Origin, *, fresh: bool) -> Wire | None:
        while True:
            with self._lock:
                of_it = [
                    pair
                    for pair in self._idle
                    if pair[0] == origin and not (fresh and pair[1].received)
                ]
                if not of_it:
                    return None
                self._idle.remove(of_it[-1])
            found = of_it[-1][1]
            if found.is_quiet and self.monotonic() - found.idle_since < IDLE_SECONDS_MAX:
                return found
            found.close()

    def _open(self, origin: Origin, timeouts: Timeouts) -> Wire:
        plain = wire.connect(
            origin.host, origin.port, seconds=timeouts.connect, monotonic=self.monotonic
        )
        if origin.scheme == "https":
            plain = wire.secured(
                plain, origin.host, seconds=timeouts.connect, authorities=self.authorities
            )
        return Wire(plain, self.count, monotonic=self.monotonic)

    def _ask(
        self,
        used: Wire,
        origin: Origin,
        request: bytes,
        timeouts: Timeouts,
        *,
        head_seconds: float = HEAD_SECONDS,
    ) -> Response:
        used.silence_seconds = timeouts.silence
        used.deadline = self.monotonic() + head_seconds
        try:
            used.send(request)
            answer = self._head(used)
        except BaseException:
            used.close()
            raise
        used.deadline = None
        return Response(answer, used, lambda back: self._give_back(origin, back))

    def _head(self, used: Wire) -> http.client.HTTPResponse:
        sent_at, metered = self.monotonic(), used.metered_seconds
        used.reader.peek(1)
        self.observer.answered(self.monotonic() - sent_at - (used.metered_seconds - metered))
        for _ in range(INTERIM_ANSWERS_MAX):
            answer = http.client.HTTPResponse(used, method="GET")  # type: ignore[arg-type]  # enough of a socket
            answer.begin()
            if not 100 <= answer.status < 200:
                return answer
        raise http.client.HTTPException(f"{INTERIM_ANSWERS_MAX} interim answers")

    def _give_back(self, origin: Origin, back: Wire) -> None:
        back.idle_since = self.monotonic()
        with self._lock:
            if len(self._idle) < CONNECTIONS_IDLE_MAX:
                self._idle.append((origin, back))
                return
        back.close()


def _request(url: str, headers: Mapping[str, str], *, method: str = "GET") -> bytes:
    parts = urlsplit(url)
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isprintable() or " " in path:
        raise ValueError(path)
    line = f"{method} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    return f"{line}{_HEADERS}{named}\r\n".encode("ascii")


def in_words(error: BaseException) -> str:
    """Say which kind of failure it was, without addresses of objects in memory."""
    if isinstance(error, Stuck):
        return "stuck: next to nothing comes"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, WrongCertificate):
        return "its certificate isn't the one that node.toml names"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate can't be trusted"
    if isinstance(error, http.client.IncompleteRead | http.client.RemoteDisconnected):
        return "the link was cut"
    if isinstance(error, http.client.HTTPException | ValueError):
        return "answers with what isn't HTTP"
    if isinstance(error, socket.gaierror):
        return "its name leads nowhere: there is no network here, or the address is wrong"
    if isinstance(error, ConnectionRefusedError):
        return "can't be reached"
    if isinstance(error, OSError) and error.errno in _NO_WAY:
        return "there is no network that leads there"
    return "the link was cut"
