"""What each link gave and cost, day by day: for the technician's charts. Pure.

Bytes are those of `spent.json`, both ways, heads and all; rates and cuts those of the ticks. A day
is one of the school's. What a clock that ran ahead left in days to come counts as today.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from urllib.parse import urlsplit

import msgspec

from content_packs.values import Value
from sync_node import trusted_time
from sync_node.budget import Days, folded, spent_on
from sync_node.limits import GOODPUT_BYTES_MIN, HISTORY_DAYS, HISTORY_LINKS_MAX
from sync_node.link import UNKNOWN, LinkObservation
from sync_node.ticks import Record
from sync_node.windows import Rules


class LinkDay(Value, frozen=True):
    """A day of a link: bytes both ways, the rate in bytes a second while something came, cuts.

    `rate` is 0 where too little came to tell.
    """

    day: date
    size: int = 0
    rate: float = 0.0
    cuts: int = 0


class LinkHistory(Value, frozen=True):
    """A link: its days, the oldest first, the last one today. Budgets in bytes, None for none."""

    name: str
    days: tuple[LinkDay, ...]
    spent_in_month: int = 0
    per_day: int | None = None
    per_month: int | None = None
    observed: LinkObservation = UNKNOWN

    @property
    def host(self) -> str:
        """What people call it: the name of the hub's computer."""
        return urlsplit(self.name).hostname or self.name

    @property
    def size(self) -> int:
        """The bytes of all of its days."""
        return sum(each.size for each in self.days)

    @property
    def cuts(self) -> int:
        """The cuts of all of its days."""
        return sum(each.cuts for each in self.days)

    @property
    def spent_today(self) -> int:
        """The bytes of today."""
        return self.days[-1].size


@dataclass
class _Sum:
    size: int = 0
    seconds: int = 0
    cuts: int = 0


def histories(  # noqa: PLR0913  # all by name; each is needed
    *,
    rules: Mapping[str, Rules],
    spent: Mapping[str, Days],
    records: Sequence[Record],
    observed: Mapping[str, LinkObservation],
    today: date,
    zone: tzinfo,
) -> tuple[LinkHistory, ...]:
    """Return the links of the configuration, `rules`, first, then those that were used lately."""
    first = today - timedelta(days=HISTORY_DAYS - 1)
    days = [first + timedelta(days=number) for number in range(HISTORY_DAYS)]
    sums = _sums(records, first, today, zone)
    used = {name for name, spent_days in spent.items() if max(spent_days, default=first) >= first}
    names = [*rules, *sorted((used | {name for name, _ in sums}) - rules.keys())]
    found = []
    for name in names[:HISTORY_LINKS_MAX]:
        own = folded(spent.get(name, {}), today)
        link = LinkHistory(
            name,
            tuple(_day(day, own, sums.get((name, day))) for day in days),
            spent_in_month=spent_on(own, today).month,
            observed=observed.get(name, UNKNOWN),
        )
        if name in rules:
            link = msgspec.structs.replace(
                link, per_day=rules[name].bytes_per_day, per_month=rules[name].bytes_per_month
            )
        found.append(link)
    return tuple(found)


def _day(day: date, spent: Days, found: _Sum | None) -> LinkDay:
    if found is None:
        return LinkDay(day, spent.get(day, 0))
    rate = found.size / found.seconds if found.seconds else 0.0
    return LinkDay(day, spent.get(day, 0), rate, found.cuts)


def _sums(
    records: Iterable[Record], first: date, today: date, zone: tzinfo
) -> dict[tuple[str, date], _Sum]:
    """Return what ticks say of each hub's link, by day; neighbours cost nothing."""
    sums: dict[tuple[str, date], _Sum] = {}
    for each in records:
        ended = trusted_time.parse(each.ended_at)
        if ended is None:
            continue
        day = min(ended.astimezone(zone).date(), today)
        for name, use in each.links.items():
            if day < first or not name.startswith(("http://", "https://")) or len(use) != 4:
                continue
            found = sums.setdefault((name, day), _Sum())
            found.cuts += use[3]
            if use[0] >= GOODPUT_BYTES_MIN and each.seconds:
                found.size += use[0]
                found.seconds += each.seconds
    return sums
