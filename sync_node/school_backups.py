"""The school's data on couriers' sticks: a backup taken along, or put back on a new card.

```
satchel/backup/<node>/school-backup.db     <node>: the node's id, or `box` before it has one
```
What is on a stick is in the clear, with the names of pupils: a technician asks for it, each time.
Both take long on a slow stick, so a thread of its own does them, one at a time.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from content_packs import courier, durable
from content_packs.errors import Missing, Refused, SatchelError
from content_packs.names import is_name
from content_packs.values import Value
from sync_node import identity, stick_requests
from sync_node.data_dir import DataDir
from sync_node.limits import BACKUPS_ON_STICK_MAX
from sync_node.school.school import School

Doing: TypeAlias = Literal["none", "backing-up", "backed-up", "restoring", "restored", "failed"]

FOLDER = "backup"
_UNNAMED = "box"


class Found(Value, frozen=True):
    """A backup on a stick. `of`: the node that it is of; `made`: when, by that box's clock."""

    stick: Path
    of: str
    path: Path
    size: int
    made: datetime


class Work(Value, frozen=True):
    """How the last deed goes or went. `refused`: there is more here than in that backup."""

    doing: Doing = "none"
    place: str = ""
    records: int = 0
    pupils: int = 0
    kept: str = ""
    trouble: str = ""
    refused: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether it isn't at its end yet."""
        return self.doing in {"backing-up", "restoring"}


class SchoolBackups:
    """Does it. Safe for several threads. `sticks`: returns those that are there."""

    def __init__(self, data_dir: DataDir, school: School, sticks: Callable[[], list[Path]]) -> None:
        self._data_dir = data_dir
        self._school = school
        self.sticks = sticks
        self._lock = threading.Lock()
        self._work = Work()

    @property
    def work(self) -> Work:
        """How far the last deed is."""
        with self._lock:
            return self._work

    def found(self) -> list[Found]:
        """Return the backups on the sticks that are there, the newest first."""
        everywhere = [one for stick in self.sticks() for one in _on(stick, self._file_name)]
        return sorted(everywhere, key=lambda one: one.made, reverse=True)

    def begin_backup(self, stick: str) -> None:
        """Begin to back up onto the stick at a path. Raises `Missing`, `Refused`."""
        root = next((each for each in self.sticks() if str(each) == stick), None)
        if root is None:
            raise Missing(f"there is no courier's stick at {stick[:200]!r}")
        self._begin(Work("backing-up", str(root)), lambda: self._back_up(root))

    def begin_restore(self, path: str, *, insist: bool) -> None:
        """Begin to put the backup at a path back. Raises `Missing`, `Refused`."""
        one = next((each for each in self.found() if str(each.path) == path), None)
        if one is None:
            raise Missing(f"there is no backup at {path[:200]!r}")
        self._begin(Work("restoring", str(one.stick)), lambda: self._restore(one, insist=insist))

    @property
    def _file_name(self) -> str:
        return self._data_dir.school_backup.name

    def _begin(self, work: Work, deed: Callable[[], Work]) -> None:
        with self._lock:
            if self._work.is_busy:
                raise Refused("the school's data is being copied already")
            self._work = work
        threading.Thread(
            target=self._do, args=(work, deed), name="school-backups", daemon=True
        ).start()

    def _do(self, work: Work, deed: Callable[[], Work]) -> None:
        done = msgspec.structs.replace(work, doing="failed", trouble="It ended before its time.")
        try:
            done = deed()
        except SatchelError as error:
            refused = isinstance(error, Refused)  # the page has a way on of its own
            trouble = error.message if refused else f"{error.message}. {error.hint}".strip()
            done = msgspec.structs.replace(work, doing="failed", trouble=trouble, refused=refused)
        finally:
            with self._lock:
                self._work = done

    def _back_up(self, root: Path) -> Work:
        name = identity.node_name(self._data_dir) or _UNNAMED
        folder = root / courier.FOLDER / FOLDER / name
        with stick_requests.writable(self._data_dir, root):
            durable.make_folder(folder)
            done = self._school.back_up(folder)
        return Work("backed-up", str(root), done.records)

    def _restore(self, one: Found, *, insist: bool) -> Work:
        done = self._school.restore(one.path, replace=insist)
        return Work("restored", str(one.stick), done.records, done.pupils, done.kept)


def _on(stick: Path, name: str) -> list[Found]:
    """Return the backups on a stick: ordinary files, below no link."""
    folder = stick / courier.FOLDER / FOLDER
    found = []
    try:
        places = sorted(each for each in folder.iterdir() if is_name(each.name))
        for place in places[:BACKUPS_ON_STICK_MAX]:
            path = place / name
            if place.is_symlink() or path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            made = datetime.fromtimestamp(status.st_mtime, UTC)
            found.append(Found(stick, place.name, path, status.st_size, made))
    except (OSError, OverflowError, ValueError):
        return found  # it was pulled, or can't be read: what is left of it is shown
    return found
