"""Trying again: a source around a source that gets over cuts.

Only `SourceUnavailable` is tried again. Between two attempts it waits, longer each time, up to a
bound, and by a random share less, so that a district's nodes don't come back in step; as long as
the source asks, if it does. Bytes that come start the count of attempts anew. What was cut goes on
at the byte where it broke: no byte comes twice.
"""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from content_packs.errors import SourceUnavailable
from sync_node.answers import Busy
from sync_node.errors import NotNow
from sync_node.limits import (
    ATTEMPTS_MAX,
    ATTEMPTS_TOTAL_MAX,
    BACKOFF_FACTOR,
    BACKOFF_SECONDS,
    BACKOFF_SECONDS_MAX,
    PIECE_BYTES,
    PROGRESS_BYTES_MIN,
)
from sync_node.link import LinkObservation
from sync_node.source import Answer, Begun, Reading, Source, Traffic

_Found = TypeVar("_Found")


class RetryingSource:
    """`source`, tried again when its link breaks.

    `sleep` waits for seconds; `random` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        source: Source,
        *,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        self._source = source
        self.patience = Backoff(sleep, random, attempts_max)
        self.name = source.name
        self.live = source.live
        self.by_digest = source.by_digest

    @property
    def traffic(self) -> Traffic:
        """What crossed the link, all attempts together."""
        return self._source.traffic

    @property
    def observation(self) -> LinkObservation | None:
        """What was observed of the link."""
        return self._source.observation

    @property
    def has_slack(self) -> bool:
        """Whether the link gives much less than it did before."""
        return self._source.has_slack

    def get(
        self, path: str, *, bytes_max: int, etag: str = "", begun: Begun | None = None
    ) -> Answer:
        """Return a file whole. See `Source.get`."""
        begun = begun or Begun()
        return self._again(
            lambda: self._source.get(path, bytes_max=bytes_max, etag=etag, begun=begun),
            lambda: len(begun.body),
        )

    def start(self, path: str, *, length: int) -> bytes:
        """Return the head of a file. See `Source.start`."""
        return self._again(lambda: self._source.start(path, length=length), lambda: 0)

    def open(self, path: str, first: int, length: int, *, fresh: bool = False) -> Reading:
        """Begin to read a range, once. See `Source.open`."""
        return self._source.open(path, first, length, fresh=fresh)

    @contextmanager
    def read(self, path: str, first: int, length: int) -> Iterator[Iterator[bytes]]:
        """Give a range of a file. See `Source.read`."""
        pieces = self._pieces(path, first, length)
        try:
            yield pieces
        finally:
            pieces.close()

    def prepare(self) -> None:
        """Open a connection. See `Source.prepare`."""
        self._source.prepare()

    def close(self) -> None:
        """Let go of connections."""
        self._source.close()

    def _again(self, ask: Callable[[], _Found], come: Callable[[], int]) -> _Found:
        while True:
            mark, before = self.patience.mark(), come()
            try:
                found = ask()
            except SourceUnavailable as error:
                self.patience.came(come() - before)
                self.patience.failed(error, mark)
            else:
                self.patience.came(PROGRESS_BYTES_MIN)
                return found

    def _pieces(self, path: str, first: int, length: int) -> Generator[bytes, None, None]:
        done = 0
        buffer = memoryview(bytearray(PIECE_BYTES))
        while done < length:
            mark = self.patience.mark()
            reading = self._source.open(path, first + done, length - done)
            try:
                while size := reading.readinto(buffer):
                    done += size
                    self.patience.came(size)
                    yield bytes(buffer[:size])
            except SourceUnavailable as error:
                self.patience.failed(error, mark)
            finally:
                reading.close()


class Backoff:
    """How long to wait before the next attempt, and when to give up, for all that ask a source.

    A cut that ends several requests is waited for once: `mark` says which attempts began before.
    """

    def __init__(
        self, sleep: Callable[[float], None], random: Callable[[], float], attempts_max: int
    ) -> None:
        self._sleep = sleep
        self._random = random
        self._attempts_max = attempts_max
        self._lock = threading.Lock()
        self._cuts = 0
        self._gave_up_at = 0
        self._total = 0
        self._without_progress = 0
        self._bytes = 0

    def mark(self) -> int:
        """Return what `failed` is to be told of an attempt that begins now."""
        return self._cuts

    def came(self, size: int) -> None:
        """Note that bytes came; a drip of them is no progress."""
        self._bytes += size

    def failed(self, error: SourceUnavailable, mark: int) -> None:
        """Sleep before another attempt, or raise `error` if there were enough.

        A link that may not be used now isn't tried again.
        """
        if isinstance(error, NotNow):
            raise error
        with self._lock:
            if mark < self._gave_up_at:
                raise error
            if mark < self._cuts:
                return  # another request met the same cut, and has waited
            self._cuts += 1
            self._total += 1
            if self._bytes >= PROGRESS_BYTES_MIN:
                self._without_progress = 0
            self._bytes = 0
            self._without_progress += 1
            if self._without_progress >= self._attempts_max or self._total >= ATTEMPTS_TOTAL_MAX:
                self._without_progress = self._total = 0
                self._gave_up_at = self._cuts
                raise error
            self._sleep(self._seconds(error))

    def _seconds(self, error: SourceUnavailable) -> float:
        seconds: float = BACKOFF_SECONDS * BACKOFF_FACTOR ** (self._without_progress - 1)
        jittered = min(seconds, BACKOFF_SECONDS_MAX) * (1 - self._random() / 2)
        return max(jittered, error.seconds) if isinstance(error, Busy) else jittered
