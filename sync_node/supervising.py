"""Keeping the engine's process alive beside the site's: started again with growing waits.

Its standard input is one end of a socket pair. When the other end is closed, this process is gone,
and the engine ends; what it writes to it are signs that its main thread goes on. One that gives
none for an hour is stuck: it is ended, and started again.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from sync_node.data_dir import DataDir
from sync_node.limits import (
    ENGINE_LOST_SECONDS,
    ENGINE_SIGN_SECONDS,
    ENGINE_SILENT_SECONDS,
    RESTART_SECONDS,
    RESTART_SECONDS_MAX,
    STOP_SECONDS,
)

_SIGN = b"."


def engine_command(data_dir: DataDir, site_port: int = 0) -> list[str]:
    """Return the command that runs the engine on a data directory.

    `site_port`: where neighbours find the site, 0 for nowhere.
    """
    engine = [sys.executable, "-m", "sync_node.engine_main"]
    return [*engine, str(data_dir.root.absolute()), str(site_port)]


class Supervisor:
    """Runs `command` again whenever it ends, until `stop`.

    A process that ran for long starts the count of waits anew. `log` gets a line per end.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Callable[[str], None],
        restart_seconds: float = RESTART_SECONDS,
        silent_seconds: float = ENGINE_SILENT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = list(command)
        self._log = log
        self._restart_seconds = restart_seconds
        self._silent_seconds = silent_seconds
        self._monotonic = monotonic
        self._sign = monotonic()  # the last one, or the last start
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_alive, daemon=True)

    def start(self) -> None:
        """Start the process, and the thread that watches it."""
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    @property
    def works(self) -> bool:
        """Whether the engine gave a sign lately, or is being started again."""
        silent = self._monotonic() - self._sign
        return self._thread.is_alive() and silent < ENGINE_LOST_SECONDS

    def stop(self, *, seconds: float = STOP_SECONDS) -> None:
        """End the process: politely, and after `seconds` by force."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process:
            process.terminate()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.ident is not None:  # told to end before it was started: nothing to wait for
            self._thread.join(seconds)

    def _keep_alive(self) -> None:
        wait = self._restart_seconds
        while not self._stopping.is_set():
            started = self._monotonic()
            self._sign = started
            how = self._run_once()
            self._sign = self._monotonic()
            if self._stopping.is_set():
                return
            if self._monotonic() - started > RESTART_SECONDS_MAX:
                wait = self._restart_seconds
            self._log(f"the engine {how}; it is started again in {wait:.0f} s")
            self._stopping.wait(wait)
            wait = min(wait * 2, RESTART_SECONDS_MAX)

    def _run_once(self) -> str:
        """Run the process to its end; return how it ended, in words."""
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:  # no files to be had
            return f"can't be started: {error.strerror}"
        with ours:
            try:
                with theirs, self._lock:
                    if self._stopping.is_set():
                        return "is stopped"
                    self._process = subprocess.Popen(self._command, stdin=theirs.fileno())
            except OSError as error:  # no memory or no process to be had: later there may be
                return f"can't be started: {error.strerror}"
            self._listen(ours, self._process)
            return f"ended with code {self._process.wait()}"

    def _listen(self, signs: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """Take signs in until the process ends; end it where none comes for too long."""
        signs.settimeout(min(ENGINE_SIGN_SECONDS, self._silent_seconds))
        while process.poll() is None:
            with contextlib.suppress(TimeoutError, ConnectionError):
                if not signs.recv(64):
                    return  # its end is closed: it has ended, or is about to
                self._sign = self._monotonic()
            if self._monotonic() - self._sign > self._silent_seconds:
                self._log(f"the engine gave no sign for {self._silent_seconds:.0f} s: it is ended")
                process.kill()
                return


class Signs:
    """Signs of an engine's main thread to the supervisor: at most one in some seconds.

    Where standard input isn't the supervisor's, nobody is told.
    """

    def __init__(self, descriptor: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._descriptor = descriptor
        self._monotonic = monotonic
        self._given = float("-inf")

    def give(self) -> None:
        """Give a sign, unless there was one just now."""
        now = self._monotonic()
        if now - self._given >= ENGINE_SIGN_SECONDS:
            self._given = now
            with contextlib.suppress(OSError):
                os.write(self._descriptor, _SIGN)
