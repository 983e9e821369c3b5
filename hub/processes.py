"""Processes that a server consists of: forked, watched, started again, ended together.

The parent does nothing else: it has one thread, and no connection to anything, so that it can fork
at any time. A process that ends is started again, later each time, so that one that can't live
doesn't keep the machine busy. On SIGTERM and Ctrl-C all are told to end. However the parent ends,
its processes end too: the kernel kills them; where it can't, they see it by a pipe whose writing
end only the parent has.
"""

import ctypes
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from content_packs.errors import Refused, SatchelError
from hub.limits import (
    PROCESS_CALM_SECONDS,
    PROCESS_STARTING_POLL_SECONDS,
    PROCESS_STOP_SECONDS,
    PROCESS_WAIT_SECONDS,
    PROCESS_WAIT_SECONDS_MAX,
)

ORPHANED = 75  # exit code: the parent is gone; see sysexits.h, EX_TEMPFAIL

_PR_SET_PDEATHSIG = 1  # prctl(2)
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_HEARD = _ENDING | {signal.SIGCHLD}
_log = logging.getLogger("hub.serve")


@dataclass(frozen=True)
class Part:
    """What one process does: `run`, which calls what it is given once it is at work.

    It is told to end by `SystemExit`, raised in its main thread.
    """

    name: str
    run: Callable[[Callable[[], None]], None]


@dataclass
class _Place:
    """A part, and the process that does it: none while `pid` is 0, until `due`."""

    part: Part
    pid: int = 0
    began: float = 0.0
    due: float = 0.0
    wait: float = 0.0

    def ended(self, now: float) -> None:
        """Note it, and when the next one is due."""
        calm = now - self.began >= PROCESS_CALM_SECONDS
        longer = min(2 * self.wait, PROCESS_WAIT_SECONDS_MAX)
        self.wait = PROCESS_WAIT_SECONDS if calm or not self.wait else longer
        self.pid, self.due = 0, now + self.wait


class Processes:
    """Does each of `parts` in a process of its own."""

    def __init__(
        self, parts: Sequence[Part], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = [_Place(part) for part in parts]
        self._monotonic = monotonic
        self._before: set[signal.Signals | int] = set()
        self._alive, self._held = os.pipe()
        self._ready, self._tell = os.pipe()
        os.set_blocking(self._ready, False)

    def run(self, ready: Callable[[], None]) -> None:
        """Keep all at work until told to end; `ready` is called once each has begun.

        Raises `Refused` where one ends before that.
        """
        gc.freeze()  # what is there now stays in memory that all share
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        try:
            if self._begin():
                ready()
                self._watch()
        finally:
            self._end()
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
            for descriptor in (self._alive, self._held, self._ready, self._tell):
                os.close(descriptor)
            gc.unfreeze()

    def _begin(self) -> bool:
        """Start all; return False if told to end before they are at work. Raises `Refused`."""
        for place in self._places:
            if why_not := self._start(place):
                raise Refused(
                    f"no process for {place.part.name} can be begun: {why_not}",
                    hint="Give the hub more memory or processes, or set fewer workers.",
                )
        missing = len(self._places)
        while missing:
            heard = signal.sigtimedwait(_HEARD, PROCESS_STARTING_POLL_SECONDS)
            if heard is not None and heard.si_signo in _ENDING:
                return False
            if lost := self._reap():
                raise Refused(
                    f"the process for {lost[0].part.name} ended as it began",
                    hint="What it said before that says why.",
                )
            missing -= self._count_ready()
        return True

    def _count_ready(self) -> int:
        try:
            return len(os.read(self._ready, len(self._places)))
        except BlockingIOError:
            return 0

    def _watch(self) -> None:
        while True:
            heard = signal.sigtimedwait(_HEARD, self._until_due())
            if heard is not None and heard.si_signo in _ENDING:
                return
            self._reap()
            self._count_ready()  # of those that were started again: nobody waits for them
            for place in self._places:
                if not place.pid and place.due <= self._monotonic():
                    self._start(place)

    def _until_due(self) -> float:
        waiting = [place.due for place in self._places if not place.pid]
        latest = self._monotonic() + PROCESS_WAIT_SECONDS_MAX
        return max(min([*waiting, latest]) - self._monotonic(), 0.0)

    def _reap(self) -> list[_Place]:
        """Return whose processes have ended since the last look."""
        found = []
        for place in self._places:
            if place.pid:
                pid, status = os.waitpid(place.pid, os.WNOHANG)
                if pid:
                    place.ended(self._monotonic())
                    _log.warning("the process for %s ended (%s)", place.part.name, _how(status))
                    found.append(place)
        return found

    def _start(self, place: _Place) -> str:
        """Begin a process for a part; return why there is none, empty where there is."""
        place.began = self._monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = os.fork()
        except OSError as error:  # no memory for it, say: later there may be
            place.ended(self._monotonic())
            _log.warning("no process for %s: %s", place.part.name, error.strerror)
            return error.strerror or str(error)
        if not pid:
            os._exit(self._be(place.part))
        place.pid = pid
        return ""

    def _be(self, part: Part) -> int:
        """Do a part, in its new process; return the exit code."""
        try:
            os.close(self._held)
            os.close(self._ready)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent tells us
            signal.signal(signal.SIGTERM, _told_to_end)
            _end_with_the_parent(self._alive)
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
            part.run(lambda: _say(self._tell))
        except SystemExit:
            return 0
        except SatchelError as error:
            _log.error("%s: %s", part.name, error.message)  # it says all
            return error.exit_code
        except BaseException:  # noqa: BLE001  # it ends with this process, and is said here or never
            _log.exception("%s", part.name)
            return 1
        return 0

    def _end(self) -> None:
        """Tell all to end; kill who hasn't after a while, or when told once more."""
        self._send(signal.SIGTERM)
        until = self._monotonic() + PROCESS_STOP_SECONDS
        while self._are_there():
            left = until - self._monotonic()
            heard = signal.sigtimedwait(_HEARD, max(left, 0.0))
            if left <= 0 or (heard is not None and heard.si_signo in _ENDING):
                self._send(signal.SIGKILL)
                until = self._monotonic() + PROCESS_STOP_SECONDS

    def _are_there(self) -> bool:
        for place in self._places:
            if place.pid and os.waitpid(place.pid, os.WNOHANG)[0]:
                place.pid = 0
        return any(place.pid for place in self._places)

    def _send(self, which: signal.Signals) -> None:
        for place in self._places:
            if place.pid:
                os.kill(place.pid, which)


def _say(tell: int) -> None:
    """Say that we are at work; whoever listened may be gone."""
    os.write(tell, b"1")


def _told_to_end(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager tells all, and the parent us
    raise SystemExit(0)


def _end_with_the_parent(alive: int) -> None:
    """Let this process end when its parent does, as after a power cut."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):  # not Linux: what follows takes a moment longer
        _log.debug("no prctl here")

    def wait() -> None:
        while os.read(alive, 1):
            pass
        os._exit(ORPHANED)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
