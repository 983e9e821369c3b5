"""Makes a cpack out of a description and the bytes of its files: the last step of a build.

Every file is read twice: once to hash and cut it, once to write it into the bundle. What changed in
between is noticed. The same description and bytes give the same cpack, on the same zstd.

Where earlier versions are known, the cpack is thin: a file whose bytes are in one of them is cut as
it was there, and what their bundles hold is left out.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias

import msgspec

from content_packs import chunker, cpack, durable, manifest_rules
from content_packs.digests import digest_of
from content_packs.errors import DigestMismatch, InvalidContent, StorageFailed
from content_packs.laying_out import lay_out
from content_packs.layout import Layout
from content_packs.limits import CHUNK_BYTES_MAX, FILE_BYTES_MAX
from content_packs.manifest import File, Manifest

Progress = Callable[[int, int], None]
_Opened: TypeAlias = io.BufferedReader | io.BytesIO

_BUNDLE_SUFFIX = ".bundle" + durable.TEMPORARY_SUFFIX


class Content(NamedTuple):
    """A file of a pack to be: its path in the pack, media type, and bytes or where they are."""

    path: str
    media_type: str
    content: bytes | Path


def make_cpack(
    description: Manifest,
    contents: Sequence[Content],
    out: Path,
    progress: Progress = lambda _done, _total: None,
) -> Manifest:
    """Write the version that `description` describes, with these files, to the cpack `out`.

    `description` is a manifest without files; the whole one is returned. `progress` gets bytes done
    and bytes in all. Raises `InvalidContent`, `StorageFailed`; `out` is whole or not there.
    """
    return Packer(contents, progress).write(description, out)


class Packer:
    """Packs files into a cpack, in two steps: `measure`, then `write`.

    `earlier` are versions of the pack that whoever takes the cpack has: what is in them is left
    out, and how their files are cut isn't found out again. `progress` gets bytes done and in all.
    """

    def __init__(
        self,
        contents: Sequence[Content],
        progress: Progress = lambda _done, _total: None,
        earlier: Sequence[tuple[Manifest, Layout]] = (),
    ) -> None:
        self._contents = contents
        self._progress = progress
        self._earlier = earlier
        self._known = {file.digest: file for of, _ in earlier for file in of.files}
        self._total = 2 * sum(_size(content.content) for content in contents)
        self._done = 0
        self._files: tuple[File, ...] = ()

    def measure(self) -> tuple[File, ...]:
        """Return the files as the manifest will say them, in the order of `contents`.

        Raises `InvalidContent`, `StorageFailed`.
        """
        if not self._files:
            self._files = tuple(self._measure(content) for content in self._contents)
        return self._files

    def is_known(self, file: File) -> bool:
        """Say whether an earlier version has a file with these bytes."""
        return file.digest in self._known

    def write(self, description: Manifest, out: Path) -> Manifest:
        """Write the version that `description` describes to the cpack `out`, and return it whole.

        Raises `InvalidContent`, `StorageFailed`; `out` is whole or not there.
        """
        files = tuple(sorted(self.measure(), key=lambda file: file.path))
        manifest = msgspec.structs.replace(description, files=files)
        manifest_rules.check(manifest, what=description.pack)
        bundle = out.with_name(out.name + _BUNDLE_SUFFIX)
        try:
            with _ChunkFiles(manifest, self._contents) as chunk_files:
                with durable.storage_errors(bundle), bundle.open("wb") as file:
                    layout, reference = lay_out(
                        manifest, chunk_files.read, self._earlier, file, self._advance
                    )
                bundles = [(reference, bundle)] if reference else []
                cpack.write(out, manifest, layout, bundles)
        finally:
            bundle.unlink(missing_ok=True)
        self._progress(self._total, self._total)
        return manifest

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress(min(self._done, self._total), self._total)

    def _measure(self, content: Content) -> File:
        """Hash one file, and cut it unless it is known how."""
        data = content.content
        with _open(data) as file:
            size = file.seek(0, io.SEEK_END)
            if size > FILE_BYTES_MAX:
                raise InvalidContent(f"{content.path}: {size} bytes, at most {FILE_BYTES_MAX}")
            file.seek(0)
            if size <= CHUNK_BYTES_MAX:
                whole = file.read()
                self._advance(len(whole))
                return File(content.path, len(whole), digest_of(whole), content.media_type)
            if self._known:
                known = self._known.get(hashlib.file_digest(file, "sha256").hexdigest())
                if known and known.size == size:
                    self._advance(size)
                    return File(content.path, size, known.digest, content.media_type, known.chunks)
                file.seek(0)
            for step in chunker.cut(file):
                if isinstance(step, int):
                    self._advance(step)
                else:
                    cut = step
        chunks = cut.chunks if len(cut.chunks) > 1 else ()
        return File(content.path, cut.size, cut.digest, content.media_type, chunks)


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _open(content: bytes | Path) -> _Opened:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    try:
        return content.open("rb")
    except OSError as error:
        raise StorageFailed(f"{content}: can't be read: {error.strerror}") from error


class _ChunkFiles:
    """Reads chunks out of the files that they were cut from, the last file kept open."""

    def __init__(self, manifest: Manifest, contents: Sequence[Content]) -> None:
        self._table = manifest.chunk_table
        self._where: dict[str, tuple[bytes | Path, int]] = {}
        by_path = {content.path: content.content for content in contents}
        for file in manifest.files:
            at = 0
            for chunk in file.pieces:
                self._where.setdefault(chunk.digest, (by_path[file.path], at))
                at += chunk.size
        self._open_file: tuple[bytes | Path, _Opened] | None = None
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def read(self, number: int) -> bytes:
        """Return the bytes of a chunk; raise `DigestMismatch` if its file changed meanwhile."""
        chunk = self._table[number]
        content, at = self._where[chunk.digest]
        if self._open_file is None or self._open_file[0] is not content:
            self._closing.close()
            opened = _open(content)
            self._closing.enter_context(opened)
            self._open_file = (content, opened)
        file = self._open_file[1]
        file.seek(at)
        data = file.read(chunk.size)
        if hashlib.sha256(data).hexdigest() != chunk.digest:
            raise DigestMismatch(
                f"{content if isinstance(content, Path) else 'a page'}: changed while being packed",
                hint="Build again when nothing writes to the folder.",
            )
        return data
