"""One thread writes school.db. What waits together is committed together: one fsync for a class.

A caller hands in a piece of work and waits. All that came meanwhile runs in one transaction, each
piece undone alone where it fails; when the transaction is durable, all are told. Nothing is
acknowledged before. A full queue refuses: a page answers 503 in time rather than late.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import peewee

from content_packs.errors import StorageFailed
from sync_node.school.database import Database
from sync_node.school.errors import Busy
from sync_node.school.limits import (
    WRITE_SECONDS_MAX,
    WRITES_IN_BATCH_MAX,
    WRITES_POSTED_MAX,
    WRITES_WAITING_MAX,
)

_T = TypeVar("_T")


@dataclass
class _Job:
    work: Callable[[], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None
    given_up: bool = False


class Writer:
    """Runs pieces of work in transactions, in the order in which they came.

    A piece touches rows alone, and may be run again where its transaction failed: only its last run
    counts. `batches` and `jobs` count what was committed.
    """

    def __init__(self, database: Database, *, waiting_max: int = WRITES_WAITING_MAX) -> None:
        self._database = database
        self._waiting_max = waiting_max
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.batches = 0
        self.jobs = 0

    def run(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, once that is durable.

        Raises `Busy`, `StorageFailed`, and what `work` raises.
        """
        job = _Job(work)
        self._add(job, waiting_max=self._waiting_max)
        if not job.done.wait(WRITE_SECONDS_MAX):
            job.given_up = True
            raise Busy
        if job.error is not None:
            raise job.error
        return cast(_T, job.result)

    def post(self, work: Callable[[], object]) -> None:
        """Have `work` done some time, where there is room; nobody is told what became of it.

        What is only looked at never takes the room of what somebody waits for.
        """
        with suppress(Busy):
            self._add(_Job(work), waiting_max=min(WRITES_POSTED_MAX, self._waiting_max))

    def close(self) -> None:
        """Do what waits, then end the thread. Nothing can be written any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread:
            thread.join()

    def _add(self, job: _Job, *, waiting_max: int) -> None:
        with self._changed:
            if self._closed or len(self._waiting) >= waiting_max:
                raise Busy
            self._waiting.append(job)
            if self._thread is None or not self._thread.is_alive():  # whatever became of the last
                self._thread = threading.Thread(target=self._go, name="school-writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _go(self) -> None:
        while jobs := self._next():
            self._write(jobs)
        self._database.close()

    def _next(self) -> list[_Job]:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            count = min(len(self._waiting), WRITES_IN_BATCH_MAX)
            return [self._waiting.popleft() for _ in range(count)]

    def _write(self, jobs: list[_Job]) -> None:
        wanted = [job for job in jobs if not job.given_up]
        failed = self._commit(wanted) if wanted else None
        if failed and len(wanted) > 1:  # one may have spoilt it for the others
            for job in wanted:
                job.error = self._commit([job]) or job.error
        elif failed:
            wanted[0].error = failed
        for job in jobs:
            job.done.set()

    def _commit(self, jobs: list[_Job]) -> Exception | None:
        """Run and commit; return what kept all of it from being committed."""
        try:
            with self._database.transaction():
                for job in jobs:
                    self._run(job)
        except Exception as error:  # noqa: BLE001  # whoever waits has to be told, whatever it is
            return error
        self.batches += 1
        self.jobs += len(jobs)
        return None

    def _run(self, job: _Job) -> None:
        job.result = job.error = None
        try:
            with self._database.step():
                job.result = job.work()
        except StorageFailed:
            raise
        except peewee.IntegrityError as error:
            job.error = error
        except peewee.PeeweeException:
            raise  # the disk, or a damaged file: nothing of the transaction is left
        except Exception as error:  # noqa: BLE001  # it is raised again where it belongs
            job.error = error
