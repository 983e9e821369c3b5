"""A cpack: one pack version in one file, a stored zip of a small repository.

```
cpack.json                              what it holds
manifests/<pack>/<digest>.json.zst
layouts/<pack>/<digest>.json.zst
bundles/<digest>.bundle                 one or more, or none where all files are empty
```
A *thin* cpack leaves out bundles that whoever takes it has already, and says which.

The zip is a strict subset (FORMAT.md, section 6): entries stored, in this order, without gaps, so
that any unzip opens it and a hostile one has nothing to play with. It is never unpacked by name.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from content_packs import canonical_json, durable, layout, manifest, repository
from content_packs.bundle import MAGIC, BlockReader, check_magic
from content_packs.digests import MISMATCH_HINT, digest_of
from content_packs.errors import DigestMismatch, InvalidContent, Missing
from content_packs.layout import BundleReference, Layout
from content_packs.limits import (
    COPY_BUFFER_BYTES,
    CPACK_HEAD_BYTES_MAX,
    LAYOUT_STORED_BYTES_MAX,
    MANIFEST_STORED_BYTES_MAX,
)
from content_packs.manifest import Chunk, File, Manifest
from content_packs.names import check_name
from content_packs.stored_zip import HEAD, Section, read_entries

FORMAT = 1
SUFFIX = ".cpack"

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same bytes every day
_ZIP_MODE = 0o100644 << 16
_ZIP64_FROM_BYTES = 1 << 31
Progress = Callable[[int, int], None]


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a cpack says of itself: the digests of its manifest and layout.

    `left_out`: of the layout's bundles, those that it doesn't hold, in the layout's order.
    """

    format: int
    pack: str
    version: int
    manifest: str
    layout: str
    left_out: tuple[str, ...] = ()


def write(
    path: Path,
    manifest_: Manifest,
    layout_: Layout,
    bundles: list[tuple[BundleReference, Path]],
) -> None:
    """Write a cpack to `path`, durably. `bundles` are the layout's, with their files.

    Those of the layout that aren't among them are left out. Raises `StorageFailed`.
    """
    digest = manifest.digest(manifest_)
    layout_digest = digest_of(layout.encode(layout_))
    held = {reference.digest for reference, _ in bundles}
    left_out = tuple(one.digest for one in layout_.bundles if one.digest not in held)
    head = Head(FORMAT, manifest_.pack, manifest_.version, digest, layout_digest, left_out)
    documents = {
        HEAD: canonical_json.encode(msgspec.to_builtins(head)),
        repository.manifest_path(manifest_.pack, digest): manifest.pack(manifest_),
        repository.layout_path(manifest_.pack, layout_digest): layout.pack(layout_),
    }
    with durable.writing(path) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in documents.items():
            archive.writestr(_entry(name), data)
        for reference, bundle in bundles:
            large = reference.size >= _ZIP64_FROM_BYTES
            entry = _entry(repository.bundle_path(reference.digest))
            with bundle.open("rb") as source, archive.open(entry, "w", force_zip64=large) as target:
                while piece := source.read(COPY_BUFFER_BYTES):
                    target.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.external_attr = _ZIP_MODE
    entry.create_system = 3  # Unix, whatever machine writes it
    return entry


@dataclass(frozen=True)
class Cpack:
    """An open cpack whose manifest and layout are read and fit together.

    `digest` and `layout_digest` name them; `stored_manifest` and `stored_layout` are the bytes that
    a repository holds. `left_out` are digests of the layout's bundles that it doesn't hold;
    `is_whole`: there are none, or they are at hand. The bundles' bytes are still unchecked: see
    `verify`.
    """

    path: Path
    manifest: Manifest
    digest: str
    stored_manifest: bytes
    layout: Layout
    layout_digest: str
    stored_layout: bytes
    left_out: tuple[str, ...]
    is_whole: bool
    blocks: BlockReader
    _entries: dict[str, tuple[int, int]]

    def open_bundle(self, digest: str) -> BinaryIO:
        """Return a bundle as a file of its own. Raises `Missing`."""
        return _open_bundle(self.path, self._entries, digest)

    def holds(self, file: File) -> bool:
        """Say whether all of a file can be read: of a thin cpack, whether it is wholly new."""
        blocks, bundles = self.layout.blocks, self.layout.bundles
        return self.is_whole or not any(
            bundles[blocks[self._block_of(chunk)].bundle].digest in self.left_out
            for chunk in file.pieces
        )

    def _block_of(self, chunk: Chunk) -> int:
        return self.layout.block_of_chunk[self.manifest.number_of_chunk[chunk.digest]]

    def chunks_of(self, file: File) -> Iterator[bytes]:
        """Yield the bytes of a file, chunk by chunk, each checked. Raises `InvalidContent`."""
        for chunk in file.pieces:
            yield self.blocks.read(self.manifest.number_of_chunk[chunk.digest])


@contextmanager
def open_cpack(
    path: Path, open_left_out: Callable[[str], BinaryIO] | None = None
) -> Iterator[Cpack]:
    """Yield the cpack at `path`; `open_left_out` gives the bundles that a thin one leaves out.

    Raises `InvalidContent` if it is malformed, `Missing` if there is no such file.
    """
    what = str(path)
    entries = read_entries(path)
    documents = _Documents(path, entries)
    head = _head(documents.take(HEAD, CPACK_HEAD_BYTES_MAX), what=f"{what}: {HEAD}")
    manifest_place = repository.manifest_path(head.pack, head.manifest)
    stored_manifest = documents.take(manifest_place, MANIFEST_STORED_BYTES_MAX)
    found = manifest.unpack(stored_manifest, what=f"{what}: manifest", expected=head.manifest)
    if (found.pack, found.version) != (head.pack, head.version):
        raise InvalidContent(
            f"{what}: {HEAD} says {head.pack} {head.version}, "
            f"its manifest {found.pack} {found.version}"
        )
    layout_place = repository.layout_path(head.pack, head.layout)
    stored_layout = documents.take(layout_place, LAYOUT_STORED_BYTES_MAX)
    laid_out = layout.unpack(
        stored_layout, found, head.manifest, what=f"{what}: layout", expected=head.layout
    )
    held = _held(laid_out.bundles, head.left_out, what=f"{what}: {HEAD}")
    documents.check_rest({HEAD, manifest_place, layout_place}, held)

    def open_bundle(digest: str) -> BinaryIO:
        if open_left_out is not None and digest in head.left_out:
            return open_left_out(digest)
        return _open_bundle(path, entries, digest)

    reader = BlockReader(found, laid_out, open_bundle)
    try:
        yield Cpack(
            path, found, head.manifest, stored_manifest, laid_out, head.layout, stored_layout,
            head.left_out, not head.left_out or open_left_out is not None, reader, entries,
        )  # fmt: skip
    finally:
        reader.close()


def _held(
    bundles: tuple[BundleReference, ...], left_out: tuple[str, ...], *, what: str
) -> tuple[BundleReference, ...]:
    """Return the bundles that a cpack has to hold. Raises `InvalidContent`."""
    if tuple(one.digest for one in bundles if one.digest in set(left_out)) != left_out:
        raise InvalidContent(f"{what}: leaves out what isn't in the layout, or in another order")
    return tuple(one for one in bundles if one.digest not in set(left_out))


class _Documents:
    """The entries of a cpack before it is known to hang together."""

    def __init__(self, path: Path, entries: dict[str, tuple[int, int]]) -> None:
        self._path = path
        self._entries = entries

    def take(self, place: str, bytes_max: int) -> bytes:
        """Return the bytes of a small entry."""
        if place not in self._entries:
            raise InvalidContent(f"{self._path}: has no {place}")
        start, size = self._entries[place]
        if size > bytes_max:
            raise InvalidContent(f"{self._path}: {place} has {size} bytes, more than {bytes_max}")
        with Section(self._path, start, size) as section:
            return section.read()

    def check_rest(self, documents: set[str], bundles: tuple[BundleReference, ...]) -> None:
        """Raise `InvalidContent` unless there are just these documents and bundles."""
        sizes = {repository.bundle_path(bundle.digest): bundle.size for bundle in bundles}
        if odd := sorted(set(self._entries) ^ documents ^ set(sizes)):
            raise InvalidContent(
                f"{self._path}: {odd[0][:120]!r} is missing or doesn't belong in it"
            )
        for place, size in sizes.items():
            if self._entries[place][1] != size:
                raise InvalidContent(
                    f"{self._path}: {place} has {self._entries[place][1]} bytes, "
                    f"its layout says {size}"
                )


def _open_bundle(path: Path, entries: dict[str, tuple[int, int]], digest: str) -> BinaryIO:
    place = repository.bundle_path(digest)
    if place not in entries:
        raise Missing(
            f"{path}: has no bundle {digest}",
            hint="It is thin: a hub that has the version before it can take it. For everything "
            "else build a whole one, without --after.",
        )
    return io.BufferedReader(Section(path, *entries[place]), COPY_BUFFER_BYTES)


def verify(cpack: Cpack, progress: Progress = lambda _done, _total: None) -> None:
    """Check every byte of a cpack against its digests: bundles, chunks and files.

    Of a thin one whose other bundles aren't at hand, those files are checked that it holds whole.
    Raises `InvalidContent`, with the file or bundle that is wrong.
    """
    files = [file for file in _in_block_order(cpack) if cpack.holds(file)]
    held = [one for one in cpack.layout.bundles if one.digest not in cpack.left_out]
    total = sum(bundle.size for bundle in held) + sum(file.size for file in files)
    done = 0
    for bundle in held:
        what = f"{cpack.path}: bundle {bundle.digest}"
        hasher = hashlib.sha256()
        with cpack.open_bundle(bundle.digest) as file:
            head = file.read(len(MAGIC))
            check_magic(head, what=what)
            hasher.update(head)
            while piece := file.read(COPY_BUFFER_BYTES):
                hasher.update(piece)
                done += len(piece)
                progress(done, total)
        if hasher.hexdigest() != bundle.digest:
            raise DigestMismatch(
                f"{what}: found digest {hasher.hexdigest()}",
                hint=MISMATCH_HINT,
            )
    for file_ in files:
        for piece in checked_bytes(cpack, file_):
            done += len(piece)
            progress(done, total)
    progress(total, total)


def checked_bytes(cpack: Cpack, file: File) -> Iterator[bytes]:
    """Yield a file's bytes; raise `DigestMismatch` at the end if they aren't the file's."""
    hasher = hashlib.sha256()
    for piece in cpack.chunks_of(file):
        hasher.update(piece)
        yield piece
    if hasher.hexdigest() != file.digest:
        raise DigestMismatch(
            f"{cpack.path}: file {file.path!r}: expected digest {file.digest}, "
            f"found {hasher.hexdigest()}",
            hint=MISMATCH_HINT,
        )


def extract(cpack: Cpack, folder: Path, progress: Progress = lambda _done, _total: None) -> None:
    """Write every file of a cpack below `folder`, each durable and checked.

    Raises `InvalidContent`, `StorageFailed`. Files written before an error stay.
    """
    total = cpack.manifest.size
    done = 0
    for file in _in_block_order(cpack):
        target = folder.joinpath(*file.path.split("/"))
        durable.make_folder(target.parent)
        with durable.writing(target) as out:
            for piece in checked_bytes(cpack, file):
                out.write(piece)
                done += len(piece)
                progress(done, total)


def _in_block_order(cpack: Cpack) -> list[File]:
    """Return the files so that a shared block is decoded once."""
    numbers = cpack.manifest.number_of_chunk
    block_of = cpack.layout.block_of_chunk

    def first_block(file: File) -> int:
        return block_of[numbers[file.pieces[0].digest]] if file.pieces else -1

    return sorted(cpack.manifest.files, key=first_block)


def _head(data: bytes, *, what: str) -> Head:
    value = canonical_json.decode(data, bytes_max=CPACK_HEAD_BYTES_MAX, what=what)
    if isinstance(value, dict) and value.get("format") != FORMAT:
        raise InvalidContent(
            f"{what}: format {value.get('format')!r}, expected {FORMAT}",
            hint="It was made by a newer Satchel: update this one.",
        )
    try:
        head = msgspec.convert(value, Head)
    except msgspec.ValidationError as error:
        raise InvalidContent(f"{what}: {error}") from error
    check_name(head.pack, what=f"{what}: pack")
    for place in (
        repository.manifest_path(head.pack, head.manifest),
        repository.layout_path(head.pack, head.layout),
    ):
        if not repository.is_place(place):
            raise InvalidContent(f"{what}: {place[:160]!r} is not a place in a repository")
    return head
