"""Signing again before anything expires: by `hub refresh`, and for as long as the hub serves."""

import threading
from collections.abc import Callable

from content_packs.errors import SatchelError
from hub.hub import Hub
from hub.limits import RENEW_CHECK_SECONDS, STOP_SECONDS
from hub.settling import changing
from hub.signing import Signing


def renew(hub: Hub, *, everything: bool = False) -> list[str]:
    """Sign anew what is due, or `everything`; return those roles.

    Raises `Busy`, `Damaged`, `KeyAbsent`, `StorageFailed`.
    """
    with changing(hub, "renewing signatures") as edition:
        signing = Signing(hub.data.metadata, hub.keys, hub.clock())
        return signing.renew(edition, everything=everything)


class Renewer:
    """A thread that renews signatures at once and then from time to time, until it is stopped.

    What fails is said through `report`, and tried again the next time.
    """

    def __init__(
        self,
        hub: Hub,
        report: Callable[[SatchelError], None],
        *,
        interval_seconds: float = RENEW_CHECK_SECONDS,
    ) -> None:
        self._hub = hub
        self._report = report
        self._interval_seconds = interval_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once a renewal that is under way has ended, or after `STOP_SECONDS`."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while True:
            try:
                renew(self._hub)
            except SatchelError as error:
                self._report(error)
            if self._stop.wait(self._interval_seconds):
                return
