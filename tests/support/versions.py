"""Versions in memory, the delta between two, and a reader that makes one out of the other by it."""

import hashlib
import io
from collections.abc import Mapping
from functools import cached_property

import msgspec

from content_packs import chunker, delta, delta_applying, manifest
from content_packs.bundle import BlockReader
from content_packs.delta_making import DeltaMade, make_delta
from content_packs.digests import digest_of
from content_packs.laying_out import lay_out
from content_packs.limits import CHUNK_BYTES_MAX
from content_packs.manifest import File, Manifest
from tests.support.file_reading import FileReader
from tests.support.packs import describe

TYPES = {
    "html": "text/html", "vtt": "text/vtt", "json": "application/json", "png": "image/png",
    "mp4": "video/mp4", "pdf": "application/pdf", "zip": "application/zip",
}  # fmt: skip


class Version:
    """A version of a pack with these files, laid out after `earlier`."""

    def __init__(self, files: Mapping[str, bytes], earlier: "Version | None" = None) -> None:
        self.content = dict(files)
        found = tuple(_measured(path, data) for path, data in sorted(files.items()))
        number = earlier.manifest.version + 1 if earlier else 1
        self.manifest = msgspec.structs.replace(describe((), version=number), files=found)
        self.digest = manifest.digest(self.manifest)
        self._chunks = {digest_of(piece): piece for file in found for piece in self._pieces(file)}
        out = io.BytesIO()
        table = self.manifest.chunk_table
        before = [(earlier.manifest, earlier.layout)] if earlier else []
        self.layout, new = lay_out(
            self.manifest, lambda n: self._chunks[table[n].digest], before, out
        )
        self.bundles = dict(earlier.bundles) if earlier else {}
        if new:
            self.bundles[new.digest] = out.getvalue()

    def _pieces(self, file: File) -> list[bytes]:
        data, at, found = self.content[file.path], 0, []
        for chunk in file.pieces:
            found.append(data[at : at + chunk.size])
            at += chunk.size
        return found

    @cached_property
    def reader(self) -> FileReader:
        table = self.manifest.chunk_table
        return FileReader(self.manifest, lambda number: self._chunks[table[number].digest])

    def read(self, file: File) -> bytes:
        return self.content[file.path]

    def read_range(self, file: File, offset: int, length: int) -> bytes:
        return self.content[file.path][offset : offset + length]


def _measured(path: str, data: bytes) -> File:
    kind = TYPES.get(path.rpartition(".")[2], "application/octet-stream")
    if len(data) <= CHUNK_BYTES_MAX:
        return File(path, len(data), digest_of(data), kind)
    for step in chunker.cut(io.BytesIO(data)):
        if not isinstance(step, int):
            chunks = step.chunks if len(step.chunks) > 1 else ()
            return File(path, step.size, step.digest, kind, chunks)
    raise AssertionError(path)


class Made:
    """The delta from `old` to `new`, and what it came to."""

    def __init__(self, old: Version, new: Version) -> None:
        self.old, self.new = old, new
        out = io.BytesIO()
        self.facts: DeltaMade = make_delta(
            old.manifest, new.manifest, new.layout, old.reader, new.reader, out
        )
        self.bytes = out.getvalue()

    @property
    def update_bytes(self) -> int:
        return self.facts.update_bytes

    def head(self) -> delta.Head:
        return head_of(self.bytes, self.old)


def delta_between(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Made:
    """Make two versions, and the delta between; check that it makes the second exactly."""
    old = Version(before)
    made = Made(old, Version(after, old))
    assert applied(made.bytes, old, made.new) == made.new.content
    return made


def head_of(data: bytes, old: Version) -> delta.Head:
    size = delta.head_size(data[: delta.START_BYTES])
    return delta.unpack_head(data[:size], old.manifest, manifest.encode(old.manifest))


def derive(data: bytes, old: Version, expected: str) -> tuple[delta.Head, Manifest]:
    """Return the head and the new manifest, as a node comes to it."""
    head = head_of(data, old)
    found = _small(head, data, old, range(head.recipe.derived))
    stated = {number: (digest_of(made), len(made)) for number, made in found.items()}
    return head, delta_applying.derived_manifest(head, stated, expected=expected)


def _small(head: delta.Head, data: bytes, old: Version, groups: range) -> dict[int, bytes]:
    found = {}
    for number in groups:
        span = head.group_spans[number]
        stored = data[span.offset : span.offset + span.stored]
        found.update(delta_applying.make_files(head, number, stored, old.read))
    return found


def applied(data: bytes, old: Version, new: Version) -> dict[str, bytes]:
    """Return the new version's files out of the old ones, the delta and the blocks that it names.

    Of `new` only the bundles and the manifest's digest are looked at. `KeyError` where a byte
    comes from nowhere.
    """
    head, made = derive(data, old, new.digest)
    whole = {
        made.files[number].digest: content
        for number, content in _small(head, data, old, range(len(head.groups))).items()
    }
    for number, large in enumerate(head.large):
        content = _large(head, data, old, number)
        whole[made.files[large.number].digest] = content
    whole |= {file.digest: old.content[file.path] for file in old.manifest.files}
    chunks = _chunks(made, whole) | _chunks(old.manifest, whole)
    part = delta_applying.blocks_of(head, new.digest)
    blocks = BlockReader(made, part, lambda digest: io.BytesIO(new.bundles[digest]))
    chunks |= {
        made.chunk_table[number].digest: blocks.read(number) for number in part.block_of_chunk
    }
    found = {
        file.path: whole.get(file.digest) or b"".join(chunks[chunk.digest] for chunk in file.pieces)
        for file in made.files
    }
    for file in made.files:
        assert hashlib.sha256(found[file.path]).hexdigest() == file.digest
    return found


def _chunks(of: Manifest, whole: Mapping[str, bytes]) -> dict[str, bytes]:
    found = {}
    for file in of.files:
        at = 0
        for chunk in file.pieces if file.digest in whole else ():
            found[chunk.digest] = whole[file.digest][at : at + chunk.size]
            at += chunk.size
    return found


def _large(head: delta.Head, data: bytes, old: Version, number: int) -> bytes:
    large = head.large[number]
    content = bytearray(large.size)
    for position, parts in delta_applying.copies_of(head, number):
        at = position
        for file, offset, length in parts:
            content[at : at + length] = old.read_range(file, offset, length)
            at += length
    for group, span in enumerate(large.spans):
        stored = data[span.offset : span.offset + span.stored]
        for at, piece in delta_applying.literals_of(head, number, group, stored, old.read_range):
            content[at : at + len(piece)] = piece
    return bytes(content)
