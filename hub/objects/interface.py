"""What a hub asks of whatever holds its repository's content.

A place is one of a repository (`content_packs.repository`). What lies at one never changes, so it
is put whole, kept anywhere, and never asked for twice. Signed metadata is another thing: it lies in
the data directory, which is the truth about it, and `publish` copies it to where others read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Stored:
    """Something that is stored: its place, and its size in bytes."""

    place: str
    size: int


class Objects(Protocol):
    """Content by place. Every method may raise `StorageFailed`."""

    def size(self, place: str) -> int | None:
        """Return how many bytes lie at a place, None where nothing does."""

    def known_size(self, place: str) -> int | None:
        """As `size`, from memory where it was asked before: good enough for answering nodes."""

    def put_file(self, place: str, path: Path) -> None:
        """Put a file, whose bytes are durable, at its place, durably. `path` is used up."""

    def put(self, place: str, data: bytes) -> None:
        """Put these bytes at their place, durably."""

    def local(self, place: str) -> Path:
        """Return where on this machine the bytes of a place can be read; fetch them if need be.

        They stay there as long as the caller needs minutes. Raises `Missing`, or leaves that to
        who opens the file; `Damaged` where what was fetched isn't what its place says.
        """

    def open(self, place: str, start: int, length: int) -> BinaryIO:
        """Return a part of what lies at a place, to be read and closed. Raises `Missing`."""

    def delete(self, place: str) -> None:
        """Remove what lies at a place, if anything does, durably."""

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield what is stored at places that begin so, in no order."""

    def publish(self) -> int:
        """Copy signed metadata to where others read it, the timestamp last; return how many files.

        To be called with the hub's lock held, so that nothing older takes a newer one's place.
        """
