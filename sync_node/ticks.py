"""What a tick did, as a value and as a row of node.db."""

from dataclasses import dataclass, field
from datetime import datetime
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
from sync_node.limits import TICK_DETAIL_CHARACTERS_MAX, TICKS_KEPT_MAX
from sync_node.models import TickRow, database_proxy
from sync_node.source import Traffic

Outcome: TypeAlias = Literal[
    "nothing-new",  # everything that is offered is here
    "updated",  # something came or was activated, and now everything is here
    "waiting",  # everything is here; a version waits for its time
    "cut",  # the link failed, or no source answered; the next tick goes on
    "untrusted",  # a source offered what isn't signed as it has to be
    "invalid",  # something offered is broken, missing, or against a rule
    "storage",  # our disk is full, read-only or failing
    "stopped",  # told to end
]
NOTHING_NEW: Outcome = "nothing-new"

# What matters most comes first: it names the tick's outcome.
_OUTCOMES: tuple[tuple[type[SatchelError], Outcome], ...] = (
    (StorageFailed, "storage"),
    (Untrusted, "untrusted"),
    (InvalidContent, "invalid"),
    (Missing, "invalid"),
    (Refused, "invalid"),
    (SourceUnavailable, "cut"),
)


@dataclass
class Tick:
    """One tick: what it did, and what went wrong in it."""

    started_at: datetime
    outcome: Outcome = NOTHING_NEW
    ended_at: datetime | None = None
    traffic: Traffic = field(default_factory=Traffic)
    activated: list[Activation] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    troubles: list[SatchelError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> SatchelError | None:
        """The trouble that matters most."""
        for kind, _ in _OUTCOMES:
            for error in self.troubles:
                if isinstance(error, kind):
                    return error
        return self.troubles[0] if self.troubles else None

    def settle(self, *, changed: bool, waiting: bool) -> None:
        """Name the outcome, from the troubles and from what was done."""
        trouble = self.trouble
        if trouble:
            self.outcome = next(o for kind, o in _OUTCOMES if isinstance(trouble, kind))
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


def record(tick: Tick) -> None:
    """Write a tick's row. Ticks that found nothing new, one after the other, share one."""
    with database_proxy.atomic("IMMEDIATE"):
        last = TickRow.select().order_by(newest_first()).first()
        if last and last.outcome == tick.outcome == NOTHING_NEW:
            last.delete_instance()
        TickRow.create(
            started_at=trusted_time.in_words(tick.started_at),
            ended_at=trusted_time.in_words(tick.ended_at or tick.started_at),
            bytes_in=tick.traffic.bytes_in,
            bytes_out=tick.traffic.bytes_out,
            requests=tick.traffic.requests,
            outcome=tick.outcome,
            detail=tick.detail,
        )
        keep = TickRow.select(SQL("rowid")).order_by(newest_first()).limit(TICKS_KEPT_MAX)
        TickRow.delete().where(SQL("rowid").not_in(keep)).execute()
