"""Kills a program with SIGKILL, at a random moment or as it enters a chosen system call.

A first run to its end, watched by strace, tells which system calls touch the program's own folder:
each is a moment at which a power cut may come. The seed decides which are taken.
"""

import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_MAX = 120.0
_CALLS = (
    r"/^(fsync|fdatasync|syncfs|rename.*|unlink.*|mkdir.*|openat|write|pwrite64|ftruncate"
    r"|f?chmod.*)$"
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_SHARE_OF_DELAYS = 0.25


@dataclass(frozen=True)
class Moment:
    """When to kill: `call` is entered for the `number`th time, or after some seconds."""

    call: str = ""
    number: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.call} {self.number}" if self.call else f"after {self.seconds:.3f} s"


@dataclass
class Killer:
    """Chooses moments for one program. `run` makes the state anew and returns its command."""

    seed: int
    moments: dict[str, list[Moment]] = field(default_factory=dict)
    seconds: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def watch(self, command: Sequence[str], folder: Path, log: Path) -> None:
        """Run a command to its end, and note every call that touches `folder`."""
        started = time.monotonic()
        subprocess.run(
            [_strace(), "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={_CALLS}", *command],
            check=True, timeout=SECONDS_MAX, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ended = time.monotonic() - started
        counts: dict[tuple[str, str], int] = {}
        main = ""
        for line in log.read_text(errors="replace").splitlines():
            if not (found := _LINE.match(line)):
                continue
            process, call, rest = found.groups()
            main = main or process
            counts[process, call] = counts.get((process, call), 0) + 1
            if process == main and str(folder) in rest:
                moment = Moment(call, counts[process, call])
                self.moments.setdefault(call, []).append(moment)
        assert self.moments, f"{command} never touches {folder}"
        self.seconds = ended * 0.2, ended

    def choose(self) -> Moment:
        """Return a moment: each kind of call is as likely as any other."""
        if self._chance.random() < _SHARE_OF_DELAYS:
            return Moment(seconds=self._chance.uniform(*self.seconds))
        return self._chance.choice(self.moments[self._chance.choice(sorted(self.moments))])

    def every(self, calls: str) -> list[Moment]:
        """Return every moment at which a call is entered whose name matches the pattern `calls`."""
        return [
            moment
            for call, moments in sorted(self.moments.items())
            if re.fullmatch(calls, call)
            for moment in moments
        ]

    def fail(
        self, command: Sequence[str], moment: Moment, error: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, in which the call of a moment fails with an `error`."""
        inject = f"inject={moment.call}:error={error}:when={moment.number}"
        return subprocess.run(
            [_strace(), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={moment.call}", "-e", inject,
             *command],
            capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        )  # fmt: skip

    def kill(self, command: Sequence[str], moment: Moment) -> bool:
        """Run a command and kill it at that moment; return False if it ended before."""
        if moment.call:
            inject = f"inject={moment.call}:signal=SIGKILL:when={moment.number}"
            command = [
                _strace(), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={moment.call}",
                "-e", inject, *command,
            ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=moment.seconds or SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
        code = process.returncode
        assert code in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, output.decode()
        return code != 0


def _strace() -> str:
    found = shutil.which("strace")
    assert found, "strace is missing: scripts/test installs it"
    return found


def kill_often(
    killer: Killer, times: int, once: Callable[[Moment], bool], *, tries_per_kill: int = 3
) -> int:
    """Call `once` with chosen moments until it killed `times`; return how often it was called."""
    killed = tries = 0
    while killed < times:
        tries += 1
        assert tries <= times * tries_per_kill + 5, "the program ends before it can be killed"
        moment = killer.choose()
        try:
            killed += once(moment)
        except BaseException as error:
            error.add_note(f"seed {killer.seed}, try {tries}: killed at {moment}")
            raise
    return tries
