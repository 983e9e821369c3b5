"""Deltas that nobody waits for, made while the hub serves, by a process of its own.

`hub serve` answers nodes; making a delta takes all of a processor and hundreds of megabytes for a
while. So `hub deltas` runs beside it at low priority, whenever some are missing, and what it took
goes back to the machine when it ends. It can be ended at any moment.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from content_packs.errors import SatchelError
from hub.deltas import missing, wanted
from hub.hub import Hub
from hub.limits import DELTAS_CHECK_SECONDS, DELTAS_NICENESS, DELTAS_RETRY_SECONDS_MAX, STOP_SECONDS


class DeltaMaker:
    """A thread that has missing deltas made at once and then from time to time, until stopped.

    What fails is said through `report`, and tried again, less and less often.
    """

    def __init__(
        self,
        hub: Hub,
        report: Callable[[str], None],
        *,
        interval_seconds: float = DELTAS_CHECK_SECONDS,
    ) -> None:
        self._hub = hub
        self._report = report
        self._interval_seconds = interval_seconds
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="deltas", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and whatever is being made with it: it will be made anew."""
        with self._lock:
            self._stop.set()
            if self._process:
                self._process.terminate()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        wait = self._interval_seconds
        while True:
            try:
                done = not missing(self._hub, wanted(self._hub)) or self._make()
            except SatchelError as error:
                self._report(error.message)
                done = False
            wait = self._interval_seconds if done else min(wait * 2, DELTAS_RETRY_SECONDS_MAX)
            if self._stop.wait(wait):
                return

    def _make(self) -> bool:
        """Have them made; return whether that went well."""
        command = [sys.executable, "-m", "hub.cli", "deltas", "--data", str(self._hub.data.root)]
        with self._lock:
            if self._stop.is_set():
                return False
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, text=True, errors="replace",
                )  # fmt: skip
            except OSError as error:  # no memory for it, say: later there may be
                self._report(f"can't be made now: {error}")
                return False
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, self._process.pid, DELTAS_NICENESS)
        _, said = self._process.communicate()
        with self._lock:
            went_well = self._process.returncode == 0
            self._process = None
        if said and not self._stop.is_set():
            self._report(said.strip())
        return went_well
