"""What each link has cost, by local day: durable, and never less than the truth.

Where there is a budget, bytes are written down before they are spent: a lease of some of them at a
time. A process that is killed has counted what is left of its lease too much, and nothing too
little. What is left is given back when a tick ends, but for a small rest that a process keeps, so
that asking what is new every quarter of an hour writes nothing. Without a budget, bytes are
written down after they are spent.

The file is apart from node.db: making that anew loses nothing of it. Who writes it holds the
engine's lock.

A clock that ran ahead has left days that are still to come. They are put onto the present day: what
was spent is spent. Days of the past stay where they are, so that a clock that runs behind for a
while finds what was spent then.
"""

import contextlib
import errno
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from content_packs import durable
from content_packs.durable import storage_errors
from content_packs.errors import StorageFailed
from sync_node.limits import (
    LEASE_AHEAD_BYTES,
    LEASE_BYTES_FIRST,
    LEASE_BYTES_MAX,
    LEASE_SHARE,
    SPENT_BYTES_MAX,
    SPENT_DAYS_KEPT_MAX,
    UNCOUNTED_BYTES_MAX,
)
from sync_node.windows import Spent

NAME = "spent.json"

Days: TypeAlias = dict[date, int]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal[1]
    sources: dict[str, dict[date, Annotated[int, msgspec.Meta(ge=0)]]]


def spent_on(days: Mapping[date, int], on: date) -> Spent:
    """Return what was spent on a day and in its month, days to come among it. Pure."""
    month = sum(spent for day, spent in days.items() if day >= on.replace(day=1))
    return Spent(on, sum(spent for day, spent in days.items() if day >= on), month)


def recorded(path: Path) -> dict[str, Days]:
    """Return what is written down, for people; nothing where it is missing or damaged."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(SPENT_BYTES_MAX), type=_File).sources
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def folded(days: Mapping[date, int], on: date) -> Days:
    """Return `days` with those after `on` put onto it, and without those long ago. Pure."""
    oldest = on - timedelta(days=SPENT_DAYS_KEPT_MAX)
    found: Days = {}
    for day, spent in days.items():
        if day >= oldest and spent:
            found[min(day, on)] = found.get(min(day, on), 0) + spent
    return found


@dataclass
class _Account:
    """What is known of a link.

    `days` are as in the file; `unspent` of them are leased on the day `on` and not spent; fewer
    than none where bytes are spent and not written down yet. `step`: how much to lease next.
    """

    days: Days
    on: date = date.min
    unspent: int = 0
    step: int = LEASE_BYTES_FIRST

    def settle(self) -> None:
        """Make the days say what was spent."""
        if self.unspent:
            self.days = dict(self.days)
            self.days[self.on] = max(self.days.get(self.on, 0) - self.unspent, 0)
        self.unspent = 0

    def lease(self, budget: int) -> bool:
        """Count some bytes ahead if few are left; say whether that was so."""
        ahead = min(LEASE_AHEAD_BYTES, budget // LEASE_SHARE)
        if self.unspent >= ahead:
            return False
        size = min(self.step, max(budget // LEASE_SHARE, 2 * ahead))
        self.step = min(self.step * 2, LEASE_BYTES_MAX)
        more = size - min(self.unspent, 0)
        self.days = {**self.days, self.on: self.days.get(self.on, 0) + more}
        self.unspent += more
        return True


class Budgets:
    """What all links have cost, as written at `path`. Safe for several threads.

    One that is kept over several ticks wears the card less. `recall` gives what else is known of
    it where the file is missing or damaged: the source, the day, the bytes.
    """

    def __init__(
        self,
        path: Path,
        *,
        recall: Callable[[], Iterable[tuple[str, date, int]]] = lambda: (),
    ) -> None:
        self._path = path
        self._recall = recall
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}

    def begin_tick(self) -> None:
        """Look at what other processes have spent meanwhile. Raises `StorageFailed`."""
        with self._lock:
            found = self._read()
            for name in found.keys() | self._accounts.keys():
                self._account(name).days = found.get(name, {})

    def spent(self, source: str, on: date) -> Spent:
        """Return what the link to `source` cost on the day `on`, and in its month."""
        with self._lock:
            account = self._account(source)
            found = spent_on(account.days, on)
            day = found.day - (account.unspent if account.on >= on else 0)
            month = found.month - (account.unspent if account.on >= on.replace(day=1) else 0)
            return Spent(on, max(day, 0), max(month, 0))

    def spend(self, source: str, count: int, on: date, *, budget: int | None) -> None:
        """Count `count` bytes on the day `on`; `budget` is the smallest of the link, if any.

        Raises `StorageFailed` where there is a budget, and that can't be written down.
        """
        with self._lock:
            account = self._account(source)
            if account.on != on and account.unspent:
                account.settle()
                self._write(on)
            account.on = on
            account.unspent -= count
            if budget is not None:
                if account.lease(budget):
                    self._write(on)
            elif account.unspent < -UNCOUNTED_BYTES_MAX:
                account.settle()
                with contextlib.suppress(StorageFailed):  # nothing hangs on it: later, then
                    self._write(on)

    def end_tick(self) -> None:
        """Give back what is leased and not spent, but for a small rest. Raises `StorageFailed`."""
        self._settle(LEASE_BYTES_FIRST)

    def close(self) -> None:
        """Give back all that is leased and not spent. Raises `StorageFailed`."""
        self._settle(0)

    def _settle(self, keep: int) -> None:
        with self._lock:
            over = [each for each in self._accounts.values() if each.unspent > keep]
            if not keep:
                over = [each for each in self._accounts.values() if each.unspent]
            for account in over:
                account.settle()
            for account in self._accounts.values():
                account.step = LEASE_BYTES_FIRST
            if over:
                self._write(max(account.on for account in over))

    def _account(self, source: str) -> _Account:
        return self._accounts.setdefault(source, _Account({}))

    def _read(self) -> dict[str, Days]:
        with storage_errors(self._path):
            try:
                with self._path.open("rb") as file:
                    data = file.read(SPENT_BYTES_MAX + 1)
            except FileNotFoundError:
                return self._recalled()
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return self._recalled()  # a sector that can't be read: it is written anew
        try:
            found = msgspec.json.decode(data, type=_File)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._recalled()  # rotted: the ticks say nearly the same
        return found.sources

    def _recalled(self) -> dict[str, Days]:
        found: dict[str, Days] = {}
        for source, day, count in self._recall():
            days = found.setdefault(source, {})
            days[day] = days.get(day, 0) + count
        return found

    def _write(self, on: date) -> None:
        for account in self._accounts.values():
            account.days = folded(account.days, on)
        sources = {name: account.days for name, account in self._accounts.items() if account.days}
        durable.write(self._path, msgspec.json.encode(_File(1, sources)))
