"""An enrolment code that a technician typed on the box's page: many boxes have no console.

It does what `sync-node enrol` does. The claim is durable first. Then a process of its own asks the
hub (claim_main.py), beside the engine, whose tick may take days: a person waits for it, and the
site itself never reaches out. What can't be done now the engine does at each tick, and each
courier's stick takes the claim along.
"""

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from sync_node import enrolment
from sync_node.claim_answer import Answer
from sync_node.data_dir import DataDir
from sync_node.hardware import Hardware
from sync_node.limits import CLAIM_SECONDS_MAX

Ask: TypeAlias = Callable[[], Answer]

_CUT_SHORT = Answer("unheard", "It ended before its time.")


class EnrollingHere:
    """Does it. Safe for several threads. `ask` sends the claim that is here, as `asker` below."""

    def __init__(
        self,
        data_dir: DataDir,
        *,
        ask: Ask,
        hardware: Callable[[], Hardware],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._data_dir = data_dir
        self._ask = ask
        self._hardware = hardware
        self._randomness = randomness
        self._lock = threading.Lock()
        self._answer = Answer()

    @property
    def answer(self) -> Answer:
        """What came of the last code."""
        with self._lock:
            return self._answer

    def begin(self, code: str, *, again: bool) -> None:
        """Make the claim of a code, and begin to ask the hub. Twice the same code is one claim.

        A box that is a node already stays what it is, unless `again`: then it gets another key.
        Raises `InvalidContent` for what is no code, `StorageFailed`.
        """
        with self._lock:
            asks = enrolment.begin(
                self._data_dir, code, self._hardware(), randomness=self._randomness, again=again
            )
            if asks is None:
                return
            self._answer = mine = Answer("asking")
        threading.Thread(target=self._send, args=(mine,), name="enrolling", daemon=True).start()

    def _send(self, mine: Answer) -> None:
        found = _CUT_SHORT
        try:
            found = self._ask()
        finally:
            with self._lock:
                if self._answer is mine:  # no other code was typed meanwhile
                    self._answer = found


def asker(data_dir: DataDir) -> Ask:
    """Return what sends a claim to the hubs of node.toml, the first that answers."""
    command = [sys.executable, "-m", "sync_node.claim_main", str(data_dir.root.absolute())]

    def ask() -> Answer:
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                timeout=CLAIM_SECONDS_MAX,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Answer("unheard", f"no hub answered within {CLAIM_SECONDS_MAX:.0f} seconds")
        except OSError as error:
            return Answer("unheard", f"what asks can't be started: {error.strerror}")
        try:
            return msgspec.json.decode(done.stdout, type=Answer)
        except msgspec.DecodeError:
            return _CUT_SHORT

    return ask
