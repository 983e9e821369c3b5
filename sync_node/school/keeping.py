"""What school.db needs now and then: a backup each day, and tidying. In a thread of its own."""

import threading
from collections.abc import Callable, Sequence

from content_packs.errors import SatchelError
from sync_node.school.limits import BACKUP_SECONDS, KEEPER_SECONDS


class Keeper:
    """Runs `tasks` every ten minutes until it is closed; what fails is tried the next time."""

    def __init__(self, tasks: Sequence[Callable[[], None]]) -> None:
        self._tasks = tasks
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first time after ten minutes, when the box is up and pupils are in."""
        self._thread = threading.Thread(target=self._go, name="school-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._closed.set()
        if self._thread:
            self._thread.join()

    def _go(self) -> None:
        while not self._closed.wait(KEEPER_SECONDS):
            for task in self._tasks:
                try:
                    task()
                except SatchelError:
                    continue  # the disk is full or failing: others say so, and it may pass


def is_due(age: float | None, changed: Callable[[], bool]) -> bool:
    """Say whether to back up: a day has passed, or the clock went back, and something changed."""
    return (age is None or not 0 <= age < BACKUP_SECONDS) and changed()
