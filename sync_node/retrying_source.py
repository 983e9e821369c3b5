"""Trying again: a source around a source that gets over cuts.

Only `SourceUnavailable` is tried again. Between two attempts it waits, twice as long each time, up
to a bound, and by a random share less, so that a district's nodes don't come back in step. Progress
starts the count of attempts anew. A range goes on at the byte where it broke: no byte comes twice.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from content_packs.errors import SourceUnavailable
from sync_node.limits import (
    ATTEMPTS_MAX,
    ATTEMPTS_TOTAL_MAX,
    BACKOFF_SECONDS,
    BACKOFF_SECONDS_MAX,
    PROGRESS_BYTES_MIN,
)
from sync_node.source import Answer, Source, Traffic


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
        self._sleep = sleep
        self._random = random
        self._attempts_max = attempts_max
        self.name = source.name
        self.live = source.live

    @property
    def traffic(self) -> Traffic:
        """What crossed the link, all attempts together."""
        return self._source.traffic

    def get(self, path: str, *, bytes_max: int, etag: str = "") -> Answer:
        """Return a file whole. See `Source.get`."""
        patience = self._patience()
        while True:
            try:
                return self._source.get(path, bytes_max=bytes_max, etag=etag)
            except SourceUnavailable as error:
                patience.wait(error, progress=0)

    def first(self, path: str, length: int) -> bytes:
        """Return the head of a file. See `Source.first`."""
        patience = self._patience()
        while True:
            try:
                return self._source.first(path, length)
            except SourceUnavailable as error:
                patience.wait(error, progress=0)

    def start(self, path: str, *, length: int) -> bytes:
        """Return the first bytes of a file. See `Source.start`."""
        patience = self._patience()
        while True:
            try:
                return self._source.start(path, length=length)
            except SourceUnavailable as error:
                patience.wait(error, progress=0)

    @contextmanager
    def read(self, path: str, first: int, length: int) -> Iterator[Iterator[bytes]]:
        """Give a range of a file. See `Source.read`."""
        pieces = self._pieces(path, first, length)
        try:
            yield pieces
        finally:
            pieces.close()

    def close(self) -> None:
        """Let go of connections."""
        self._source.close()

    def _pieces(self, path: str, first: int, length: int) -> Generator[bytes, None, None]:
        patience = self._patience()
        done = 0
        while done < length:
            before = done
            try:
                with self._source.read(path, first + done, length - done) as pieces:
                    for piece in pieces:
                        done += len(piece)
                        yield piece
            except SourceUnavailable as error:
                patience.wait(error, progress=done - before)

    def _patience(self) -> "_Patience":
        return _Patience(self._sleep, self._random, self._attempts_max)


class _Patience:
    """How long to wait before the next attempt, and when to give up."""

    def __init__(
        self, sleep: Callable[[float], None], random: Callable[[], float], attempts_max: int
    ) -> None:
        self._sleep = sleep
        self._random = random
        self._attempts_max = attempts_max
        self._total = 0
        self._without_progress = 0

    def wait(self, error: SourceUnavailable, *, progress: int) -> None:
        """Sleep before another attempt, or raise `error` if there were enough."""
        if progress >= PROGRESS_BYTES_MIN:
            self._without_progress = 0
        self._total += 1
        self._without_progress += 1
        if self._without_progress >= self._attempts_max or self._total >= ATTEMPTS_TOTAL_MAX:
            raise error
        seconds: float = BACKOFF_SECONDS * 2 ** (self._without_progress - 1)
        self._sleep(min(seconds, BACKOFF_SECONDS_MAX) * (1 - self._random() / 2))
