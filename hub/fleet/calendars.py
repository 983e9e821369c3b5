"""School calendars, kept: which days of the week schools are open, and their holidays.

A school goes by the calendar that it names, or else by the one called `default`, or else it counts
as open every day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.limits import SHORT_TEXT_CHARACTERS_MAX
from content_packs.names import check_name
from hub import rows
from hub.clock import in_words
from hub.fleet import audit
from hub.fleet.limits import CALENDARS_MAX, CLOSURES_MAX
from hub.fleet.school_calendar import ALWAYS_OPEN, Closure, SchoolCalendar
from hub.fleet.state_tables import CalendarRow, NodeStateRow
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

DEFAULT: Final = "default"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Calendar:
    """A calendar, and how many schools name it."""

    calendar: str
    title: str
    weekdays: tuple[str, ...]
    closures: tuple[Closure, ...]
    changed_at: str
    schools: int


def list_calendars(hub: Hub, actor: Actor) -> list[Calendar]:
    """Return the calendars by name. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_FLEET)
    with hub.database.transaction():
        named: dict[str, int] = {}
        for school in SchoolRow.select(SchoolRow.calendar):
            name = school.calendar or DEFAULT
            named[name] = named.get(name, 0) + 1
        rows = CalendarRow.select().order_by(CalendarRow.calendar)
        return [_view(row, named.get(row.calendar, 0)) for row in rows]


def show(hub: Hub, actor: Actor, calendar: str) -> Calendar:
    """Return a calendar. Raises `Missing`, `Refused`, `StorageFailed`."""
    for found in list_calendars(hub, actor):
        if found.calendar == calendar:
            return found
    raise _no_such(calendar)


def set_calendar(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub,
    actor: Actor,
    calendar: str,
    *,
    title: str = "",
    weekdays: Sequence[str],
    closures: Sequence[Closure] = (),
) -> None:
    """Make a calendar, or say anew what it is. Who is overdue follows at once.

    Raises `UsageError` for what can't be, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    _check(calendar, title, weekdays, closures)
    row = {
        "title": title,
        "weekdays": "".join(str(DAYS.index(day)) for day in DAYS if day in weekdays),
        "closures": [
            [one.first.isoformat(), one.last.isoformat(), one.title]
            for one in sorted(closures, key=lambda one: (one.first, one.last))
        ],
        "changed_at": in_words(hub.clock()),
    }
    with hub.database.writing():
        known = CalendarRow.get_or_none(CalendarRow.calendar == calendar)
        if known is None and CalendarRow.select().count() >= CALENDARS_MAX:
            raise Refused(f"there are {CALENDARS_MAX} calendars, the most there can be")
        CalendarRow.insert(calendar=calendar, **row).on_conflict(
            conflict_target=(CalendarRow.calendar,), update=row
        ).execute()
        concerned = SchoolRow.calendar << ([calendar, ""] if calendar == DEFAULT else [calendar])
        schools = SchoolRow.select(SchoolRow.school).where(concerned)
        NodeStateRow.update(edition=0).where(NodeStateRow.school << schools).execute()
        audit.note(hub, "calendar-set", reason=calendar, actor=actor.login)


def remove(hub: Hub, actor: Actor, calendar: str) -> None:
    """Remove a calendar that no school names. Raises `Missing`, `Refused`, `StorageFailed`."""
    actor.expect(Right.OPERATE)
    with hub.database.writing():
        users = SchoolRow.select().where(SchoolRow.calendar == calendar).count()
        if users:
            raise Refused(
                f"{users} schools go by the calendar {calendar}",
                hint="Let them go by another one first.",
            )
        if not CalendarRow.delete().where(CalendarRow.calendar == calendar).execute():
            raise _no_such(calendar)
        audit.note(hub, "calendar-removed", reason=calendar, actor=actor.login)


def by_name() -> dict[str, SchoolCalendar]:
    """Return all calendars, inside the caller's transaction."""
    return {row.calendar: _pure(row) for row in rows.every(CalendarRow)}


def of_school(known: dict[str, SchoolCalendar], named: str) -> SchoolCalendar:
    """Return the calendar of a school that names one, or none."""
    return known.get(named or DEFAULT, known.get(DEFAULT, ALWAYS_OPEN))


def expect(calendar: str) -> None:
    """Raise `Missing` unless there is this calendar, inside the caller's transaction."""
    if CalendarRow.get_or_none(CalendarRow.calendar == calendar) is None:
        raise _no_such(calendar)


def read_closures(text: str) -> tuple[Closure, ...]:
    """Return the closures in a text of lines such as `2027-01-18 2027-02-20 Winter holidays`.

    The last day may be left out. Raises `UsageError`.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(maxsplit=2)
        if not words:
            continue
        first = _day(words[0])
        last = _day(words[1]) if len(words) > 1 else None
        if first is None:
            raise UsageError(
                f"holidays: line {number}: {words[0][:40]!r} is no day",
                hint="Write: first day, last day, name, as in 2027-01-18 2027-02-20 Winter",
            )
        title = line.split(maxsplit=2 if last else 1)[(2 if last else 1) :]
        found.append(Closure(first, last or first, " ".join(title).strip()))
    return tuple(found)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _check(calendar: str, title: str, weekdays: Sequence[str], closures: Sequence[Closure]) -> None:
    try:
        check_name(calendar, what="calendar")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error
    for text in (title, *(one.title for one in closures)):
        if len(text) > SHORT_TEXT_CHARACTERS_MAX or not text.isprintable():
            raise UsageError(f"title: at most {SHORT_TEXT_CHARACTERS_MAX} characters, in one line")
    unknown = [day for day in weekdays if day not in DAYS]
    if unknown or not weekdays:
        raise UsageError(
            f"weekdays: {', '.join(unknown)[:80] or 'none'}", hint=f"Known: {', '.join(DAYS)}."
        )
    if len(closures) > CLOSURES_MAX:
        raise UsageError(f"holidays: {len(closures)}, at most {CLOSURES_MAX}")
    for one in closures:
        if one.last < one.first:
            raise UsageError(f"holidays: {one.first} to {one.last}: the last day comes first")


def _no_such(calendar: str) -> Missing:
    return Missing(f"there is no calendar {calendar[:80]!r}", hint="See: hub calendars list")


def _pure(row: CalendarRow) -> SchoolCalendar:
    closures = tuple(
        Closure(date.fromisoformat(first), date.fromisoformat(last), title)
        for first, last, title in row.closures
    )
    return SchoolCalendar(frozenset(map(int, row.weekdays)), closures)


def _view(row: CalendarRow, schools: int) -> Calendar:
    pure = _pure(row)
    days = tuple(DAYS[day] for day in sorted(pure.weekdays))
    return Calendar(row.calendar, row.title, days, pure.closures, row.changed_at, schools)
