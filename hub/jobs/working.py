"""Workers: each claims one job after the other, and has it done by a process of its own.

A worker renews its lease while the process runs, ends the process where somebody wants that, and
says what became of a job whose process died. It can be killed at any moment: its process ends with
it, its lease runs out, and another worker finds the job.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

from content_packs.errors import SatchelError
from hub.hub import Hub
from hub.jobs import claiming, kinds, places
from hub.jobs.claiming import Claim
from hub.jobs.limits import (
    BEAT_SECONDS,
    CANCEL_SECONDS,
    CPU_SECONDS_MAX,
    LINE_CHARACTERS_MAX,
    MEMORY_BYTES_MAX,
    POLL_SECONDS,
    TOLD_SECONDS,
)
from hub.jobs.waking import wakes_of

_log = logging.getLogger(__name__)

_WORDS_KEPT = 20  # lines of what a process said before it died


class Workers:
    """`count` threads that do jobs until stopped. What goes wrong with them goes to `report`.

    `memory`: bytes of address space of each job's process; `cpu_seconds` of the processor.
    """

    def __init__(
        self,
        hub: Hub,
        count: int,
        report: Callable[[str], None],
        *,
        memory: int = MEMORY_BYTES_MAX,
        cpu_seconds: int = CPU_SECONDS_MAX,
    ) -> None:
        self._hub, self._report = hub, report
        self._bounds = ["--memory", str(memory), "--cpu-seconds", str(cpu_seconds)]
        self._stop = threading.Event()
        self._wakes = wakes_of(hub)
        self._threads = [
            threading.Thread(target=self._work, args=(_name(n),), name=f"jobs-{n}", daemon=True)
            for n in range(count)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what is being done goes back to where it waits, and is begun anew by another."""
        self._stop.set()
        for _ in self._threads:
            self._wakes.wake()
        for thread in self._threads:
            thread.join(CANCEL_SECONDS + 2 * POLL_SECONDS)

    def _work(self, name: str) -> None:
        while not self._stop.is_set():
            try:
                found = self._do_one(name)
            except SatchelError as error:  # the database, say: later it may answer again
                self._report(error.message)
                found = False
                self._stop.wait(POLL_SECONDS)
            except Exception as error:  # noqa: BLE001  # one job's fault doesn't end the worker
                _log.exception("the worker %s", name)
                self._report(f"jobs: a fault of this program, please report it: {error!r}")
                found = False
                self._stop.wait(POLL_SECONDS)
            if not found:
                self._wakes.wait(POLL_SECONDS)

    def _do_one(self, name: str) -> bool:
        for lost in claiming.sweep(self._hub):
            self._report(f"{lost}: its worker is gone")
        mine = claiming.claim(self._hub, name)
        if mine is None:
            return False
        target = kinds.find(mine.job.kind).run
        _Attempt(self._hub, mine, self._stop, self._report).do(target, self._bounds)
        return True


class _Attempt:
    """One attempt at a job, by a process."""

    def __init__(
        self, hub: Hub, mine: Claim, stop: threading.Event, report: Callable[[str], None]
    ) -> None:
        self._hub, self._claim, self._stop, self._report = hub, mine, stop, report
        self._said: deque[str] = deque(maxlen=_WORDS_KEPT)

    def do(self, target: str, bounds: list[str]) -> None:
        """Have it done, and see to it that the row says how it ended. Raises `StorageFailed`."""
        try:
            process = subprocess.Popen(
                self._command(target, bounds), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True, errors="replace",
            )  # fmt: skip
        except OSError as error:  # no memory for it, say: later there may be
            claiming.died(self._hub, self._claim, f"its process can't be started: {error}")
            return
        with process:
            listening = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
            listening.start()
            try:
                standing = self._watch(process)
            finally:
                _end(process)
            listening.join()
        self._settle(standing, process.returncode)
        places.remove_left(self._hub)

    def _command(self, target: str, bounds: list[str]) -> list[str]:
        named = self._hub.passphrases.named
        return [
            sys.executable, "-m", "hub.jobs.worker_main", "--data", str(self._hub.data.root),
            "--job", self._claim.job.id, "--number", str(self._claim.number), "--run", target,
            *bounds, *(["--passphrase-file", str(named)] if named else []),
        ]  # fmt: skip

    def _listen(self, source: IO[str] | None) -> None:
        while source and (line := source.readline(LINE_CHARACTERS_MAX)):
            self._said.append(line.rstrip("\n"))

    def _watch(self, process: subprocess.Popen[str]) -> claiming.Standing:
        """Wait until the process ends, or has to; return how the claim stood then."""
        beat = time.monotonic() + BEAT_SECONDS
        while not self._stop.is_set():
            try:
                process.wait(TOLD_SECONDS)
            except subprocess.TimeoutExpired:
                standing = self._standing(renew=time.monotonic() >= beat)
                if standing != "ours":
                    return standing
                if time.monotonic() >= beat:
                    beat = time.monotonic() + BEAT_SECONDS
            else:
                break
        return "ours"

    def _standing(self, *, renew: bool) -> claiming.Standing:
        try:
            if renew:
                claiming.renew(self._hub, self._claim)
            return claiming.standing(self._hub, self._claim)
        except SatchelError as error:  # the lease decides: others take the job once it runs out
            self._report(error.message)
            return "ours"

    def _settle(self, standing: claiming.Standing, code: int) -> None:
        """Say how it ended, where its process couldn't."""
        if standing == "to be cancelled":
            claiming.cancelled(self._hub, self._claim)
        elif self._stop.is_set():
            claiming.give_back(self._hub, self._claim)
        elif code == -signal.SIGXCPU:
            problem = "it took more time of the processor than a job may"
            claiming.fail(self._hub, self._claim, problem, "Make what it works on smaller.")
        elif claiming.standing(self._hub, self._claim) != "lost":
            words = "; ".join(self._said)
            how = f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"
            claiming.died(
                self._hub,
                self._claim,
                f"its process {how}{f': {words}' if words else ''}",
                "If it needs more memory than there is, run it on a larger machine.",
            )


def _end(process: subprocess.Popen[str]) -> None:
    """End a process, if it hasn't ended: asked first."""
    process.terminate()
    try:
        process.wait(CANCEL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _name(number: int) -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{number}"
