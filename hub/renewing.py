"""Signing again before anything expires: by `hub refresh`, and for as long as the hub serves."""

from collections.abc import Callable

from content_packs.errors import SatchelError
from content_packs.hub_keys import STATUS_ROLE
from hub.edition import read_edition
from hub.fleet import status_lists
from hub.further_keys import lacks, with_further_keys
from hub.hub import Hub
from hub.limits import RENEW_CHECK_SECONDS, STOP_SECONDS
from hub.settling import changing
from hub.signing import Signing
from hub.threads import Lasting


def renew(hub: Hub, *, everything: bool = False) -> list[str]:
    """Sign anew what is due, or `everything`; return those roles.

    So is the list of revoked nodes, where a command that revokes was cut off before it.
    On a hub of an earlier time the keys are made and named that it lacks, too.
    Raises `Busy`, `Damaged`, `KeyAbsent`, `StorageFailed`.
    """
    with changing(hub, "renewing signatures") as edition:
        signing = Signing(hub.data.metadata, hub.keys, hub.clock())
        roles = set(signing.renew(edition, everything=everything))
        if lacks(edition) and hub.keys.has("targets"):
            changed = with_further_keys(edition.targets, hub.keys)
            signing.commit(read_edition(hub.data.metadata), changed)
            roles |= {*changed, "snapshot", "timestamp"}
        if status_lists.bring_up(hub, read_edition(hub.data.metadata)):
            roles |= {STATUS_ROLE, "snapshot", "timestamp"}
        return sorted(roles)


class Renewer(Lasting):
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
        super().__init__("renewer", STOP_SECONDS)
        self._hub = hub
        self._report = report
        self._interval_seconds = interval_seconds

    def _run(self) -> None:
        while True:
            try:
                renew(self._hub)
            except SatchelError as error:
                self._report(error)
            if self._stop.wait(self._interval_seconds):
                return
