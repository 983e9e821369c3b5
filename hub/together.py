"""What several threads write at the same moment, in one transaction: one flush of the disk for all.

Thousands of nodes that check in within a minute would wait for thousands of flushes. Here whoever
comes while another's transaction is being written waits for its end, and all who waited go into the
next one together. What fails takes nothing of the others along: then none of it counts, and all is
done once more, each within a savepoint of its own.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.database import Database
from hub.limits import WRITTEN_TOGETHER_MAX

_T = TypeVar("_T")


@dataclass
class _Work:
    """Something to be done, and what came of it."""

    run: Callable[[], Any]
    is_done: bool = False
    result: Any = None
    error: BaseException | None = None


class Together:
    """Runs work inside of writing transactions that it shares with others' work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Work] = deque()
        self._turn = threading.Lock()  # of who writes for all that wait

    def run(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, once it is durable; raise what it raises, then it never was.

        `work` is run by any of the threads that wait, and must not wait for another one. It may be
        run twice, and does nothing but read and write the database. Raises `StorageFailed`, too.
        """
        mine = _Work(work)
        self._waiting.append(mine)
        with self._turn:
            while not mine.is_done:  # else somebody did it along with theirs
                self._write(self._some())
        if mine.error is not None:
            raise mine.error
        return mine.result  # type: ignore[no-any-return]  # what `work` returned

    def _some(self) -> list[_Work]:
        count = min(len(self._waiting), WRITTEN_TOGETHER_MAX)
        return [self._waiting.popleft() for _ in range(count)]

    def _write(self, some: list[_Work]) -> None:
        try:
            if not self._all_at_once(some):
                with self._database.writing():
                    for one in some:
                        self._do(one)
        except BaseException as error:
            for one in some:
                one.error = one.error or error
            if not isinstance(error, Exception):
                raise  # this thread is to end
        finally:
            for one in some:
                one.is_done = True

    def _all_at_once(self, some: list[_Work]) -> bool:
        """Return whether nothing failed; else nothing was written."""
        try:
            with self._database.writing():
                for one in some:
                    one.result = one.run()
        except Exception:  # noqa: BLE001  # whose it is shows when each is done by itself
            return False
        return True

    def _do(self, one: _Work) -> None:
        try:
            with self._database.savepoint():
                one.result = one.run()
        except Exception as error:  # noqa: BLE001  # it is raised where it was asked for
            one.error = error
