"""A repository over HTTP. LINKS.md says what a link, a server or a proxy may do to it.

`answers` judges the heads of answers, `exchange` carries them. A transfer that is stuck, is silent
or breaks is `SourceUnavailable`; what came before is good to keep.
"""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from content_packs.errors import InvalidContent, SourceUnavailable
from sync_node import answers
from sync_node.exchange import LINK_ERRORS, Connections, Response, Timeouts, in_words
from sync_node.hub_address import check_url
from sync_node.limits import (
    CONNECT_SECONDS,
    PIECE_BYTES_MIN,
    READ_SECONDS,
)
from sync_node.link import UNKNOWN, LinkObservation, Observer
from sync_node.manner import AS_A_HUB, Manner
from sync_node.pace import Pace
from sync_node.source import (
    Answer,
    Begun,
    Impatience,
    Meter,
    Traffic,
    check_place,
    pieces_of,
)
from sync_node.tls import PUBLIC, Authorities
from sync_node.wire import Wire

_REDIRECTS = {301, 302, 303, 307, 308}
_TAG = re.compile(r"[!-~]{1,200}")
_CALL = re.compile(r"api/v1/[a-z-]{1,40}")


@dataclass(frozen=True)
class Told:
    """What a hub answered to a call: its status, the media type of the body, and the body."""

    status: int
    media_type: str
    body: bytes


class Unmetered:
    """A meter that lets everything pass."""

    def spend(self, down: int, up: int) -> None:
        """Let it pass."""


class HubSource:
    """The repository below a URL. `observed` is what is known of the link from before."""

    patience = Impatience()

    def __init__(  # noqa: PLR0913  # what is outside comes in as parameters
        self,
        url: str,
        *,
        meter: Meter | None = None,
        observed: LinkObservation = UNKNOWN,
        monotonic: Callable[[], float] = time.monotonic,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        authorities: Authorities = PUBLIC,
        manner: Manner = AS_A_HUB,
    ) -> None:
        self.name = manner.name or check_url(url)
        self.live = manner.live
        self.by_digest = manner.by_digest
        self.manner = manner
        self.traffic = Traffic()
        self.observer = Observer(observed, monotonic=monotonic)
        self.monotonic = monotonic
        self._base = url if url.endswith("/") else f"{url}/"
        self._meter = meter or Unmetered()
        self._timeouts = Timeouts(connect_seconds, read_seconds)
        self._silences = 0
        self._lock = threading.Lock()
        self._connections = Connections(self._spend, self.observer, monotonic, authorities)

    @property
    def observation(self) -> LinkObservation:
        """What was observed of the link so far."""
        return self.observer.observation

    @property
    def has_slack(self) -> bool:
        """Whether the link gives much less than it did before."""
        return self.observer.has_slack

    def get(
        self, path: str, *, bytes_max: int, etag: str = "", begun: Begun | None = None
    ) -> Answer:
        """Return a file whole. See `Source.get`."""
        what = f"{self.name}: {path}"
        begun = begun or Begun()
        headers = {"If-None-Match": etag} if etag else {}
        if begun.body and begun.etag:
            headers = {"Range": f"bytes={len(begun.body)}-", "If-Range": begun.etag}
        with self._answered(path, headers) as response:
            tag = _tag_of(response)
            if response.status == 304 and etag:
                return Answer(None, tag or etag)
            answers.check_status(response, what, {200, 206} if "Range" in headers else {200})
            if response.status == 200:
                begun.body.clear()
            elif not answers.begins_at(response, len(begun.body)) or tag not in {"", begun.etag}:
                begun.body.clear()
                raise SourceUnavailable(f"{what}: goes on elsewhere than it broke")
            begun.etag = "" if tag.startswith("W/") else tag
            self._read(response, path, begun.body, bytes_max + 1)
            if len(begun.body) > bytes_max:
                raise InvalidContent(f"{what}: more than {bytes_max} bytes")
            return Answer(bytes(begun.body), tag)

    def start(self, path: str, *, length: int) -> bytes:
        """Return the head of a file. See `Source.start`."""
        what = f"{self.name}: {path}"
        head = bytearray()
        with self._answered(path, {"Range": f"bytes=0-{length - 1}"}) as response:
            answers.check_status(response, what, {200, 206})
            length = answers.head_length(response, what, length)
            self._read(response, path, head, length)
            if response.status == 206 and len(head) < length:
                raise SourceUnavailable(f"{what}: ended {length - len(head)} bytes early")
        return bytes(head)

    def open(self, path: str, first: int, length: int, *, fresh: bool = False) -> "HubReading":
        """Begin to read a range of a file. See `Source.open`."""
        check_place(path, self.manner.is_place)
        return HubReading(self, path, first, length, fresh=fresh)

    def read(self, path: str, first: int, length: int) -> AbstractContextManager[Iterator[bytes]]:
        """Give a range of a file. See `Source.read`."""
        return pieces_of(self.open(path, first, length))

    def url_of(self, call: str) -> str:
        """Return the URL of a call of the hub's API, such as `api/v1/check-ins`."""
        if not _CALL.fullmatch(call):
            raise InvalidContent(f"{call[:200]!r} is no call of a hub's API")
        return urljoin(self._base, call)

    def call(self, call: str, body: bytes, headers: Mapping[str, str], *, bytes_max: int) -> Told:
        """Post `body`, once, and return what the hub says. No redirect is followed.

        Raises `SourceUnavailable` where the link fails, whether or not the hub took it;
        `InvalidContent` for an answer of more than `bytes_max` bytes.
        """
        url = self.url_of(call)
        with self._lock:
            self.traffic.requests += 1
        with self.link_errors(call):
            response = self._connections.post(url, headers, body, self._timeouts)
        try:
            if response.status in _REDIRECTS:
                raise SourceUnavailable(
                    f"{self.name}: {call}: redirects elsewhere", hint=answers.LOGIN_HINT
                )
            found = bytearray()
            self._read(response, call, found, bytes_max + 1)
        finally:
            response.close()
        if len(found) > bytes_max:
            raise InvalidContent(f"{self.name}: {call}: answers more than {bytes_max} bytes")
        media_type = response.header("Content-Type").split(";")[0].strip().lower()
        return Told(response.status, media_type, bytes(found))

    def prepare(self) -> None:
        """Open a connection. See `Source.prepare`."""
        with contextlib.suppress(*LINK_ERRORS):
            self._connections.prepare(self._base, self._timeouts)

    def close(self) -> None:
        """Close the connections."""
        self._connections.forget_idle()

    @contextmanager
    def _answered(self, path: str, headers: Mapping[str, str]) -> Iterator[Response]:
        """Ask for a file that is read here and now: short silences end it, longer ones later."""
        bearable = self.observation.stall_seconds(self._silences)
        timeouts = Timeouts(self._timeouts.connect, min(bearable, self._timeouts.silence))
        response = self.ask(path, headers, timeouts)
        try:
            yield response
        finally:
            response.close()

    def ask(
        self,
        path: str,
        headers: Mapping[str, str],
        timeouts: Timeouts | None = None,
        *,
        took: Callable[[Wire], None] = lambda _: None,
        fresh: bool = False,
    ) -> Response:
        """Return the answer for `path`, wherever within the hub it leads.

        Raises `SourceUnavailable`.
        """
        check_place(path, self.manner.is_place)
        url = urljoin(self._base, path)
        for _ in range(self.manner.redirects_max + 1):
            with self._lock:
                self.traffic.requests += 1
            with self.link_errors(path):
                response = self._connections.get(
                    url,
                    {**headers, **self.manner.fields(url)},
                    timeouts or self._timeouts,
                    took=took,
                    fresh=fresh,
                )
            if response.status in {200, 206}:
                return response
            response.drop_body()
            if response.status not in _REDIRECTS:
                return response
            response.close()
            url = self._redirected(url, response.header("Location"))
        most = self.manner.redirects_max
        raise SourceUnavailable(f"{self.name}: {path}: redirected more than {most} times")

    def _redirected(self, url: str, location: str) -> str:
        """Return where a redirect leads, if that is the same host and no less secure."""
        target = ""
        with contextlib.suppress(ValueError):
            target = urljoin(url, location)
        if not target or not _same_host(urlsplit(url), urlsplit(target)):
            raise SourceUnavailable(
                f"{self.name}: redirects to {location[:200]!r}, another host",
                hint=answers.LOGIN_HINT,
            )
        return target

    def _read(self, response: Response, path: str, body: bytearray, bytes_max: int) -> None:
        """Read a body to its end into `body`, but no more than makes it `bytes_max` long."""
        pace = Pace(self.monotonic, self.manner.slowest)
        buffer = memoryview(bytearray(PIECE_BYTES_MIN))
        while len(body) < bytes_max:
            with self.link_errors(path):
                size = pace.timed(response.readinto, buffer[: bytes_max - len(body)])
            if not size:
                break
            body += buffer[:size]
            self._silences = 0
        if response.left and len(body) < bytes_max:
            raise SourceUnavailable(f"{self.name}: {path}: ended {response.left} bytes early")

    @contextmanager
    def link_errors(self, path: str) -> Iterator[None]:
        """Turn what a link does into `SourceUnavailable`."""
        try:
            yield
        except LINK_ERRORS as error:
            self.observer.cut()
            if isinstance(error, TimeoutError):
                self._silences += 1
                self._connections.forget_idle()
            raise SourceUnavailable(
                f"{self.name}: {path}: {in_words(error)}",
                hint="Check the link. What has come is kept; the next try goes on from there.",
            ) from error

    def _spend(self, down: int, up: int) -> None:
        with self._lock:
            self.traffic.bytes_in += down
            self.traffic.bytes_out += up
        self._meter.spend(down, up)


class HubReading:
    """A range that comes from a hub. See `Reading`."""

    def __init__(
        self, hub: HubSource, path: str, first: int, length: int, *, fresh: bool = False
    ) -> None:
        self._hub = hub
        self._path = path
        self._first = first
        self._length = self._left = length
        self._fresh = fresh
        self._pace = Pace(hub.monotonic, hub.manner.slowest)
        self._response: Response | None = None
        self._wire: Wire | None = None
        self._metered_before = 0.0
        self._since: float | None = None
        self._aborted = False

    @property
    def waiting_since(self) -> float | None:
        """Since when it waits for a byte of the range: what a meter takes doesn't count."""
        since, used = self._since, self._wire
        if since is None or used is None:
            return since
        return None if used.metering else since + used.metered_seconds - self._metered_before

    def readinto(self, view: memoryview) -> int:
        """Read some of the range. Raises what sources raise."""
        if not self._left:
            return 0
        self._since = self._hub.monotonic()
        if self._wire:
            self._metered_before = self._wire.metered_seconds
        try:
            response = self._response or self._begin()
            size = self._receive(response, view[: self._left])
        finally:
            self._since = None
        self._left -= size
        return size

    def _begin(self) -> Response:
        headers = {"Range": f"bytes={self._first}-{self._first + self._length - 1}"}
        response = self._response = self._hub.ask(
            self._path, headers, took=self._took, fresh=self._fresh
        )
        what = f"{self._hub.name}: {self._path}"
        answers.check_status(response, what, {200, 206})
        before = answers.bytes_before(response, what, self._first, self._length)
        scrap = memoryview(bytearray(PIECE_BYTES_MIN)) if before else memoryview(b"")
        while before:
            before -= self._receive(response, scrap[:before])
        return response

    def _took(self, used: Wire) -> None:
        self._metered_before = used.metered_seconds
        self._wire = used
        if self._aborted:
            used.abort()

    def _receive(self, response: Response, view: memoryview) -> int:
        size = 0
        self._hub.observer.begin()
        try:
            with self._hub.link_errors(self._path):
                size = self._pace.timed(response.readinto, view)
        finally:
            self._hub.observer.end(size)
        if not size:
            self._hub.observer.cut()
            raise SourceUnavailable(
                f"{self._hub.name}: {self._path}: ended {self._left} bytes early"
            )
        return size

    def abort(self) -> None:
        """Let a `readinto` in another thread fail soon."""
        self._aborted = True
        if self._wire:
            self._wire.abort()

    def close(self) -> None:
        """Give the connection back if all of the answer came, else close it."""
        if self._response:
            self._response.close()


def _tag_of(response: Response) -> str:
    """Return an answer's entity tag; empty for one that can't be sent back as it is."""
    tag = response.header("ETag").strip()
    return tag if _TAG.fullmatch(tag) else ""


def _same_host(here: SplitResult, there: SplitResult) -> bool:
    """Say whether a redirect stays on the host; from http it may go to https, never back."""
    if there.hostname != here.hostname:
        return False
    if there.scheme == here.scheme:
        return there.netloc == here.netloc
    return (here.scheme, there.scheme) == ("http", "https")
