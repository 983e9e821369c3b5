"""Reading what the repository holds of published versions: manifests, layouts, files; checked."""

from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Self

from content_packs import layout, manifest, repository
from content_packs.bundle import BlockReader
from content_packs.errors import InvalidContent, Missing
from content_packs.layout import Layout
from content_packs.limits import LAYOUT_STORED_BYTES_MAX, MANIFEST_STORED_BYTES_MAX
from content_packs.manifest import File, Manifest
from hub.errors import Damaged
from hub.objects.interface import Objects
from hub.own_files import read_own

_DOCUMENTS_KEPT = 4
_HINT = "Restore this file from a backup, or from any copy of the repository."


def read_manifest(objects: Objects, pack: str, digest: str) -> tuple[Manifest, bytes]:
    """Return a published manifest, and its stored form. Raises `Damaged`, `StorageFailed`."""
    return _read_manifest(_local(objects, repository.manifest_path(pack, digest)), digest)


@lru_cache(_DOCUMENTS_KEPT)  # a command looks at the same few again and again
def _read_manifest(path: Path, digest: str) -> tuple[Manifest, bytes]:
    stored = read_own(path, MANIFEST_STORED_BYTES_MAX, hint=_HINT)
    try:
        found = manifest.unpack(stored, what=str(path), expected=digest)
    except InvalidContent as error:
        raise Damaged(error.message, hint=_HINT) from error
    return found, stored


def read_layout(objects: Objects, of: Manifest, digest: str) -> tuple[Layout, bytes]:
    """Return the layout of a published manifest, and its stored form.

    Raises `Damaged`, `StorageFailed`.
    """
    of_digest = manifest.digest(of)
    manifest_path = _local(objects, repository.manifest_path(of.pack, of_digest))
    path = _local(objects, repository.layout_path(of.pack, digest))
    return _read_layout(path, digest, manifest_path, of_digest)


@lru_cache(_DOCUMENTS_KEPT)
def _read_layout(
    path: Path, digest: str, manifest_path: Path, of_digest: str
) -> tuple[Layout, bytes]:
    of, _ = _read_manifest(manifest_path, of_digest)
    stored = read_own(path, LAYOUT_STORED_BYTES_MAX, hint=_HINT)
    try:
        found = layout.unpack(stored, of, of_digest, what=str(path), expected=digest)
    except InvalidContent as error:
        raise Damaged(error.message, hint=_HINT) from error
    return found, stored


def check_bundles(objects: Objects, of: Layout) -> None:
    """Raise `Damaged` unless every bundle of a layout is there, with its size."""
    for bundle in of.bundles:
        place = repository.bundle_path(bundle.digest)
        size = objects.size(place)
        if size is None:
            raise Damaged(f"{place}: isn't in the repository, or can't be read", hint=_HINT)
        if size != bundle.size:
            raise Damaged(f"{place}: {size} bytes, expected {bundle.size}", hint=_HINT)


def _local(objects: Objects, place: str) -> Path:
    try:
        return objects.local(place)
    except Missing as error:
        raise Damaged(error.message, hint=_HINT) from error


class FileReader:
    """Reads parts of a published version's files, each chunk checked. To be used in a `with` block.

    `blocks_kept` decoded blocks stay in memory.
    """

    def __init__(
        self, objects: Objects, of: Manifest, laid_out: Layout, *, blocks_kept: int
    ) -> None:
        self._objects = objects
        self._of = of
        self._starts: tuple[File | None, list[int]] = (None, [])
        self._blocks = BlockReader(of, laid_out, self._open, blocks_kept=blocks_kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._blocks.close()

    def read(self, file: File, offset: int, length: int) -> bytes:
        """Return `length` bytes of a file from `offset`, fewer at its end. Raises `Damaged`."""
        starts = self._starts_of(file)
        found = []
        for number in range(bisect_right(starts, offset) - 1, bisect_left(starts, offset + length)):
            data = self._chunk(file.pieces[number].digest)
            found.append(data[max(0, offset - starts[number]) : offset + length - starts[number]])
        return found[0] if len(found) == 1 else b"".join(found)

    def _starts_of(self, file: File) -> list[int]:
        """Return where each chunk of a file starts; the last file's are kept."""
        if self._starts[0] is not file:
            sizes = (chunk.size for chunk in file.pieces[:-1])
            self._starts = (file, list(accumulate(sizes, initial=0)) if file.pieces else [])
        return self._starts[1]

    def _chunk(self, digest: str) -> bytes:
        try:
            return self._blocks.read(self._of.number_of_chunk[digest])
        except InvalidContent as error:
            raise Damaged(error.message, hint=_HINT) from error

    def _open(self, digest: str) -> BinaryIO:
        path = _local(self._objects, repository.bundle_path(digest))
        try:
            return path.open("rb")
        except OSError as error:
            raise Damaged(f"{path}: can't be read: {error.strerror}", hint=_HINT) from error
