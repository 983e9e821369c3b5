"""An enrolment code that a technician typed on the box's page: many boxes have no console.

It does what `sync-node enrol` does. The claim is durable first. Then the hub is asked beside the
engine, whose tick may take days, by a thread of its own: a person waits for it. What can't be done
now the engine does at each tick, and each courier's stick takes the claim along.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from content_packs.errors import SatchelError
from content_packs.hub_keys import HubKeys
from content_packs.protocol import Credential, Pending
from sync_node import enrolment
from sync_node.data_dir import DataDir
from sync_node.errors import HubRefused
from sync_node.hardware import Hardware
from sync_node.identity import Identity
from sync_node.orders import Orders

Heard: TypeAlias = Literal["none", "asking", "pending", "enrolled", "refused", "left", "unheard"]
Ask: TypeAlias = Callable[[Identity], Credential | Pending | None]


@dataclass(frozen=True)
class Answer:
    """What the hub said to the last code, since the site was started.

    `left`: the engine asks, which has yet to learn the hub's keys; `unheard`: no hub answered, for
    the reason in `trouble`.
    """

    heard: Heard = "none"
    trouble: str = ""

    @property
    def is_awaited(self) -> bool:
        """Whether it is still to come."""
        return self.heard == "asking"


class EnrollingHere:
    """Does it. Safe for several threads. `ask` sends a claim, as `asker` below does."""

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
        threading.Thread(
            target=self._send, args=(asks, mine), name="enrolling", daemon=True
        ).start()

    def _send(self, asks: Identity, mine: Answer) -> None:
        found = Answer("unheard", "It ended before its time.")
        try:
            found = self._heard(asks)
        finally:
            with self._lock:
                if self._answer is mine:  # no other code was typed meanwhile
                    self._answer = found

    def _heard(self, asks: Identity) -> Answer:
        try:
            answer = self._ask(asks)
            if not isinstance(answer, Pending):  # the engine goes on: it asks, or is a node now
                Orders(self._data_dir).ask_for_tick(unbound=False)
        except HubRefused as error:
            return Answer("refused", error.message)
        except SatchelError as error:
            return Answer("unheard", error.message)
        if answer is None:
            return Answer("left")
        return Answer("pending" if isinstance(answer, Pending) else "enrolled")


def asker(data_dir: DataDir, hub_keys: Callable[[], HubKeys | None]) -> Ask:
    """Return what sends a claim to the hubs of node.toml, the first that answers.

    What talks to hubs is loaded with the first claim: that is an eighth of what the site would
    load, and nearly every start of a box is without one.
    """

    def ask(asks: Identity) -> Credential | Pending | None:
        from sync_node.syncing import claim_with  # noqa: PLC0415  # see above

        return claim_with(data_dir, asks, hub_keys())

    return ask
