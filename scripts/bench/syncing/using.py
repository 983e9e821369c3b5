"""Runs programs, and says what they took: processor seconds, memory, bytes written, time."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MEASURED = Path(__file__).parents[2] / "measured.py"
_LONGEST_SECONDS = 2_400  # a peer that hangs is told as one that failed
_TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program can't be had, or ended with another exit code than 0; carries what it said."""


@dataclass(frozen=True)
class Used:
    """What programs took; those added together ran in turn."""

    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    seconds: float = 0.0
    written_bytes: int = 0

    def __add__(self, other: "Used") -> "Used":
        return Used(
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_bytes, other.peak_bytes),
            self.seconds + other.seconds,
            self.written_bytes + other.written_bytes,
        )


def run(*command: str | Path, cwd: Path | None = None, out: Path | None = None) -> Used:
    """Run a program to its end, with what it starts. Raises `Failed`."""
    with tempfile.NamedTemporaryFile() as figures, tempfile.TemporaryFile() as said:
        bounded = ["timeout", "--kill-after=10", str(_LONGEST_SECONDS), *map(str, command)]
        measured = [sys.executable, "-I", "-S", str(MEASURED), figures.name, *bounded]
        with (out or Path(os.devnull)).open("wb") as stdout:
            process = subprocess.Popen(
                measured, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout, stderr=said
            )
            process.wait()
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace").strip()
            raise Failed(f"{command[0]} ended with {process.returncode}: {text[-400:]}")
        found = json.loads(Path(figures.name).read_bytes())
    return Used(found["cpu"], found["peak"], found["seconds"], found["written"])


def cpu_so_far(process_id: int) -> float:
    """Return the processor seconds of a running process and of its children that have ended."""
    stat = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


class Daemon:
    """A server that says nothing: it is there once its port answers. Ended when closed."""

    def __init__(self, *command: str | Path) -> None:
        self._process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def close(self) -> Used:
        """End it, and return what it took, with what it started and saw end."""
        time.sleep(0.2)  # its children that have just answered end first, and count
        self._process.terminate()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
