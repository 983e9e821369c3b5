"""Digests: SHA-256 of uncompressed bytes, lower-case hex."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from content_packs.errors import DigestMismatch, InvalidContent
from content_packs.limits import COPY_BUFFER_BYTES

MISMATCH_HINT = "It was damaged on its way or on the disk: copy or fetch it again."

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_of(data: bytes | memoryview) -> str:
    """Return the digest of `data`."""
    return hashlib.sha256(data).hexdigest()


def is_digest(value: str) -> bool:
    """Say whether `value` is written as a digest."""
    return _DIGEST.fullmatch(value) is not None


def check_digest(value: str, *, what: str) -> str:
    """Return `value` if it is written as a digest; raise `InvalidContent` otherwise."""
    if not is_digest(value):
        raise InvalidContent(
            f"{what}: {value[:80]!r} is not a digest",
            hint="A digest is 64 lower-case hexadecimal digits.",
        )
    return value


def expect_digest(data: bytes | memoryview, digest: str, *, what: str) -> None:
    """Raise `DigestMismatch` unless `data` has this digest."""
    found = digest_of(data)
    if found != digest:
        raise DigestMismatch(f"{what}: expected digest {digest}, found {found}", hint=MISMATCH_HINT)


def read_pieces(file: BinaryIO, size: int = COPY_BUFFER_BYTES) -> Iterator[bytes]:
    """Yield the rest of `file` in pieces of at most `size` bytes."""
    while piece := file.read(size):
        yield piece


def digest_of_file(path: Path) -> str:
    """Return the digest of a file, read in pieces."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        for piece in read_pieces(file):
            hasher.update(piece)
    return hasher.hexdigest()
