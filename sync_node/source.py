"""Where a node reads a repository from: one interface for a hub, a stick, a folder.

    get(path)                 a small file whole, conditionally
    first(path, length)       the head of a file of which the size isn't known
    start(path, length)       the first bytes of a file, or all of a shorter one
    read(path, first, length) a range of a bundle, as a stream of pieces

A source raises only
- `Missing`: it doesn't have what was named; another source may;
- `SourceUnavailable`: the link or the disk failed; later, or from where it broke, it may work;
- `InvalidContent`: what it answers can't be the file that was asked for.

A source decides nothing about trust: whoever asks checks signatures and digests.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from content_packs import repository
from content_packs.errors import InvalidContent


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


@dataclass(frozen=True)
class Answer:
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


class Source(Protocol):
    """A place that holds a repository.

    `name` is for people. `live`: what it says is of now, so that expired metadata is refused; a
    stick can be old without anybody lying (see DECISIONS.md).
    """

    name: str
    live: bool

    @property
    def traffic(self) -> Traffic:
        """What crossed the link so far."""
        ...

    def get(self, path: str, *, bytes_max: int, etag: str = "") -> Answer:
        """Return the file at `path`, of at most `bytes_max` bytes, or that it is as `etag` says."""
        ...

    def start(self, path: str, *, length: int) -> bytes:
        """Return the first `length` bytes of the file at `path`, all of it where it is shorter."""
        ...

    def read(self, path: str, first: int, length: int) -> AbstractContextManager[Iterator[bytes]]:
        """Give exactly `length` bytes from byte `first` on, in pieces.

        The pieces that came before an error are good to keep: reading can go on behind them.
        """
        ...

    def first(self, path: str, length: int) -> bytes:
        """Return the first `length` bytes of the file at `path`, or all of it if it is shorter."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def check_place(path: str) -> None:
    """Raise `InvalidContent` unless a repository can have something at `path`."""
    if not repository.is_place(path):
        raise InvalidContent(f"{path[:200]!r} is no place of a repository")
