"""Telling workers that there is something to do: here, among who serves together, through Redis.

Only a hint: workers look by themselves every `POLL_SECONDS`, so one that gets lost costs a moment.
"""

import array
import fcntl
import importlib
import os
import select
import termios
import threading
from pathlib import Path
from typing import Protocol

from hub.config import MEMORY
from hub.hub import Hub
from hub.jobs.limits import WAKES_MAX


class Wakes(Protocol):
    """How workers are told."""

    def wake(self) -> None:
        """Tell one worker. Never fails: the job's row is there anyway."""

    def wait(self, seconds: float) -> bool:
        """Return True once there is something to do, False after so many seconds."""


class MemoryWakes:
    """Between the threads of one process."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def wake(self) -> None:
        """Tell one worker."""
        with self._condition:
            self._count = min(self._count + 1, WAKES_MAX)
            self._condition.notify()

    def wait(self, seconds: float) -> bool:
        """Return True once told, False after so many seconds."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._count > 0, seconds):
                return False
            self._count -= 1
            return True


class PipeWakes:
    """Between processes that are forked after it was made: a byte in a pipe for each call."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        for end in (self._reading, self._writing):
            os.set_blocking(end, False)

    def wake(self) -> None:
        """Tell one worker, in whichever of the processes."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self._reading, termios.FIONREAD, waiting)
        if waiting[0] < WAKES_MAX:
            os.write(self._writing, b"1")

    def wait(self, seconds: float) -> bool:
        """Return True once told, False after so many seconds."""
        looking = select.poll()
        looking.register(self._reading, select.POLLIN)
        if not looking.poll(seconds * 1000):
            return False
        try:
            return bool(os.read(self._reading, 1))
        except BlockingIOError:  # another one was quicker: this one looks once for nothing
            return True


class _OfProcess:
    """The one object of each hub in this process, which its threads share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[Path, str], Wakes] = {}

    def find(self, root: Path, address: str) -> Wakes:
        with self._lock:
            key = (root.absolute(), address)
            if key not in self._found:
                self._found[key] = _made(address)
            return self._found[key]

    def share(self, root: Path) -> None:
        with self._lock:
            self._found[(root.absolute(), MEMORY)] = PipeWakes()


_OF_PROCESS = _OfProcess()


def wakes_of(hub: Hub) -> Wakes:
    """Return how this hub's workers are told. Raises `InvalidConfig` for an address of none."""
    return _OF_PROCESS.find(hub.data.root, hub.config.jobs)


def share_wakes(hub: Hub) -> None:
    """Let processes that are forked from now on tell each other, where no Redis does."""
    if hub.config.jobs == MEMORY:
        _OF_PROCESS.share(hub.data.root)


def _made(address: str) -> Wakes:
    if address == MEMORY:
        return MemoryWakes()
    # Redis is an extra that most hubs don't install: loaded only where it is configured.
    module = importlib.import_module("hub.jobs.redis_waking")
    made: Wakes = module.RedisWakes(address)
    return made
