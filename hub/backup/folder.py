"""A folder of backups of one hub, on another disk.

```
satchel-backup.json         {"format": 1, "root": SHA-256 of the hub's first root}: whose it is
content/<aa>/<digest>       files by the SHA-256 of their bytes, 0600: each once, whatever holds it
backups/<time>-<16>.json    a backup: what files a hub had (`Note`); 16 digits of the list's digest
lock                        held by who is writing
*.part                      work that was cut off; removed by the next backup
```
A backup is there with the one rename that names its list, after everything that it lists; removed
with its list first. So a cut leaves every other backup whole.
"""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from content_packs import durable
from content_packs.digests import digest_of
from content_packs.durable import storage_errors
from content_packs.errors import InvalidContent, Missing, Refused
from content_packs.key_files import PRIVATE_MODE
from hub.backup.limits import COPY_BYTES, NAME_HEX_DIGITS, NOTE_BYTES_MAX
from hub.errors import Damaged
from hub.lock import locked

_MARK = "satchel-backup.json"
_PRIVATE_FOLDER = 0o700
_NAME = re.compile(rf"([0-9]{{8}}T[0-9]{{6}}Z)-([0-9a-f]{{{NAME_HEX_DIGITS}}})\.json")


class Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a hub's data directory: its place there, its bytes, their SHA-256."""

    path: str
    size: int
    digest: str


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backup. `hub.db` is among its files, whatever the hub's database is."""

    format: int
    taken_at: str
    title: str
    root: str
    timestamp: int
    schema: list[str]
    rows: dict[str, int]
    files: list[Saved]


class _Mark(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    root: str


class BackupFolder:
    """The backups in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._notes = root / "backups"
        self._content = root / "content"

    def locked(self, doing: str) -> AbstractContextManager[None]:
        """Hold its lock for the length of the block. Raises `Busy`, `StorageFailed`."""
        return locked(self.root / "lock", doing=doing, wait_seconds=0)

    def prepare(self, root_digest: str) -> None:
        """Make it the folder of one hub's backups; a folder with anything else in it is left alone.

        Raises `Refused`, `StorageFailed`.
        """
        durable.make_folder(self.root, mode=_PRIVATE_FOLDER)
        mark = self.root / _MARK
        if mark.is_file():
            if self._mark().root != root_digest:
                raise Refused(
                    f"{self.root}: has the backups of another hub", hint="Name another folder."
                )
        elif any(path.name not in {"lost+found", f"{_MARK}.part"} for path in self.root.iterdir()):
            raise Refused(
                f"{self.root}: is not empty, and has no backups in it",
                hint="Name a folder that is empty or doesn't exist yet.",
            )
        for folder in (self._notes, self._content):
            durable.make_folder(folder, mode=_PRIVATE_FOLDER)
        if not mark.is_file():
            durable.write(mark, msgspec.json.encode(_Mark(1, root_digest)))

    def names(self) -> list[str]:
        """Return the names of the backups, the newest first. Raises `Missing`."""
        self._mark()
        with storage_errors(self._notes):
            found = [path.name for path in self._notes.iterdir() if _NAME.fullmatch(path.name)]
        return sorted((name.removesuffix(".json") for name in found), reverse=True)

    def find(self, name: str = "") -> str:
        """Return the newest backup's name, or that of the one whose name begins so.

        Raises `Missing`.
        """
        for found in self.names():
            if found.startswith(name):
                return found
        raise Missing(
            f"{self.root}: there is no backup {name}".rstrip(),
            hint="List them: hub restore --list FOLDER",
        )

    def read(self, name: str) -> Note:
        """Return a backup. Raises `Damaged`, `Missing`."""
        path = self._notes / f"{name}.json"
        try:
            with path.open("rb") as file:
                data = file.read(NOTE_BYTES_MAX + 1)
        except OSError as error:
            raise Missing(f"{path}: can't be read: {error.strerror}") from error
        if digest_of(data)[:NAME_HEX_DIGITS] != name.rpartition("-")[2]:
            raise Damaged(f"{path}: isn't as it was written", hint="Take an earlier backup.")
        try:
            return msgspec.json.decode(data, type=Note)
        except msgspec.DecodeError as error:
            raise InvalidContent(f"{path}: {error}", hint="A newer version may read it.") from error

    def write(self, note: Note, stamp: str) -> str:
        """Put a backup in force, whose files are all here; return its name."""
        data = msgspec.json.encode(note)
        name = f"{stamp}-{digest_of(data)[:NAME_HEX_DIGITS]}"
        durable.write(self._notes / f"{name}.json", data, mode=PRIVATE_MODE)
        return name

    def copy_out(self, saved: Saved, to: Path, *, mode: int) -> None:
        """Copy a file out, durably, checked as it goes. Raises `Damaged`, `StorageFailed`."""
        durable.make_folder(to.parent)
        with durable.writing(to, mode=mode) as copy:
            trouble = self.look(saved, copy.write)
            if trouble:
                raise Damaged(
                    trouble, hint="Take an earlier backup: hub restore --list, then --at NAME."
                )

    def look(self, saved: Saved, take: Callable[[bytes], object] = lambda _: None) -> str:
        """Read a file, handing it on; return what is wrong with it, nothing if nothing is."""
        digest, size = hashlib.sha256(), 0
        try:
            with self.path(saved.digest).open("rb") as file:
                while piece := file.read(COPY_BYTES):
                    digest.update(piece)
                    size += len(piece)
                    take(piece)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise  # where it was to go, not where it is
            return f"{saved.path}: can't be read: {error.strerror}"
        if (size, digest.hexdigest()) != (saved.size, saved.digest):
            return f"{saved.path}: isn't as it was backed up ({self.path(saved.digest)})"
        return ""

    def path(self, digest: str) -> Path:
        """Return where the file with this digest lies."""
        return self._content / digest[:2] / digest

    def holds(self, saved: Saved) -> bool:
        """Return whether a file is here, by its size: its bytes were checked as they came."""
        try:
            return self.path(saved.digest).stat().st_size == saved.size
        except OSError:
            return False

    def put(self, source: Path, place: str, *, afresh: bool = False) -> tuple[Saved, bool]:
        """Copy a file in, durably; return what it is, and whether it is new here.

        `afresh`: in place of what is here, too, which may have rotted.
        Raises `Missing`, `StorageFailed`.
        """
        arriving = self._content / "arriving"
        digest, size = hashlib.sha256(), 0
        try:
            file = source.open("rb")
        except FileNotFoundError as error:
            raise Missing(f"{source}: not here") from error
        with file, durable.writing(arriving, mode=PRIVATE_MODE) as copy:
            while piece := file.read(COPY_BYTES):
                digest.update(piece)
                size += len(piece)
                copy.write(piece)
        saved = Saved(place, size, digest.hexdigest())
        held = self.holds(saved)
        if held and not afresh:
            durable.remove(arriving)
            return saved, False
        target = self.path(saved.digest)
        durable.make_folder(target.parent, mode=_PRIVATE_FOLDER)
        durable.rename(arriving, target)
        return saved, not held

    def remove(self, name: str) -> None:
        """Remove a backup's list; its files stay until `tidy`."""
        durable.remove(self._notes / f"{name}.json")

    def tidy(self) -> int:
        """Remove files that no backup lists, and what was cut off; return their bytes.

        Where a list can't be read nothing is removed: what it named may still be wanted.
        """
        try:
            needed = {saved.digest for name in self.names() for saved in self.read(name).files}
        except (Damaged, InvalidContent):
            return 0
        freed = 0
        with storage_errors(self.root):
            for path in self._unnamed(needed):
                freed += path.stat().st_size
                path.unlink()
        return freed

    def _unnamed(self, needed: Iterable[str]) -> Iterator[Path]:
        kept = set(needed)
        for folder, _, names in os.walk(self._content):
            for name in names:
                if name not in kept:
                    yield Path(folder, name)
        yield from self._notes.glob("*.part")

    def _mark(self) -> _Mark:
        path = self.root / _MARK
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Mark)
        except OSError as error:
            raise Missing(
                f"{self.root}: there are no backups here", hint="Make one: hub backup FOLDER"
            ) from error
        except msgspec.DecodeError as error:
            raise Damaged(f"{path}: {error}", hint="Take another copy of the backups.") from error
