"""The template: a new manifest's bytes, but that what a reader works out itself isn't in them.

A reader that makes files out of old ones needs no digests of them: the whole manifest's digest,
which is signed, vouches for what it made. So the template keeps for those files what stands in the
old manifest, and costs nothing for them. Both directions are one rewriting of bytes; no value is
built out of bytes that nobody has vouched for. FORMAT.md, section 7.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from content_packs.errors import InvalidContent
from content_packs.limits import (
    DELTA_TEMPLATE_BYTES_MIN,
    DELTA_TEMPLATE_GROWTH_MAX,
    FILES_MAX,
    MANIFEST_BYTES_MAX,
)

_FILES = b'"files":['
# Possessive: nothing is looked at twice, whatever the bytes are.
_FILE = re.compile(
    rb'\{(?:"chunks":\[[^"a-zA-Z]*+(?:"[0-9a-f]*+"[^"a-zA-Z]*+)*+)?'
    rb'"digest":"([0-9a-f]*+)","media_type":"(?:[^"\\]++|\\.)*+",'
    rb'"path":"((?:[^"\\]++|\\.)*+)","size":([0-9]++)\}',
    re.DOTALL,
)


class Stated(NamedTuple):
    """Where a manifest's bytes say a file's path, digest and size: starts and ends."""

    path: tuple[int, int]
    digest: tuple[int, int]
    size: tuple[int, int]


def stated_files(data: bytes, what: str) -> Iterator[Stated]:
    """Yield what a manifest's canonical bytes say of each file, in order.

    Raises `InvalidContent` where there is no list of files.
    """
    at = data.find(_FILES)
    if at < 0:
        raise InvalidContent(f"{what}: no files in it")
    at += len(_FILES)
    if data[at : at + 1] == b"]":
        return
    for _ in range(FILES_MAX + 1):
        found = _FILE.match(data, at)
        if not found:
            raise InvalidContent(f"{what}: no file at byte {at}: {data[at : at + 24]!r}")
        yield Stated(found.span(2), found.span(1), found.span(3))
        at = found.end() + 1
        if data[at - 1 : at] != b",":
            return
    raise InvalidContent(f"{what}: more than {FILES_MAX} files")


def stated(data: bytes, what: str) -> dict[str, tuple[str, int]]:
    """Return digest and size of each file by its path, as a manifest's canonical bytes say."""
    return {
        data[slice(*found.path)].decode(): (
            data[slice(*found.digest)].decode(),
            int(data[slice(*found.size)]),
        )
        for found in stated_files(data, what)
    }


def state(data: bytes, of: Mapping[int, tuple[str, int]], what: str) -> bytes:
    """Return a manifest's bytes with the digests and sizes `of` some files, by their numbers.

    Raises `InvalidContent` where there is no file of such a number.
    """
    pieces = []
    at = left = 0
    for number, found in enumerate(stated_files(data, what)):
        if number in of:
            left += 1
            digest, size = of[number]
            pieces += [data[at : found.digest[0]], digest.encode()]
            pieces += [data[found.digest[1] : found.size[0]], str(size).encode()]
            at = found.size[1]
    if left != len(of):
        raise InvalidContent(f"{what}: {len(of) - left} files are not in it")
    return b"".join([*pieces, data[at:]])


def bytes_max(old_size: int) -> int:
    """Return how many bytes a template may have, given the old manifest's bytes.

    Nobody has vouched for it before its digest is known, and a node has little memory.
    """
    return min(MANIFEST_BYTES_MAX, DELTA_TEMPLATE_BYTES_MIN + DELTA_TEMPLATE_GROWTH_MAX * old_size)


def renamed(data: bytes, renames: Iterable[tuple[str, str]], what: str) -> bytes:
    """Return a manifest's bytes in which every text that starts with `old/` starts with `new/`.

    Raises `InvalidContent` where that makes more bytes than a template may have.
    """
    pairs = [(f'"{old}/'.encode(), f'"{new}/'.encode()) for old, new in renames]
    return edited(data, pairs, bytes_max(len(data)), what)


def edited(data: bytes, edits: Iterable[tuple[bytes, bytes]], most: int, what: str) -> bytes:
    """Return `data` with each first text of `edits`, in order, replaced by the second.

    Raises `InvalidContent` where that makes more than `most` bytes.
    """
    for before, after in edits:
        size = len(data) + data.count(before) * (len(after) - len(before))
        if size > most:
            raise InvalidContent(f"{what}: what it replaces makes {size} bytes of {len(data)}")
        data = data.replace(before, after)
    return data
