"""What a tick did, as a value and as a row of node.db.

The record is kept for more than a year, in bounded room: the newest ticks one by one, older ones
by the hour, and those of more than two weeks ago by the day.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from peewee import SQL

from content_packs.errors import (
    InvalidContent,
    Missing,
    Refused,
    SatchelError,
    SourceUnavailable,
    StorageFailed,
    Untrusted,
)
from sync_node import trusted_time
from sync_node.activator import Activation
from sync_node.errors import NotNow
from sync_node.limits import (
    TICK_DETAIL_CHARACTERS_MAX,
    TICK_SECONDS_MAX,
    TICKS_BY_DAY_DAYS,
    TICKS_BY_HOUR_DAYS,
    TICKS_SINGLE_MAX,
    TICKS_THINNED_AFTER,
)
from sync_node.models import TickRow, database_proxy
from sync_node.plan_model import Kind
from sync_node.source import Traffic

Outcome: TypeAlias = Literal[
    "nothing-new",  # everything that is offered is here
    "updated",  # something came or was activated, and now everything is here
    "not-now",  # more is to come when a window opens, a budget is renewed, a pause ends
    "waiting",  # everything is here; a version waits for its time
    "cut",  # the link failed, or no source answered; the next tick goes on
    "untrusted",  # a source offered what isn't signed as it has to be
    "invalid",  # something offered is broken, missing, or against a rule
    "storage",  # our disk is full, read-only or failing
    "stopped",  # told to end
]
NOTHING_NEW: Outcome = "nothing-new"
_QUIET: tuple[Outcome, ...] = (NOTHING_NEW, "not-now")  # one after the other they share a row
_QUIET_BYTES_MAX = 64_000  # of a tick that only asked what is new

_OUTCOMES: tuple[tuple[type[SatchelError], Outcome], ...] = (
    (StorageFailed, "storage"),
    (Untrusted, "untrusted"),
    (InvalidContent, "invalid"),
    (Missing, "invalid"),
    (Refused, "invalid"),
    (NotNow, "not-now"),
    (SourceUnavailable, "cut"),
)
# What matters most comes first: it names the tick's outcome, or that of several.
_ORDER: tuple[Outcome, ...] = (
    "storage", "untrusted", "invalid", "stopped", "cut", "not-now", "updated", "waiting",
    "nothing-new",
)  # fmt: skip


def _outcome_of(error: SatchelError) -> Outcome:
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), "invalid")


@dataclass
class Tick:
    """One tick: what it did, and what went wrong in it.

    `links`: what crossed each link, by source, and how often it was cut. `kinds`: the bytes that
    came, by kind of content.
    """

    started_at: datetime
    outcome: Outcome = NOTHING_NEW
    ended_at: datetime | None = None
    traffic: Traffic = field(default_factory=Traffic)
    links: dict[str, tuple[Traffic, int]] = field(default_factory=dict)
    kinds: dict[Kind, int] = field(default_factory=dict)
    activated: list[Activation] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    troubles: list[SatchelError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> SatchelError | None:
        """The trouble that matters most."""
        return min(self.troubles, key=lambda error: _ORDER.index(_outcome_of(error)), default=None)

    @property
    def not_now(self) -> NotNow | None:
        """Why more isn't fetched at present, where that is no fault."""
        trouble = self.trouble
        return trouble if isinstance(trouble, NotNow) else None

    @property
    def seconds(self) -> int:
        """How long it took; 0 where a clock that was set meanwhile hides it."""
        took = int(((self.ended_at or self.started_at) - self.started_at).total_seconds())
        return took if 0 <= took <= TICK_SECONDS_MAX else 0

    def opened(self) -> list[tuple[str, int, int]]:
        """Return which lessons were opened: pack, version, and how many."""
        found: dict[tuple[str, int], int] = {}
        for each in self.activated:
            key = (each.pack, each.version)
            found[key] = found.get(key, 0) + 1
        return [(pack, version, count) for (pack, version), count in found.items()]

    def settle(self, *, changed: bool, waiting: bool) -> None:
        """Name the outcome, from the troubles and from what was done."""
        trouble = self.trouble
        if trouble:
            self.outcome = _outcome_of(trouble)
        elif waiting:
            self.outcome = "waiting"
        else:
            self.outcome = "updated" if changed else NOTHING_NEW

    @property
    def detail(self) -> str:
        """What went wrong and what is to be noted, in words."""
        words = [error.message for error in self.troubles] + self.notes
        return "; ".join(dict.fromkeys(words))[:TICK_DETAIL_CHARACTERS_MAX]


def newest_first() -> Any:
    """Return the order of ticks for a query."""
    return SQL("rowid").desc()


@dataclass(frozen=True)
class Record:
    """What the row of a tick says, or of several together. See `models.TickRow`."""

    started_at: str
    ended_at: str
    seconds: int
    ticks: int
    bytes_in: int
    bytes_out: int
    requests: int
    cuts: int
    outcome: str
    detail: str
    links: dict[str, list[int]]
    kinds: dict[str, int]
    opened: list[tuple[str, int, int]]

    @property
    def is_quiet(self) -> bool:
        """Whether it only asked what is new, and found nothing or wasn't to fetch it."""
        return self.outcome in _QUIET and self.bytes_in < self.ticks * _QUIET_BYTES_MAX


def record(tick: Tick) -> None:
    """Write a tick's row. Quiet ticks of one outcome, one after the other, share one."""
    new = Record(
        trusted_time.in_words(tick.started_at),
        trusted_time.in_words(tick.ended_at or tick.started_at),
        tick.seconds,
        1,
        tick.traffic.bytes_in,
        tick.traffic.bytes_out,
        tick.traffic.requests,
        sum(cuts for _, cuts in tick.links.values()),
        tick.outcome,
        tick.detail,
        {
            name: [each.bytes_in, each.bytes_out, each.requests, cuts]
            for name, (each, cuts) in tick.links.items()
        },
        {str(kind): count for kind, count in tick.kinds.items()},
        tick.opened(),
    )
    with database_proxy.atomic("IMMEDIATE"):
        row = TickRow.select().order_by(newest_first()).first()
        last = record_of(row) if row else None
        if last and last.outcome == new.outcome and last.is_quiet and new.is_quiet:
            row.delete_instance()
            new = replace(merged(last, new), outcome=new.outcome, detail=new.detail)
        TickRow.create(**_columns(new))
        if TickRow.select().count() > TICKS_THINNED_AFTER:
            _thin(tick.ended_at or tick.started_at)


def records(since: datetime | None = None) -> list[Record]:
    """Return what is recorded, the oldest first; from those on that ended after `since`."""
    rows = TickRow.select().order_by(SQL("rowid"))
    found = [record_of(row) for row in rows]
    return [
        each for each in found if since is None or each.ended_at >= trusted_time.in_words(since)
    ]


def merged(first: Record, second: Record) -> Record:
    """Return two records as one. What it is called is what mattered more. Pure."""
    rank: dict[str, int] = {outcome: number for number, outcome in enumerate(_ORDER)}
    named = min(second, first, key=lambda each: rank.get(each.outcome, len(rank)))
    return Record(
        first.started_at,
        second.ended_at,
        first.seconds + second.seconds,
        first.ticks + second.ticks,
        first.bytes_in + second.bytes_in,
        first.bytes_out + second.bytes_out,
        first.requests + second.requests,
        first.cuts + second.cuts,
        named.outcome,
        named.detail,
        {
            name: [
                sum(pair)
                for pair in zip(
                    first.links.get(name, [0] * 4), second.links.get(name, [0] * 4), strict=True
                )
            ]
            for name in sorted(first.links.keys() | second.links.keys())
        },
        _sum(first.kinds, second.kinds),
        [
            (pack, version, count)
            for (pack, version), count in _sum(_counted(first), _counted(second)).items()
        ],
    )


def period(ended_at: str, newest: datetime) -> str:
    """Return which records are kept together with one that ended then; empty for none at all."""
    ended = trusted_time.parse(ended_at)
    age = newest - ended if ended else timedelta(days=TICKS_BY_DAY_DAYS + 1)
    if age > timedelta(days=TICKS_BY_DAY_DAYS):
        return ""
    return ended_at[
        : len("2026-06-01" if age > timedelta(days=TICKS_BY_HOUR_DAYS) else "2026-06-01T00")
    ]


def _thin(newest: datetime) -> None:
    """Merge the rows of an hour, or of a day, where they are old; remove the oldest."""
    rows = list(TickRow.select(TickRow, SQL("rowid")).order_by(SQL("rowid")))
    groups: dict[str, list[Any]] = {}
    for row in rows[:-TICKS_SINGLE_MAX]:
        groups.setdefault(period(row.ended_at, newest), []).append(row)
    for name, group in groups.items():
        keep = None if not name else group[-1]
        if keep and len(group) > 1:
            together = record_of(group[0])
            for row in group[1:]:
                together = merged(together, record_of(row))
            TickRow.update(**_columns(together)).where(SQL("rowid") == keep.get_id()).execute()
        for row in group:
            if row is not keep:
                row.delete_instance()


def record_of(row: Any) -> Record:
    """Return what a row says."""
    plain = {name: getattr(row, name) for name in Record.__dataclass_fields__}
    for name in ("links", "kinds", "opened"):
        plain[name] = json.loads(plain[name])
    return Record(**{**plain, "opened": [(p, v, n) for p, v, n in plain["opened"]]})


def _columns(found: Record) -> dict[str, Any]:
    plain = asdict(found)
    for name in ("links", "kinds", "opened"):
        plain[name] = json.dumps(plain[name], ensure_ascii=False, sort_keys=True)
    return plain


def _counted(found: Record) -> dict[tuple[str, int], int]:
    return {(pack, version): count for pack, version, count in found.opened}


def _sum(first: dict[Any, int], second: dict[Any, int]) -> dict[Any, int]:
    keys: Iterable[Any] = dict.fromkeys([*first, *second])
    return {key: first.get(key, 0) + second.get(key, 0) for key in keys}
