"""The school's own data: all services over school.db, wired together.

Nothing is opened before it is used. One `School` in a process; its methods are safe for several
threads.
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from content_packs.records import UNENROLLED
from content_packs.values import Value
from sync_node import box_clock, identity
from sync_node.data_dir import DataDir
from sync_node.disk import disk_free as disk_free_on
from sync_node.school import backup as backing_up
from sync_node.school import checking, deriving, restoring, salvaging
from sync_node.school.assignments import Assignments
from sync_node.school.database import Database
from sync_node.school.exports import Exports
from sync_node.school.ground import Ground, text_of
from sync_node.school.hashing import COST
from sync_node.school.insight import Insight
from sync_node.school.keeping import Keeper, is_due
from sync_node.school.limits import TROUBLES_KEPT_MAX
from sync_node.school.materials import Materials
from sync_node.school.models import SessionRow, TroubleRow
from sync_node.school.pace import Pace
from sync_node.school.people import People
from sync_node.school.pinned_versions import PinnedVersions
from sync_node.school.progress import Progress
from sync_node.school.recording import Recording
from sync_node.school.roster_applying import RosterApplying
from sync_node.school.sessions import Sessions
from sync_node.school.signing_in import SigningIn
from sync_node.school.statements import Statements
from sync_node.school.teachers import Teachers
from sync_node.school.uploads import Uploads
from sync_node.school.wishes import Wishes
from sync_node.school.writer import Writer

_NODE_SECONDS = 60.0  # between two looks at who this node is


class Trouble(Value, frozen=True):
    """What became of school.db that a technician has to know."""

    at: str
    code: str
    text: str


class School:
    """All services; each is told of in its module."""

    def __init__(  # `open_school` wires it
        self,
        data_dir: DataDir,
        ground: Ground,
        node: Callable[[], str],
        disk_free: Callable[[Path], int],
        system_clock: Callable[[], datetime],
    ) -> None:
        self.ground = ground
        self._system_clock = system_clock
        self._data_dir = data_dir
        self._disk_free = disk_free
        self.people = People(ground)
        self.rosters = RosterApplying(ground)
        self.teachers = Teachers(ground)
        self.sessions = Sessions(ground)
        self.signing_in = SigningIn(ground, self.sessions, self.teachers)
        self.assignments = Assignments(ground)
        self.recording = Recording(ground, Pace(ground.monotonic), node)
        self.statements = Statements(ground)
        self.progress = Progress(ground)
        self.insight = Insight(ground, self.people, self.assignments)
        self.exports = Exports(ground, self.people)
        self.pinned_versions = PinnedVersions(ground)
        self.wishes = Wishes(ground)
        uploads = Uploads(data_dir.materials, new_id=ground.new_id, disk_free=disk_free)
        self.materials = Materials(ground, uploads)
        self._keeper = Keeper((self.tidy, self.materials.tidy, self.back_up_if_due))

    def keep(self) -> None:
        """Begin to back up and tidy by itself, in a thread."""
        self._keeper.start()

    def close(self) -> None:
        """Write what waits, and end the threads."""
        self._keeper.close()
        self.ground.writer.close()
        self.ground.database.leave()

    def troubles(self) -> list[Trouble]:
        """Return what became of school.db, newest first. Raises `StorageFailed`."""
        with self.ground.database.reading():
            rows = TroubleRow.select().order_by(TroubleRow.id.desc()).limit(TROUBLES_KEPT_MAX)
            return [Trouble(row.at, row.code, row.text) for row in rows]

    def set_aside(self) -> list[Path]:
        """Return the damaged databases that were put aside."""
        return salvaging.set_aside(self._data_dir.school_db)

    def backed_up_seconds_ago(self) -> float | None:
        """Return how old the backup is, None where there is none."""
        return backing_up.age_of(self._data_dir.school_backup, self._system_clock())

    def back_up(self, folder: Path | None = None) -> backing_up.BackedUp:
        """Copy school.db beside itself, or into a folder such as a stick's.

        Raises `StorageFailed`.
        """
        target = self._data_dir.school_backup
        if folder is not None:
            target = folder / target.name
        with self.ground.database.reading():
            pass  # made, brought up to date, or salvaged first
        return backing_up.back_up(self._data_dir.school_db, target, disk_free=self._disk_free)

    def restore(self, backup: Path, *, replace: bool = False) -> restoring.Restored:
        """Put a backup into the place of what is there, which is kept beside it.

        Raises `Missing`, `InvalidContent` for what is no sound backup, `Refused` where there is
        more here than in it, unless `replace`; `StorageFailed`, `Busy`.
        """
        with self.ground.database.reading():
            pass  # made, brought up to date, or salvaged first
        done = restoring.restore(
            self._data_dir.school_db, backup, replace=replace, disk_free=self._disk_free
        )
        with self.ground.database.reading():
            sound = deriving.is_sound()
        if not sound:
            self.ground.write(deriving.rebuild)
        return done

    def check(self) -> checking.SchoolChecked:
        """Look whether school.db is whole, save what can be read, make anew what is derived.

        Raises `StorageFailed`, `Busy`.
        """
        return checking.check(self.ground)

    def tidy(self) -> None:
        """Remove sessions that ended and failures that count no more."""

        def work() -> None:
            self.sessions.tidy()
            self.signing_in.tidy()

        with self.ground.database.reading():
            if not SessionRow.select().exists():
                return
        self.ground.write(work)

    def back_up_if_due(self) -> None:
        """Back up where a day has passed and something changed. Raises `StorageFailed`."""
        path = self._data_dir.school_db
        backup = self._data_dir.school_backup

        def changed() -> bool:
            if not path.is_file() or not backup.is_file():
                return path.is_file()
            made = backup.stat().st_mtime
            if self._system_clock().timestamp() < made:
                return True  # the clock went back: times of files tell nothing
            wal = path.with_name(path.name + "-wal")
            return any(one.is_file() and one.stat().st_mtime > made for one in (path, wal))

        if is_due(self.backed_up_seconds_ago(), changed):
            self.back_up()


def open_school(  # noqa: PLR0913  # what a test has in place of the world
    data_dir: DataDir,
    *,
    clock: Callable[[], datetime],
    randomness: Callable[[int], bytes] = secrets.token_bytes,
    monotonic: Callable[[], float] = time.monotonic,
    disk_free: Callable[[Path], int] = disk_free_on,
    hash_cost: int = COST,
    system_clock: Callable[[], datetime] = box_clock.system_clock,
) -> School:
    """Return the school's data in a data directory. Nothing is opened before it is used.

    `clock`: the likeliest time; `system_clock`: that by which files have their times. Never raises.
    """

    def now() -> str:
        return text_of(clock())

    database = Database(data_dir.school_db, data_dir.school_backup, now=now, mend=_mend)
    ground = Ground(database, Writer(database), clock, monotonic, randomness, hash_cost)
    return School(data_dir, ground, _NodeName(data_dir, monotonic), disk_free, system_clock)


def _mend() -> None:
    deriving.rebuild()


class _NodeName:
    """Who this node is: its id at the hub, looked up once a minute."""

    def __init__(self, data_dir: DataDir, monotonic: Callable[[], float]) -> None:
        self._data_dir = data_dir
        self._monotonic = monotonic
        self._name = UNENROLLED
        self._until: float | None = None

    def __call__(self) -> str:
        now = self._monotonic()
        if self._until is None or now >= self._until:
            found = identity.credential(self._data_dir)
            self._name = found.node if found else UNENROLLED
            self._until = now + _NODE_SECONDS
        return self._name
