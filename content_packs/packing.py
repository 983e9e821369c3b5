"""Makes a cpack out of a description and the bytes of its files: the last step of a build.

Every file is read twice: once to cut and hash it, once to write it into the bundle. What changed in
between is noticed. The same description and bytes give the same cpack, on the same zstd.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import msgspec

from content_packs import chunker, cpack, durable, manifest_rules
from content_packs.digests import digest_of
from content_packs.errors import DigestMismatch, InvalidContent, StorageFailed
from content_packs.laying_out import lay_out
from content_packs.limits import CHUNK_BYTES_MAX, FILE_BYTES_MAX
from content_packs.manifest import File, Manifest

Progress = Callable[[int, int], None]

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
    total = 2 * sum(_size(content.content) for content in contents)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(min(done, total), total)

    manifest = msgspec.structs.replace(
        description,
        files=tuple(
            sorted((_measure(content, advance) for content in contents), key=lambda f: f.path)
        ),
    )
    manifest_rules.check(manifest, what=description.pack)
    bundle = out.with_name(out.name + _BUNDLE_SUFFIX)
    try:
        with _ChunkFiles(manifest, contents) as chunk_files:
            with durable.storage_errors(bundle), bundle.open("wb") as file:
                layout, reference = lay_out(manifest, chunk_files.read, (), file, advance)
            bundles = [(reference, bundle)] if reference else []
            cpack.write(out, manifest, layout, bundles)
    finally:
        bundle.unlink(missing_ok=True)
    progress(total, total)
    return manifest


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _measure(content: Content, advance: Callable[[int], None]) -> File:
    """Cut and hash one file."""
    data = content.content
    if isinstance(data, bytes) and len(data) <= CHUNK_BYTES_MAX:
        advance(len(data))
        return File(content.path, len(data), digest_of(data), content.media_type)
    with _open(data) as file:
        size = file.seek(0, io.SEEK_END)
        if size > FILE_BYTES_MAX:
            raise InvalidContent(f"{content.path}: {size} bytes, at most {FILE_BYTES_MAX}")
        file.seek(0)
        if size <= CHUNK_BYTES_MAX:
            whole = file.read()
            advance(len(whole))
            return File(content.path, len(whole), digest_of(whole), content.media_type)
        for step in chunker.cut(file):
            if isinstance(step, int):
                advance(step)
            else:
                cut = step
    chunks = cut.chunks if len(cut.chunks) > 1 else ()
    return File(content.path, cut.size, cut.digest, content.media_type, chunks)


def _open(content: bytes | Path) -> BinaryIO:
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
        self._open_file: tuple[bytes | Path, BinaryIO] | None = None
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
            self._open_file = (content, self._closing.enter_context(_open(content)))
        file = self._open_file[1]
        file.seek(at)
        data = file.read(chunk.size)
        if hashlib.sha256(data).hexdigest() != chunk.digest:
            raise DigestMismatch(
                f"{content if isinstance(content, Path) else 'a page'}: changed while being packed",
                hint="Build again when nothing writes to the folder.",
            )
        return data
