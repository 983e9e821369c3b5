"""The template: a new manifest's bytes, but that what a reader works out itself isn't in them.

A reader that makes files out of old ones needs no digests of them: the whole manifest's digest,
which is signed, vouches for what it made. So the template keeps for those files what stands in the
old manifest, and costs nothing for them. Both directions are one rewriting of bytes; no value is
built out of bytes that nobody has vouched for. FORMAT.md, section 5.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from content_packs.errors import InvalidContent
from content_packs.limits import FILES_MAX, MANIFEST_BYTES_MAX

_FILES = b'"files":['
# Possessive: nothing is looked at twice, whatever the bytes are.
_FILE = re.compile(
    rb'\{(?:"chunks":\[[^"a-zA-Z]*+(?:"[0-9a-f]*+"[^"a-zA-Z]*+)*+)?'
    rb'"digest":"([0-9a-f]*+)","media_type":"(?:[^"\\]++|\\.)*+",'
    rb'"path":"((?:[^"\\]++|\\.)*+)","size":([0-9]++)\}',
    re.DOTALL,
)


class Stated(NamedTuple):
    """What a manifest's bytes say of a file: its path as JSON, digest and size; where."""

    path: bytes
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
        yield Stated(found[2], found.span(1), found.span(3))
        at = found.end() + 1
        if data[at - 1 : at] != b",":
            return
    raise InvalidContent(f"{what}: more than {FILES_MAX} files")


def state(data: bytes, of: Mapping[int, tuple[str, int]], what: str) -> bytes:
    """Return a manifest's bytes with the digests and sizes `of` some files, by their numbers.

    Raises `InvalidContent` where there is no file of such a number.
    """
    pieces = []
    at = left = 0
    for number, stated in enumerate(stated_files(data, what)):
        if number in of:
            left += 1
            digest, size = of[number]
            pieces += [data[at : stated.digest[0]], digest.encode()]
            pieces += [data[stated.digest[1] : stated.size[0]], str(size).encode()]
            at = stated.size[1]
    if left != len(of):
        raise InvalidContent(f"{what}: {len(of) - left} files are not in it")
    return b"".join([*pieces, data[at:]])


def renamed(data: bytes, renames: Iterable[tuple[str, str]], what: str) -> bytes:
    """Return a manifest's bytes in which every text that starts with `old/` starts with `new/`.

    Raises `InvalidContent` where that makes more bytes than a manifest may have.
    """
    for old, new in renames:
        before, after = b'"' + old.encode() + b"/", b'"' + new.encode() + b"/"
        grown = len(data) + data.count(before) * (len(after) - len(before))
        if grown > MANIFEST_BYTES_MAX:
            raise InvalidContent(f"{what}: the names make {grown} bytes of the old manifest")
        data = data.replace(before, after)
    return data
