"""What a job's function is given: its arguments, who asked, and ways to say how far it is."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from content_packs import durable
from hub.hub import Hub
from hub.jobs import claiming, places
from hub.jobs.claiming import Claim
from hub.jobs.limits import TOLD_SECONDS
from hub.jobs.model import Job
from hub.people.actor import Actor


class Lost(Exception):
    """The job isn't ours any more: another worker has it, or it was ended."""


class JobContext:
    """Of one attempt at a job. What it is told is written down once a second at most."""

    def __init__(
        self, hub: Hub, mine: Claim, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._hub, self._claim, self._monotonic = hub, mine, monotonic
        self._progress = (0, 0, "")
        self._told = self._progress
        self._lines: list[str] = []
        self._next = monotonic()

    @property
    def job(self) -> Job:
        """The job, as it was when this attempt began."""
        return self._claim.job

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What it was started with."""
        return self._claim.job.arguments

    @property
    def actor(self) -> Actor:
        """Who asked for it: services that take an actor get this one."""
        return self._claim.actor

    def folder(self) -> Path:
        """Return a folder of the job's own, made if need be; it goes when the job ends.

        An attempt after a cut finds what the one before left there. Raises `StorageFailed`.
        """
        folder = places.folder_of(self._hub, self.job.id)
        durable.make_folder(folder, mode=0o700)
        return folder

    def progress(self, done: int, total: int, words: str) -> None:
        """Say that `done` of `total` are done (0: nobody knows), and in words what now.

        Raises `Lost`, on which the function has to end.
        """
        self._progress = (done, total, words)
        self._tell()

    def show(self, doing: str, done: int, total: int) -> None:
        """As `progress`, in the order in which the hub's services say it."""
        self.progress(done, total, doing)

    def log(self, line: str) -> None:
        """Add a line to what people can read of the job. Raises `Lost`."""
        self._lines.extend(line.splitlines() or [""])
        self._tell()

    def flush(self) -> None:
        """Write down what hasn't been yet. Raises `Lost`, `StorageFailed`."""
        if not self._lines and self._progress == self._told:
            return
        if not claiming.tell(self._hub, self._claim, self._progress, self._lines):
            raise Lost
        self._told = self._progress
        self._lines.clear()

    def _tell(self) -> None:
        if self._monotonic() >= self._next:
            self.flush()
            self._next = self._monotonic() + TOLD_SECONDS
