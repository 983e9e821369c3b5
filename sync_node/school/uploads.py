"""Files on their way in from a teacher's phone, piece by piece.

A piece is sent again where its answer didn't come: it says at which byte it belongs. So a film of
a gigabyte comes through a weak Wi-Fi and a server that holds small bodies only. What isn't finished
is forgotten at the next start.

    materials/incoming/<id>.part   being written; fsynced every 16 MiB
    materials/<aa>/<digest>        whole, read-only, durable: only now there may be a row
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from content_packs import durable, media
from content_packs.digests import digest_of_file
from content_packs.errors import InvalidContent, Missing, Refused, StorageFailed, UsageError
from content_packs.limits import MIB
from content_packs.values import Value
from sync_node.school.limits import (
    MATERIALS_RESERVE_BYTES,
    PDF_BYTES_MAX,
    UPLOADS_MAX,
    VIDEO_BYTES_MAX,
)

_FSYNC_BYTES = 16 * MIB
_READ_ONLY = 0o444
_BYTES_MAX = {"mp4": VIDEO_BYTES_MAX, "webm": VIDEO_BYTES_MAX, "pdf": PDF_BYTES_MAX}
_NOT_TAKEN = "An MP4 or WebM video, a PDF, or a quiz can be added."


@dataclass
class _Upload:
    path: Path
    size: int
    owner: str
    done: int = 0
    unsynced: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Stored(Value, frozen=True):
    """A file that is whole and durable. `kind`: `mp4`, `webm`, `pdf` or what it was said to be."""

    digest: str
    size: int
    kind: str
    facts: media.MediaFacts | None = None


class Uploads:
    """Takes files in, below `folder`. `disk_free` returns the bytes that are free there."""

    def __init__(
        self, folder: Path, *, new_id: Callable[[], str], disk_free: Callable[[Path], int]
    ) -> None:
        self._folder = folder
        self._new_id = new_id
        self._disk_free = disk_free
        self._lock = threading.Lock()
        self._open: dict[str, _Upload] = {}
        self._begun = False

    @property
    def _incoming(self) -> Path:
        return self._folder / "incoming"

    def path_of(self, digest: str) -> Path:
        """Return where the file with this digest lies, or would."""
        return self._folder / digest[:2] / digest

    def begin(self, size: int, *, owner: str) -> str:
        """Return the id of a new upload of `size` bytes; what its owner had begun is dropped.

        Raises `UsageError` for a size that no kind may have, `Refused` for too many at a time,
        `StorageFailed` where the disk hasn't the room.
        """
        if not 0 < size <= max(_BYTES_MAX.values()):
            raise UsageError(
                f"{size} bytes: a video may have {VIDEO_BYTES_MAX // MIB} MiB, "
                f"a PDF {PDF_BYTES_MAX // MIB} MiB",
                hint="Take a shorter or smaller one.",
            )
        with self._lock:
            self._start()
            for id_, known in list(self._open.items()):
                if known.owner == owner:
                    self._drop(id_)
            if len(self._open) >= UPLOADS_MAX:
                raise Refused("other files are on their way in", hint="Try again in a while.")
            self._check_room(size)
            made = self._new_id()
            path = self._incoming / f"{made}{durable.TEMPORARY_SUFFIX}"
            with durable.storage_errors(path):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._open[made] = _Upload(path, size, owner)
        return made

    def append(self, upload: str, offset: int, data: bytes, *, owner: str) -> int:
        """Write the next piece; return at which byte the next one belongs.

        A piece that came before changes nothing. Raises `Missing` for an upload that isn't here,
        `UsageError` for a piece that leaves a gap or goes past the size, `InvalidContent` where the
        beginning is of no kind that is taken, `StorageFailed`.
        """
        found = self._find(upload, owner)
        with found.lock:
            if offset != found.done:
                if offset + len(data) <= found.done:
                    return found.done
                raise UsageError(f"byte {found.done} comes next, not {offset}")
            if found.done + len(data) > found.size:
                raise UsageError(f"more than the {found.size} bytes that were announced")
            if offset == 0:
                self._check_kind(data, found.size)
            self._check_room(found.size - found.done)
            self._write(found, data)
            return found.done

    def finish(self, upload: str, *, owner: str) -> Stored:
        """Make the file durable under its digest. Raises as `append`; `InvalidContent`."""
        found = self._find(upload, owner)
        with found.lock:
            if found.done != found.size:
                raise UsageError(f"{found.size - found.done} bytes are missing")
            try:
                return self._keep(found)
            finally:
                with self._lock:
                    self._drop(upload)

    def keep(self, data: bytes, *, kind: str) -> Stored:
        """Make bytes durable under their digest. Raises `StorageFailed`."""
        with self._lock:
            self._start()
        self._check_room(len(data))
        path = self._incoming / self._new_id()
        durable.write(path, data, mode=_READ_ONLY)
        return self._into_place(path, Stored(digest_of_file(path), len(data), kind))

    def remove(self, digest: str) -> None:
        """Remove a file. Raises `StorageFailed`."""
        durable.remove(self.path_of(digest))

    def tidy(self, used: set[str]) -> int:
        """Remove files that no row names; return how many. Not while a material is added."""
        gone = 0
        if not self._folder.is_dir():
            return 0
        for path in sorted(self._folder.glob("??/*")):
            if path.name not in used:
                durable.remove(path)
                gone += 1
        return gone

    def _start(self) -> None:
        """Make the folders, and forget what another process left there. Holds the lock."""
        if self._begun:
            return
        durable.make_folder(self._incoming)
        for left in self._incoming.iterdir():
            durable.remove(left)
        self._begun = True

    def _find(self, upload: str, owner: str) -> _Upload:
        with self._lock:
            found = self._open.get(upload)
        if found is None or found.owner != owner:
            raise Missing("that upload isn't here any more", hint="Begin it again.")
        return found

    def _drop(self, upload: str) -> None:
        found = self._open.pop(upload, None)
        if found:
            durable.remove(found.path)

    def _check_room(self, size: int) -> None:
        with durable.storage_errors(self._folder):
            free = self._disk_free(self._folder)
        if free - size < MATERIALS_RESERVE_BYTES:
            raise StorageFailed(
                "the box has no room for it", hint="Remove a material that isn't needed any more."
            )

    def _check_kind(self, head: bytes, size: int) -> None:
        kind = media.kind_of_bytes(head[: media.HEAD_BYTES])
        if kind not in _BYTES_MAX:
            raise InvalidContent(f"it is {kind or 'nothing that is known here'}", hint=_NOT_TAKEN)
        if size > _BYTES_MAX[kind]:
            raise UsageError(
                f"{size} bytes, at most {_BYTES_MAX[kind]} are allowed for {kind}",
                hint="Take a shorter or smaller one.",
            )

    def _write(self, found: _Upload, data: bytes) -> None:
        with durable.storage_errors(found.path), found.path.open("r+b") as file:
            file.seek(found.done)
            file.write(data)
            file.flush()
            found.unsynced += len(data)
            if found.unsynced >= _FSYNC_BYTES:
                os.fsync(file.fileno())
                found.unsynced = 0
        found.done += len(data)

    def _keep(self, found: _Upload) -> Stored:
        with durable.storage_errors(found.path), found.path.open("r+b") as file:
            os.fsync(file.fileno())
            kind, facts = _looked_at(file, found.size)
        stored = Stored(digest_of_file(found.path), found.size, kind, facts)
        with durable.storage_errors(found.path):
            found.path.chmod(_READ_ONLY)
        return self._into_place(found.path, stored)

    def _into_place(self, path: Path, stored: Stored) -> Stored:
        place = self.path_of(stored.digest)
        durable.make_folder(place.parent)
        durable.rename(path, place)
        return stored


def _looked_at(file: BinaryIO, size: int) -> tuple[str, media.MediaFacts | None]:
    """Return what a file is. Raises `InvalidContent`."""
    file.seek(0)
    head = file.read(media.HEAD_BYTES)
    kind = media.kind_of_bytes(head)
    if kind == "pdf":
        file.seek(max(0, size - 2 * 1024))
        if b"%%EOF" not in file.read():
            raise InvalidContent("the PDF has no end", hint="Send it again.")
        return kind, None
    facts = media.read_media(file, size)
    if not facts.has_video:
        raise InvalidContent("there are no pictures in it", hint=_NOT_TAKEN)
    return facts.container, facts
