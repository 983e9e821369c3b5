"""From when on what a school sends is kept: nothing of what was forgotten comes back.

Days begin at midnight in the hub's zone. Counts of use are kept by whole months.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from hub.clock import in_words
from hub.forgetting.tables import ForgottenRow
from hub.hub import Hub

What: TypeAlias = Literal["records", "use"]
ALL = ""  # schools


@dataclass(frozen=True)
class Mark:
    """That what is from before a moment is forgotten, of a school or of `ALL`."""

    what: What
    school: str
    before: datetime


def known(hub: Hub) -> list[Mark]:
    """Return all marks. Raises `StorageFailed`."""
    with hub.database.transaction():
        return [
            Mark(row.what, row.school, datetime.fromisoformat(row.before))
            for row in ForgottenRow.select().order_by(ForgottenRow.what, ForgottenRow.school)
        ]


def kept_from(hub: Hub, what: What, school: str) -> datetime:
    """Return from when on something of a school is kept; inside the caller's transaction."""
    marks = ForgottenRow.select(ForgottenRow.before).where(
        (ForgottenRow.what == what) & ForgottenRow.school.in_([ALL, school])
    )
    found = [datetime.fromisoformat(row.before) for row in marks]
    day = due(hub, what)
    if day is not None:
        found.append(begin_of(hub, day))
    return max(found, default=datetime.min.replace(tzinfo=UTC))


def due(hub: Hub, what: What) -> date | None:
    """Return the first day that hub.toml has kept, of which nothing before is; None for all."""
    config = hub.config
    days = config.keep_records_days if what == "records" else config.keep_use_days
    return first_kept(what, today(hub) - timedelta(days=days)) if days else None


def first_kept(what: What, day: date) -> date:
    """Return the first day that is kept where all before `day` is to be forgotten."""
    return day.replace(day=1) if what == "use" else day


def today(hub: Hub) -> date:
    """Return the day that it is where the hub's people are."""
    return day_of(hub, hub.clock())


def begin_of(hub: Hub, day: date) -> datetime:
    """Return the moment at which a day begins there."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(hub.config.zone)).astimezone(UTC)


def day_of(hub: Hub, moment: datetime) -> date:
    """Return the day that it is there at a moment."""
    return moment.astimezone(ZoneInfo(hub.config.zone)).date()


def remember(hub: Hub, what: What, school: str, day: date) -> None:
    """Note that what is from before a day is forgotten, inside the caller's transaction.

    A mark never goes back: what was forgotten before stays so.
    """
    before = in_words(begin_of(hub, day))
    of = (ForgottenRow.what == what) & (ForgottenRow.school == school)
    row = ForgottenRow.get_or_none(of)
    if row is not None and row.before >= before:
        return
    ForgottenRow.delete().where(of).execute()
    ForgottenRow.insert(
        what=what, school=school, before=before, forgotten_at=in_words(hub.clock())
    ).execute()
