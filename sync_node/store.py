"""The node's verified files, by digest: what is named in store/ is whole, right and durable.

A file gets its name there in one way only: its bytes are written under incoming/, made durable, and
renamed. Small files are staged and then committed together: two flushes of the disk's file system
for hundreds of files, where an fsync for each would take minutes on a card.
"""

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from content_packs import durable
from content_packs.digests import digest_of, digest_of_file
from content_packs.errors import DigestMismatch
from content_packs.manifest import File
from sync_node.data_dir import DataDir
from sync_node.limits import (
    FLUSH_TOGETHER_MIN,
    FSYNC_BYTES,
    STAGED_BYTES_MAX,
    STAGED_FILES_MAX,
)
from sync_node.salvaging import salvage

_READ_ONLY = 0o444
_LIBC = ctypes.CDLL(None, use_errno=True)


class Store:
    """What store/ holds. One process writes at a time (`engine_lock`)."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        with durable.storage_errors(data_dir.store):
            self._held = set(data_dir.stored_digests())
        self._root = data_dir.store
        self._staged: dict[str, int] = {}
        self._parts: dict[str, Part] = {}

    def __contains__(self, digest: object) -> bool:
        return digest in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._held))

    def path(self, digest: str) -> Path:
        """Return where the file with this digest lies, or would."""
        return Path(self._place(digest))

    def _place(self, digest: str) -> str:
        """Return where a file lies. As text: making a `Path` costs more than removing the file."""
        return f"{self._root}/{digest[:2]}/{digest}"

    def stage(self, digest: str, data: bytes | memoryview) -> None:
        """Write a small file, whose digest was checked, to be committed with others.

        Raises `StorageFailed`.
        """
        path = self._data_dir.part_path(digest)
        with durable.storage_errors(path):
            descriptor = _open_part(path, truncate=True)
            try:
                _write_all(descriptor, data, 0)
                os.fchmod(descriptor, _READ_ONLY)
            finally:
                os.close(descriptor)
        self._staged[digest] = len(data)

    def adopt(self, file: File) -> bool:
        """Say whether a small file is staged; one of an earlier process is taken if it is right."""
        if file.digest in self._staged:
            return True
        path = self._data_dir.part_path(file.digest)
        try:
            right = digest_of_file(path) == file.digest
        except FileNotFoundError:
            return False
        except OSError:  # a sector that can't be read
            right = False
        with durable.storage_errors(path):
            if not right:
                path.unlink()
                return False
            path.chmod(_READ_ONLY)
        self._staged[file.digest] = file.size
        return True

    @property
    def staged_enough(self) -> bool:
        """Whether it is time to commit."""
        enough = sum(self._staged.values()) >= STAGED_BYTES_MAX
        return enough or len(self._staged) >= STAGED_FILES_MAX

    def commit(self) -> list[str]:
        """Put what was staged into the store; return its digests. Raises `StorageFailed`."""
        staged = list(self._staged)
        if not staged:
            return []
        incoming = self._data_dir.incoming
        with durable.storage_errors(incoming):
            parts = [self._data_dir.part_path(digest) for digest in staged]
            _flush(parts, together=incoming)
            folders = {self.path(digest).parent for digest in staged}
            for folder in folders:
                durable.make_folder(folder)
            for digest, part in zip(staged, parts, strict=True):
                part.replace(self.path(digest))
            _flush([incoming, *folders], together=incoming)
        self._held.update(staged)
        self._staged.clear()
        return staged

    def finish(self, part: "Part") -> None:
        """Put a file that was assembled into the store.

        Raises `DigestMismatch` if its chunks, each as it should be, don't make the file that the
        manifest names; `StorageFailed`.
        """
        digest = part.file.digest
        path = self._data_dir.part_path(digest)
        part.flush()
        with durable.storage_errors(path):
            found = digest_of_file(path)
        if found != digest:
            raise DigestMismatch(
                f"{part.file.path}: its chunks make a file with digest {found}, expected {digest}",
                hint="The pack is faulty: its publisher has to build and publish it again.",
            )
        with durable.storage_errors(path):
            path.chmod(_READ_ONLY)
        target = self.path(digest)
        durable.make_folder(target.parent)
        durable.rename(path, target)
        self._held.add(digest)
        self._parts.pop(digest, None)

    def remove(self, digest: str) -> int:
        """Remove a file; return how many bytes that frees. Raises `StorageFailed`."""
        place = self._place(digest)
        with durable.storage_errors(self._root):
            try:
                size = os.stat(place).st_size  # noqa: PTH116  # thousands at a time: see `_place`
                # Not fsynced: should a power cut undo it, it is removed again.
                os.unlink(place)  # noqa: PTH108  # as above
            except FileNotFoundError:
                size = 0
        self._held.discard(digest)
        return size

    def remove_part(self, digest: str) -> int:
        """Remove a file that is being made; return the bytes that frees. Raises `StorageFailed`."""
        path = self._data_dir.part_path(digest)
        self._parts.pop(digest, None)
        self._staged.pop(digest, None)
        with durable.storage_errors(path):
            size = allocated_bytes(path)
            path.unlink(missing_ok=True)
        return size

    def part(self, file: File) -> "Part":
        """Return the file of several chunks that is being assembled, as it was left.

        Its chunks are looked at once: what was found then holds as long as this process writes.
        Raises `StorageFailed`.
        """
        part = self._parts.get(file.digest)
        if part is None or part.file.chunks != file.chunks:
            part = Part(self._data_dir.part_path(file.digest), file)
            part.resume()
            self._parts[file.digest] = part
        return part

    def being_made(self) -> set[str]:
        """Return the digests of the files under incoming/, right or not. Raises `StorageFailed`."""
        with durable.storage_errors(self._data_dir.incoming):
            names = [path.name for path in self._data_dir.incoming.iterdir()]
        suffix = durable.TEMPORARY_SUFFIX
        return {name.removesuffix(suffix) for name in names if name.endswith(suffix)}

    def part_path(self, digest: str) -> Path:
        """Return where a file is being made."""
        return self._data_dir.part_path(digest)

    def likely_chunks(self, file: File) -> set[str]:
        """Return the chunks that a file being made has, as far as they were looked at.

        Of one that wasn't it seems to have those where it has no holes: nothing is read here.
        Raises `StorageFailed`.
        """
        part = self._parts.get(file.digest)
        if part and part.file.chunks == file.chunks:
            return {chunk.digest for chunk in file.chunks} - part.missing
        path = self._data_dir.part_path(file.digest)
        found: set[str] = set()
        with durable.storage_errors(path):
            if not path.exists():
                return found
            with path.open("rb") as opened:
                at = 0
                for chunk in file.pieces:
                    if _has_data(opened.fileno(), at, chunk.size):
                        found.add(chunk.digest)
                    at += chunk.size
        return found


class Part:
    """A file of several chunks being assembled at its name under incoming/.

    There is no list of what has come: `resume` looks at the bytes.
    """

    def __init__(self, path: Path, file: File) -> None:
        self.file = file
        self._path = path
        self._unsynced = 0
        self._places: dict[str, list[tuple[int, int]]] = {}
        at = 0
        for chunk in file.pieces:
            self._places.setdefault(chunk.digest, []).append((at, chunk.size))
            at += chunk.size
        self.missing = set(self._places)

    def resume(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Find out which chunks are there, by their digests. Raises `StorageFailed`.

        `progress` gets the bytes of each chunk that is there.
        """
        if not self._path.exists():
            return
        self._cut_off()
        readable = True
        with durable.storage_errors(self._path), self._path.open("rb") as file:
            for digest, places in self._places.items():
                try:
                    there = all(_has(file.fileno(), digest, at, size) for at, size in places)
                except OSError:  # a sector that can't be read
                    there = readable = False
                if there:
                    self.missing.discard(digest)
                    progress(sum(size for _, size in places))
            if not readable:
                salvage(self._path, self._path)

    def _cut_off(self) -> None:
        """Remove what lies behind the file's end: another manifest may have said that it is larger.

        Nothing would write over it, and the file would never be what its digest says.
        """
        with durable.storage_errors(self._path):
            if self._path.stat().st_size > self.file.size:
                descriptor = _open_part(self._path, truncate=False)
                try:
                    os.ftruncate(descriptor, self.file.size)
                finally:
                    os.close(descriptor)

    def size_of(self, digest: str) -> int:
        """Return the bytes of one of the file's chunks."""
        return self._places[digest][0][1]

    def write(self, digest: str, data: bytes | memoryview) -> None:
        """Put a chunk, whose digest was checked, wherever the file has it."""
        with durable.storage_errors(self._path):
            descriptor = _open_part(self._path, truncate=False)
            try:
                for at, _ in self._places[digest]:
                    _write_all(descriptor, data, at)
                    self._unsynced += len(data)
                if self._unsynced >= FSYNC_BYTES:
                    os.fsync(descriptor)
                    self._unsynced = 0
            finally:
                os.close(descriptor)
        self.missing.discard(digest)

    def flush(self) -> None:
        """Make what was written durable."""
        with durable.storage_errors(self._path):
            descriptor = _open_part(self._path, truncate=False)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self._unsynced = 0


def _flush(paths: Sequence[Path], *, together: Path) -> None:
    """Make files or folders durable: a few one by one, many with their whole file system.

    Both report what couldn't be written (syncfs since Linux 5.8).
    """
    many = len(paths) >= FLUSH_TOGETHER_MIN
    for path in [together] if many else paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if many:
                _syncfs(descriptor)
            else:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _syncfs(descriptor: int) -> None:
    """Call syncfs(2), which the os module lacks."""
    if _LIBC.syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def allocated_bytes(path: Path) -> int:
    """Return how many bytes a file takes on the disk: 0 where there is none, less with holes."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _open_part(path: Path, *, truncate: bool) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | truncate * os.O_TRUNC, 0o644)
    except PermissionError:
        # A cut came between making it read-only and its rename.
        path.chmod(0o644)
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW | truncate * os.O_TRUNC)


def _write_all(descriptor: int, data: bytes | memoryview, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view = view[written:]
        at += written


def _has(descriptor: int, digest: str, at: int, size: int) -> bool:
    """Say whether the chunk is there; where the file has a hole, without reading it."""
    try:
        if os.lseek(descriptor, at, os.SEEK_DATA) >= at + size:
            return False
    except OSError:  # no data from there on
        return False
    data = os.pread(descriptor, size, at)
    return len(data) == size and digest_of(data) == digest


def _has_data(descriptor: int, at: int, size: int) -> bool:
    """Say whether the file has no hole there."""
    try:
        if os.lseek(descriptor, at, os.SEEK_DATA) != at:
            return False
    except OSError:  # no data from there on
        return False
    return os.lseek(descriptor, at, os.SEEK_HOLE) >= at + size
