"""Records into counts. Pure.

A browser that nobody signed in to counts as one pupil. Days and months are those of the hub's zone.
What a school did with materials of its own, and with packs that this hub doesn't know, counts for
the school alone.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from typing import TypeAlias

from content_packs import records
from content_packs.errors import InvalidContent
from content_packs.records import Place, Statement
from hub.use.limits import DAYS_BACK_MAX, MARK_DIGITS, PUPILS_MAX

Key: TypeAlias = tuple[str, str, str]  # month or day, pack, lesson


@dataclass
class Count:
    """What was done with one thing in one time, and by whom: `actors` as the records name them."""

    actors: set[str] = field(default_factory=set)
    opened: int = 0
    done: int = 0
    answers: int = 0
    correct: int = 0


@dataclass(frozen=True)
class Counts:
    """By month, pack and lesson; and by day, of all packs together."""

    months: dict[Key, Count]
    days: dict[str, Count]


def counted(
    found: Iterable[Statement], *, packs: Collection[str], now: datetime, zone: tzinfo
) -> Counts:
    """Return what records say; `packs` are those that the hub knows.

    What lies in the future counts as of `now`: a box's clock may run ahead.
    """
    counts = Counts({}, {})
    for each in found:
        at = min(each.timestamp, now)
        place = _place(each)
        if place is None or now - at > timedelta(days=DAYS_BACK_MAX):
            continue
        day = at.astimezone(zone).date().isoformat()
        month = day[: len("2026-09")]
        known = place.pack if place.pack in packs else ""
        keys = dict.fromkeys([("", ""), (known, ""), (known, place.lesson if known else "")])
        for pack, lesson in keys:
            _add(counts.months.setdefault((month, pack, lesson), Count()), each, place)
        _add(counts.days.setdefault(day, Count()), each, place)
    return counts


def mark_of(school: str, key: Iterable[str], actor: str) -> str:
    """Return what tells a pupil from the others of one row, and means nothing in another row."""
    text = "\0".join((school, *key, actor))
    return sha256(text.encode()).hexdigest()[:MARK_DIGITS]


def with_marks(before: str, new: Iterable[str]) -> str:
    """Return the marks of a row with some more, each once, and no more than there may be."""
    parts = (before[at : at + MARK_DIGITS] for at in range(0, len(before), MARK_DIGITS))
    return "".join(list(dict.fromkeys([*parts, *sorted(new)]))[:PUPILS_MAX])


def _place(found: Statement) -> Place | None:
    try:
        return records.place_of(found.object.id)[0]
    except InvalidContent:
        return None  # of a later form, or not of ours


def _add(count: Count, found: Statement, place: Place) -> None:
    verb = records.verb_of(found)
    count.actors.add(found.actor.account.name)
    count.opened += verb == "initialized"
    count.done += verb == "completed" and bool(place.lesson) and not place.item
    count.answers += verb == "answered"
    count.correct += verb == "answered" and bool(found.result and found.result.success)
