"""The box's clock: what it knows of time, going on. The rules are in `trusted_time`."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from sync_node import trusted_time
from sync_node.trusted_time import Known, Reading, Said, Uptime

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def system_clock() -> datetime:
    """Return the system's time in UTC."""
    return datetime.now(UTC)


def uptime() -> Uptime:
    """Return for how long this box is on, sleep included."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME))


class BoxClock:
    """Trusted time that goes on while the box is on, and the likeliest time beside it.

    `known` is what was saved, None for nothing. Who changes it saves `known` (`state.py`).
    """

    def __init__(
        self,
        system: Callable[[], datetime],
        known: Known | None,
        *,
        read_uptime: Callable[[], Uptime] = uptime,
    ) -> None:
        self._system = system
        self._read_uptime = read_uptime
        self._known = trusted_time.begun(known, read_uptime())

    @property
    def known(self) -> Known:
        """What is known of time, as of now."""
        return trusted_time.carried(self._known, self._read_uptime())

    @property
    def has_heard_timestamp(self) -> bool:
        """Whether any timestamp said when it was signed."""
        return any(each.kind == "timestamp" for each in self._known.evidence)

    def newest_version(self, key: str) -> int:
        """Return the newest number of a timestamp of this key that was seen, 0 for none."""
        found = (each for each in self._known.evidence if each.kind == "timestamp")
        return max((each.version for each in found if each.key == key), default=0)

    def trusted(self) -> datetime:
        """Return the trusted time in UTC: for expiry and `activate_at`."""
        return trusted_time.proven(self.known)

    def now(self) -> datetime:
        """Return the likeliest time in UTC: for windows, budgets and people."""
        return self.reading().now

    def reading(self) -> Reading:
        """Return what time it is, by what evidence, and how sure that is."""
        return trusted_time.reading(self.known, self._system())

    def uptime(self) -> Uptime:
        """Return for how long the box is on: to be kept while the hub is asked for the time."""
        return self._read_uptime()

    def heard_timestamp(self, said: Said, *, source: str) -> None:
        """Note a timestamp that was verified just now."""
        known = self.known
        found = trusted_time.timestamp(said, known, source=source, clock=self._system())
        self._known = trusted_time.heard(known, found)

    def heard_document(self, said: Said, *, source: str) -> None:
        """Note a signed document that was verified just now, and says when it was made."""
        known = self.known
        found = trusted_time.document(said, known, source=source, clock=self._system())
        self._known = trusted_time.heard(known, found)

    def heard_hub(self, said: Said, *, asked: Uptime, source: str) -> None:
        """Note the hub's answer, verified just now, to a nonce that was sent at `asked`."""
        known = self.known
        found = trusted_time.hub_time(said, known, asked=asked, source=source, clock=self._system())
        self._known = trusted_time.heard(known, found)

    def count_only(self, keyids: Collection[str]) -> None:
        """Forget what service keys said that aren't among these, which verified targets name."""
        self._known = trusted_time.counting(self.known, keyids)

    def trusted_without(self, said: Said | None, keyids: Collection[str]) -> datetime:
        """Return the trusted time but for what an edition takes back.

        `said`: what its timestamp says, which is signed, but nothing else of it is verified yet.
        `keyids`: the service keys that it names.
        """
        known = self.known
        if said:
            found = trusted_time.timestamp(said, known, source="", clock=self._system())
            known = trusted_time.heard(known, found)
        return trusted_time.proven(trusted_time.counting(known, keyids))
