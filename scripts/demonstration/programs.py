"""Runs the three programs as a person would: by name, as processes, looking at what they print."""

import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).parents[1] / "measured.py"
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
_ADDRESS = re.compile(r"https?://\S+:\d+/?")


class ProgramFailed(Exception):
    """A program ended with another exit code than 0; carries what it said."""


def command(name: str, *arguments: str | Path) -> list[str]:
    """Return the command line of `content-packs`, `hub` or `sync-node`, as installed beside us."""
    return [str(Path(sys.executable).with_name(name)), *map(str, arguments)]


def run(name: str, *arguments: str | Path, cwd: Path | None = None) -> str:
    """Run a program to its end, and return what it printed. Raises `ProgramFailed`."""
    done = subprocess.run(
        command(name, *arguments), capture_output=True, text=True, check=False, cwd=cwd
    )
    if done.returncode:
        shown = " ".join([name, *map(str, arguments)])
        raise ProgramFailed(f"{shown}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def peak_memory(name: str, *arguments: str | Path) -> int:
    """Run a program to its end, and return the most memory it had, in bytes of RSS."""
    with tempfile.NamedTemporaryFile() as figures:
        measured = [sys.executable, "-I", "-S", str(MEASURED), figures.name]
        done = subprocess.run(
            [*measured, *command(name, *arguments)], stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise ProgramFailed(f"{name} {arguments[0]} ended with {done.returncode}")
        return int(json.loads(Path(figures.name).read_bytes())["peak"])


def run_json(name: str, *arguments: str | Path) -> Any:
    """Run a program with `--json`, and return what it printed last, decoded."""
    return json.loads(run(name, *arguments, "--json").strip().splitlines()[-1])


class Server:
    """A program that goes on until it is stopped. `address` is where it said that it listens."""

    def __init__(self, name: str, *arguments: str | Path, log: Path) -> None:
        self.name = name
        self._log = log.open("a", encoding="utf-8")
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            command(name, *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C comes to us, and we stop each in its turn
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.address = self._wait_for_address()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._log.write(line)
            self._log.flush()
            self._lines.put(line)
        self._lines.put(None)

    def _wait_for_address(self) -> str:
        seen = []
        while True:
            try:
                line = self._lines.get(timeout=READY_SECONDS)
            except queue.Empty:
                line = None
            if line is None:
                self.stop()
                raise ProgramFailed(f"{self.name} never listened:\n{''.join(seen)}")
            seen.append(line)
            if found := _ADDRESS.search(line):
                return found.group().rstrip("/") + "/"

    def peak_memory(self) -> int:
        """Return the most memory that one of its processes had so far, in bytes of RSS."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return max(_peak(int(one)) for one in (pid, *children))

    def stop(self) -> int:
        """End the program, kindly first; return its exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join(STOP_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()
        self._log.close()
        return code


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:", 1)[1].split()[0]) * 1024


def stop_all(servers: Iterable[Server]) -> None:
    """Stop servers, the last started first."""
    for server in reversed(list(servers)):
        server.stop()
