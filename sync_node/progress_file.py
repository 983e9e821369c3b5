"""How far a running tick is, for other processes: one small file, written over in place.

It isn't flushed, and means nothing after a power cut: a page of the card every half minute, while
megabytes are being written. Nothing is written while nothing comes.
"""

import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sync_node.data_dir import DataDir
from sync_node.limits import PROGRESS_FILE_BYTES, PROGRESS_FILE_SECONDS, RATE_WINDOW_SECONDS

NAME = "progress.json"


@dataclass(frozen=True)
class Progress:
    """How far the fetching of a version is: bytes over the link, and lessons that are active.

    `lesson` and `kind`: what comes at present; empty for what no lesson names.
    """

    pack: str
    version: int
    bytes_done: int
    bytes_total: int
    lessons_ready: int
    lessons_total: int
    lesson: str = ""
    kind: str = ""


class Speedometer:
    """The rate at which something comes, over the last seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: deque[tuple[float, str, int]] = deque()

    def rate(self, progress: Progress) -> float:
        """Return the bytes a second, 0 while unknown."""
        now = self._monotonic()
        if self._seen and self._seen[-1][1] != progress.pack:
            self._seen.clear()
        self._seen.append((now, progress.pack, progress.bytes_done))
        while now - self._seen[0][0] > RATE_WINDOW_SECONDS:
            self._seen.popleft()
        began, _, before = self._seen[0]
        seconds = now - began
        return max(progress.bytes_done - before, 0) / seconds if seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Running:
    """A tick that is at work: the process, when it said so (seconds since 1970), how far it is."""

    pid: int
    at: float
    rate: float
    progress: Progress

    @property
    def seconds_left(self) -> float | None:
        """How long the pack that is coming takes at this rate."""
        left = self.progress.bytes_total - self.progress.bytes_done
        return left / self.rate if self.rate else None

    def as_json(self) -> dict[str, Any]:
        """Return it as an object."""
        left = self.seconds_left
        return {
            **asdict(self.progress),
            "bytes_per_second": round(self.rate),
            "seconds_left": None if left is None else round(left),
        }


class ProgressFile:
    """Says how far a tick is, at most once in some seconds. It may fail: then nobody is told."""

    def __init__(
        self, data_dir: DataDir, *, monotonic: Callable[[], float], time: Callable[[], float]
    ) -> None:
        self._path = data_dir.root / NAME
        self._monotonic = monotonic
        self._time = time
        self._speed = Speedometer(monotonic)
        self._written = float("-inf")

    def show(self, progress: Progress) -> Running:
        """Tell other processes, and return what they are told."""
        rate = self._speed.rate(progress)
        found = Running(os.getpid(), self._time(), rate, progress)
        if self._monotonic() - self._written >= PROGRESS_FILE_SECONDS:
            self._written = self._monotonic()
            plain = [found.pid, found.at, round(rate), asdict(progress)]
            self._put(json.dumps(plain).encode())
        return found

    def end(self) -> None:
        """Say that nothing is at work any more."""
        if self._written != float("-inf"):
            self._put(b"")

    def _put(self, data: bytes) -> None:
        put_unflushed(self._path, data)


def put_unflushed(path: Path, data: bytes) -> None:
    """Write over a small file in place, padded with spaces. It may fail: then nobody is told."""
    if len(data) > PROGRESS_FILE_BYTES:
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return  # a full or read-only disk: what matters says so elsewhere
    try:
        os.pwrite(descriptor, data.ljust(PROGRESS_FILE_BYTES), 0)
    except OSError:
        return
    finally:
        os.close(descriptor)


def running(data_dir: DataDir) -> Running | None:
    """Return how far a tick is that is at work, in whatever process; None where none is."""
    path: Path = data_dir.root / NAME
    try:
        with path.open("rb") as file:
            pid, at, rate, plain = json.loads(file.read(PROGRESS_FILE_BYTES))
        found = Running(pid, at, rate, Progress(**plain))
    except (OSError, ValueError, TypeError):
        return None
    return found if is_alive(found.pid) else None


def is_alive(pid: int) -> bool:
    """Say whether a process with this id is there."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # another user's
    except (OSError, OverflowError, TypeError):
        return False
    return True
