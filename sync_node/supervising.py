"""Keeping the engine's process alive beside the site's: started again with growing waits."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from sync_node.data_dir import DataDir
from sync_node.limits import RESTART_SECONDS, RESTART_SECONDS_MAX, STOP_SECONDS


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
    ) -> None:
        self._command = list(command)
        self._log = log
        self._restart_seconds = restart_seconds
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
        self._thread.join(seconds)

    def _keep_alive(self) -> None:
        wait = self._restart_seconds
        while not self._stopping.is_set():
            started = time.monotonic()
            how = self._run_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > RESTART_SECONDS_MAX:
                wait = self._restart_seconds
            self._log(f"the engine {how}; it is started again in {wait:.0f} s")
            self._stopping.wait(wait)
            wait = min(wait * 2, RESTART_SECONDS_MAX)

    def _run_once(self) -> str:
        """Run the process to its end; return how it ended, in words."""
        try:
            with self._lock:
                if self._stopping.is_set():
                    return "is stopped"
                self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        except OSError as error:  # no memory or no process to be had: later there may be
            return f"can't be started: {error.strerror}"
        code = self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        return f"ended with code {code}"
