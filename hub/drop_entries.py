"""What lies in the drop folder, and what became of it.

```
drop/<publisher>/x.cpack              a cpack; its signature, x.cpack.sig, beside it
drop/<publisher>/maths/               a pack folder, or maths.zip of one
drop/<publisher>/maths.done.txt       what was published, or
drop/<publisher>/maths.failed.txt     why it wasn't
```
An entry stays as it was dropped: it may be somebody's only copy. The result names the state that
the entry had (`fingerprint`), so that it is looked at once, and again when it is another.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from content_packs import cpack, durable
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import FILES_MAX
from content_packs.names import check_name
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads.limits import (
    DROP_ENTRIES_MAX,
    DROP_PUBLISHERS_MAX,
    DROP_RESULT_BYTES_MAX,
)

DONE, FAILED = ".done.txt", ".failed.txt"
_SIGNATURE = f"{cpack.SUFFIX}.sig"
_ON_ITS_WAY = (durable.TEMPORARY_SUFFIX, ".tmp", ".filepart", ".crdownload", "~")
_STATE = "state "
_WRITING = 0o3  # O_WRONLY or O_RDWR among the flags of an open file

Outcome: TypeAlias = Literal["", "published", "failed"]


@dataclass(frozen=True)
class Entry:
    """Something that was dropped, for a publisher, whose folder it lies in."""

    publisher: str
    name: str
    path: Path

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.publisher}/{self.name}"


@dataclass(frozen=True)
class Result:
    """What became of an entry in the state `fingerprint`, in words; empty where nothing has yet."""

    outcome: Outcome = ""
    fingerprint: str = ""
    words: str = ""
    at: str = ""


def folder_of(hub: Hub) -> Path:
    """Return where publishers' folders lie."""
    return hub.data.root / "drop"


def add_publisher(hub: Hub, actor: Actor, publisher: str) -> Path:
    """Make the folder of a publisher; return it.

    Raises `Refused`, `InvalidContent`, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    folder = folder_of(hub) / check_name(publisher, what="publisher")
    if not folder.is_dir():
        durable.make_folder(folder)
        with hub.database.writing():
            audit.note(hub, "drop-folder-added", reason=publisher, actor=actor.login)
    return folder


def publishers(hub: Hub) -> list[str]:
    """Return the publishers that have a folder. Raises `StorageFailed`."""
    folder = folder_of(hub)
    with durable.storage_errors(folder):
        if not folder.is_dir():
            return []
        names = [path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(name for name in names if _is_name(name))[:DROP_PUBLISHERS_MAX]


def entries(hub: Hub) -> Iterator[Entry]:
    """Yield what was dropped, by publisher and name. Raises `StorageFailed`."""
    for publisher in publishers(hub):
        folder = folder_of(hub) / publisher
        with durable.storage_errors(folder):
            names = sorted(path.name for path in folder.iterdir())[:DROP_ENTRIES_MAX]
        for name in names:
            path = folder / name
            if _is_entry(path):
                yield Entry(publisher, name, path)


def find(hub: Hub, publisher: str, name: str) -> Entry:
    """Return an entry. Raises `Missing`."""
    path = folder_of(hub) / publisher / name
    if not _is_name(publisher) or "/" in name or not _is_entry(path):
        raise Missing(f"{publisher}/{name}: isn't in the drop folder any more")
    return Entry(publisher, name, path)


def _is_name(publisher: str) -> bool:
    try:
        check_name(publisher, what="publisher")
    except InvalidContent:
        return False
    return True


def _is_entry(path: Path) -> bool:
    name = path.name
    if name.startswith(".") or name.endswith((DONE, FAILED, _SIGNATURE, *_ON_ITS_WAY)):
        return False
    if not name.isprintable() or path.is_symlink():
        return False  # a link leads to what its owner may not read
    return path.is_dir() or (path.is_file() and path.suffix in {cpack.SUFFIX, ".zip"})


def fingerprint(entry: Entry) -> str:
    """Return what changes whenever a file of an entry does. Raises `Missing`, `InvalidContent`."""
    found = hashlib.sha256()
    try:
        for count, path in enumerate(_files(entry)):
            if count > FILES_MAX:
                raise InvalidContent(f"{entry.name}: more than {FILES_MAX} files")
            status = path.lstat()
            line = (
                f"{path.relative_to(entry.path.parent)}\0{status.st_size}\0{status.st_mtime_ns}\n"
            )
            found.update(line.encode(errors="surrogateescape"))
    except OSError as error:
        raise Missing(f"{entry.name}: went away while it was looked at") from error
    return found.hexdigest()[:32]


def _files(entry: Entry) -> Iterator[Path]:
    signature = entry.path.with_name(f"{entry.name}.sig")
    if signature.is_file():
        yield signature
    if not entry.path.is_dir():
        yield entry.path
        return
    for folder, below, names in os.walk(entry.path):
        below.sort()
        for name in sorted(names):
            yield Path(folder, name)


def is_being_written(entry: Entry) -> bool:
    """Say whether a program that this user may look at has a file of an entry open to write."""
    within = f"{entry.path}{os.sep}"
    for place in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(place.readlink())
            if (target == str(entry.path) or target.startswith(within)) and _writes(place):
                return True
        except OSError:  # it has ended, or is another user's
            continue
    return False


def _writes(place: Path) -> bool:
    if not stat.S_ISREG(place.stat().st_mode):
        return False
    said = (place.parent.parent / "fdinfo" / place.name).read_text()
    flags = next(line for line in said.splitlines() if line.startswith("flags:"))
    return bool(int(flags.split()[1], 8) & _WRITING)


def result_of(entry: Entry) -> Result:
    """Return what became of an entry, as it is written beside it."""
    for suffix, outcome in ((DONE, "published"), (FAILED, "failed")):
        try:
            with _beside(entry, suffix).open("rb") as file:
                text = file.read(DROP_RESULT_BYTES_MAX).decode(errors="replace")
        except OSError:
            continue
        words, _, rest = text.rpartition(_STATE)
        said, _, at = rest.strip().partition(" at ")
        return Result("published" if outcome == "published" else "failed", said, words.strip(), at)
    return Result()


def write_result(hub: Hub, entry: Entry, state: str, words: str, *, published: bool) -> None:
    """Say beside an entry what became of it in this state. Raises `StorageFailed`."""
    mine, other = (DONE, FAILED) if published else (FAILED, DONE)
    text = f"{words}\n\n{_STATE}{state} at {in_words(hub.clock())}\n"
    durable.write(_beside(entry, mine), text.encode(errors="replace"))
    durable.remove(_beside(entry, other))


def _beside(entry: Entry, suffix: str) -> Path:
    return entry.path.with_name(f"{entry.name}{suffix}")
