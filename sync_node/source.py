"""Where a node reads a repository from: one interface for a hub, a stick, a folder.

    get(path)                 a small file whole, conditionally
    start(path, length)       the head of a file of which the size isn't known
    start(path, length)       the first bytes of a file, or all of a shorter one
    read(path, first, length) a range of a bundle, as a stream of pieces

A source raises only
- `Missing`: it doesn't have what was named; another source may;
- `SourceUnavailable`: the link or the disk failed; later, or from where it broke, it may work;
- `InvalidContent`: what it answers can't be the file that was asked for.

A source decides nothing about trust: whoever asks checks signatures and digests.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from content_packs import repository
from content_packs.errors import InvalidContent, SourceUnavailable
from content_packs.values import Value
from sync_node.limits import PIECE_BYTES
from sync_node.link import LinkObservation


@dataclass
class Traffic:
    """What crossed a link: bytes in and out, heads of requests and answers included."""

    bytes_in: int = 0
    bytes_out: int = 0
    requests: int = 0

    def add(self, other: "Traffic") -> None:
        """Count what `other` counted, too."""
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.requests += other.requests

    def since(self, before: "Traffic") -> "Traffic":
        """Return what crossed since it was `before`."""
        return Traffic(
            self.bytes_in - before.bytes_in,
            self.bytes_out - before.bytes_out,
            self.requests - before.requests,
        )


@dataclass
class Begun:
    """A file of which a part has come, and the entity tag that says whether the rest fits it."""

    body: bytearray = field(default_factory=bytearray)
    etag: str = ""


class Answer(Value, frozen=True):
    """The bytes of a file, None where they are those of the entity tag that was sent.

    `etag` is to be sent with the next request; empty where the source has none.
    """

    body: bytes | None
    etag: str = ""


class Meter(Protocol):
    """Whom every byte that crosses a link is told to, and who may slow it down or end it.

    `spend` is called for each head and each piece, from any thread. It sleeps as a rate asks, and
    what it raises (`NotNow`, where a window or a budget ended) ends what the source was doing.
    """

    def spend(self, down: int, up: int) -> None:
        """Count so many bytes in and out."""
        ...


class Patience(Protocol):
    """How often, and how soon, a source is asked again: shared by all that ask it."""

    def mark(self) -> int:
        """Return what `failed` is to be told of an attempt that begins now."""
        ...

    def came(self, size: int) -> None:
        """Note that bytes came."""
        ...

    def failed(self, error: SourceUnavailable, mark: int) -> None:
        """Sleep before another attempt, or raise `error` if there were enough."""
        ...


class Impatience:
    """Asks a source once."""

    def mark(self) -> int:
        """Return what `failed` is to be told."""
        return 0

    def came(self, size: int) -> None:
        """Note that bytes came."""

    def failed(self, error: SourceUnavailable, mark: int) -> None:  # noqa: ARG002  # as above
        """Raise `error`."""
        raise error


class Reading(Protocol):
    """A range that is being read.

    `waiting_since`: since when it has waited for the link without a byte of the range, on
    `time.monotonic`; None while it doesn't wait, or isn't on a link.
    """

    @property
    def waiting_since(self) -> float | None:
        """See above."""
        ...

    def readinto(self, view: memoryview) -> int:
        """Read at least a byte, and at most the rest of the range, into `view`; 0 at its end."""
        ...

    def abort(self) -> None:
        """Let a `readinto` that waits in another thread fail soon."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Source(Protocol):
    """A place that holds a repository.

    `name` is for people. `live`: what it says is of now, so that expired metadata is refused; a
    stick can be old without anybody lying (see DECISIONS.md). `by_digest`: it has files and
    documents by their digests (`peer_places`), and neither bundles nor deltas.
    """

    name: str
    live: bool
    by_digest: bool

    @property
    def traffic(self) -> Traffic:
        """What crossed the link so far."""
        ...

    @property
    def patience(self) -> Patience:
        """How often it is asked again."""
        ...

    @property
    def observation(self) -> LinkObservation | None:
        """What was observed of its link, None where it has none."""
        ...

    @property
    def has_slack(self) -> bool:
        """Whether its link gives much less than it did before."""
        ...

    def get(
        self, path: str, *, bytes_max: int, etag: str = "", begun: Begun | None = None
    ) -> Answer:
        """Return the file at `path`, of at most `bytes_max` bytes, or that it is as `etag` says.

        `begun` takes what came before an error; given again, the rest is asked for.
        """
        ...

    def start(self, path: str, *, length: int) -> bytes:
        """Return the first `length` bytes of the file at `path`, or all of it if it is shorter."""
        ...

    def open(self, path: str, first: int, length: int, *, fresh: bool = False) -> Reading:
        """Begin to read exactly `length` bytes from byte `first` on.

        What came before an error is good to keep: reading can go on behind it. It isn't tried again
        here. `fresh`: not over a connection that an answer came over.
        """
        ...

    def read(self, path: str, first: int, length: int) -> AbstractContextManager[Iterator[bytes]]:
        """Give exactly `length` bytes from byte `first` on, in pieces, trying again."""
        ...

    def prepare(self) -> None:
        """Open a connection for an `open` that is `fresh`, if that works. It may take long."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@contextmanager
def pieces_of(reading: Reading) -> Iterator[Iterator[bytes]]:
    """Give what is read in pieces, and let go of it at the end."""
    buffer = memoryview(bytearray(PIECE_BYTES))
    try:
        yield (bytes(buffer[:size]) for size in iter(lambda: reading.readinto(buffer), 0))
    finally:
        reading.close()


def check_place(path: str, is_place: Callable[[str], bool] = repository.is_place) -> None:
    """Raise `InvalidContent` unless a source, by default a repository, can have something there."""
    if not is_place(path):
        raise InvalidContent(f"{path[:200]!r} is no place of a repository")
