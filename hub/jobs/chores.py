"""What a hub does by itself from time to time, once for all its processes.

When each chore is due stands in the database: whichever process sees first that it is takes the
turn, and does it. A turn that is cut off is made up for by the next.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from content_packs.errors import SatchelError
from hub.clock import in_words
from hub.hub import Hub
from hub.jobs import places
from hub.jobs.limits import CHORES_POLL_SECONDS, JOBS_KEPT_MAX, STOP_SECONDS
from hub.jobs.model import ENDED
from hub.jobs.tables import ChoreRow, JobLogRow, JobRow
from hub.threads import Lasting

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chore:
    """Something to be done every so many seconds. What takes longer than some starts a job."""

    name: str
    every_seconds: int
    run: Callable[[Hub], object]


class ChoreMaker(Lasting):
    """A thread that does `chores` when they are due, until stopped; `report` hears what fails."""

    def __init__(self, hub: Hub, chores: Iterable[Chore], report: Callable[[str], None]) -> None:
        super().__init__("chores", STOP_SECONDS)
        self._hub, self._chores, self._report = hub, tuple(chores), report
        self._next: dict[str, datetime] = {}

    def _run(self) -> None:
        while not self._stop.is_set():
            for chore in self._chores:
                self._do_if_due(chore)
            self._stop.wait(CHORES_POLL_SECONDS)

    def _do_if_due(self, chore: Chore) -> None:
        now = self._hub.clock()
        if self._stop.is_set() or now < self._next.get(chore.name, now):
            return  # the database needn't be asked
        try:
            mine, self._next[chore.name] = take_turn(self._hub, chore)
            if mine:
                chore.run(self._hub)
        except SatchelError as error:
            self._report(f"{chore.name}: {error.message}")
        except Exception as error:  # noqa: BLE001  # one chore's fault doesn't end all others
            _log.exception("the chore %s", chore.name)
            self._report(f"{chore.name}: a fault of this program, please report it: {error!r}")


def take_turn(hub: Hub, chore: Chore) -> tuple[bool, datetime]:
    """Return whether it is this caller's turn to do a chore, and when the next one is.

    Raises `StorageFailed`.
    """
    now = hub.clock()
    with hub.database.transaction():
        row = ChoreRow.get_or_none(ChoreRow.chore == chore.name)
    if row is not None and now < (due := datetime.fromisoformat(row.due_at)):
        return False, due
    following = now + timedelta(seconds=chore.every_seconds)
    with hub.database.writing():
        row = ChoreRow.get_or_none(ChoreRow.chore == chore.name)
        if row is not None and now < (due := datetime.fromisoformat(row.due_at)):
            return False, due
        ChoreRow.delete().where(ChoreRow.chore == chore.name).execute()
        ChoreRow.create(chore=chore.name, due_at=in_words(following))
    return True, following


def tidy(hub: Hub, *, kept: int = JOBS_KEPT_MAX) -> None:
    """Forget all but the newest `kept` jobs that have ended, and what they left.

    Raises `StorageFailed`.
    """
    ended = JobRow.state << list(ENDED)
    with hub.database.writing():
        query = JobRow.select(JobRow.id).where(ended).order_by(JobRow.id.desc())
        last = query.offset(kept).limit(1).scalar()
        if last is not None:
            gone = [row.id for row in JobRow.select(JobRow.id).where(ended & (JobRow.id <= last))]
            JobLogRow.delete().where(JobLogRow.job << gone).execute()
            JobRow.delete().where(JobRow.id << gone).execute()
    places.remove_left(hub)
