"""What is used, for people and programs, with small numbers left out.

A **tally** adds up schools: where it has fewer than `FEW_PUPILS` pupils, neither their number nor
anything that they did is in it; else what they did is said to the nearest `DEEDS_ROUNDED_TO`, so
that nobody finds what a few did by taking one number from another. That holds for each tally that
is returned, and so for each cell of a table; what a person may not see isn't in any of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from peewee import fn

from content_packs.errors import Missing, UsageError
from content_packs.names import is_name
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.lesson_titles import lesson_titles, newest_manifest
from hub.models import PackRow, VersionRow
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.use.limits import DEEDS_ROUNDED_TO, FEW_PUPILS, MONTHS_SHOWN_MAX
from hub.use.tables import LessonUseRow, UseDayRow, UseRow

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Tally:
    """Of `schools`, those where somebody did anything. None: by fewer than `FEW_PUPILS` pupils.

    `opened` counts items, each once a day and pupil, `done` whole lessons likewise; `correct` of
    the `answers` to questions earned all points. These four are rounded.
    """

    schools: int = 0
    pupils: int | None = 0
    opened: int | None = 0
    done: int | None = 0
    answers: int | None = 0
    correct: int | None = 0

    @property
    def is_few(self) -> bool:
        """Whether somebody did something, and too few to say what."""
        return self.pupils is None


NOTHING = Tally()


@dataclass(frozen=True)
class PackUse:
    """How a pack is used. `title`: by language, empty for what isn't a pack."""

    pack: str
    title: dict[str, str]
    tally: Tally


@dataclass(frozen=True)
class LessonUse:
    """How a lesson is used. `title`: by language, empty where the newest version hasn't it."""

    lesson: str
    title: dict[str, str]
    tally: Tally


@dataclass(frozen=True)
class TownshipUse:
    """How much is used in a township, of `schools_in_all` schools. `township`: empty for none."""

    township: str
    schools_in_all: int
    tally: Tally


@dataclass(frozen=True)
class DayUse:
    """How many pupils learned on a day; None: fewer than `FEW_PUPILS`."""

    day: str
    pupils: int | None


@dataclass(frozen=True)
class Use:
    """What is used in a month. `months`: those of which anything is known, the newest first.

    `packs`: all packs of the hub, the most used first; those that nobody opened, last. `days`:
    those on which anybody learned.
    """

    month: str
    months: tuple[str, ...]
    township: str
    all: Tally
    packs: tuple[PackUse, ...]
    townships: tuple[TownshipUse, ...]
    days: tuple[DayUse, ...]


@dataclass(frozen=True)
class UseOfPack:
    """What is used of a pack in a month, in the order of its lessons."""

    pack: str
    title: dict[str, str]
    month: str
    months: tuple[str, ...]
    township: str
    all: Tally
    lessons: tuple[LessonUse, ...]
    townships: tuple[TownshipUse, ...]


def use(hub: Hub, actor: Actor, *, month: str = "", township: str = "") -> Use:
    """Return what is used in a month, the newest one that is known unless it is named.

    Raises `Refused`; `Missing` for a township that isn't the actor's, or that no school is in;
    `UsageError` for what is no month; `StorageFailed`.
    """
    actor.expect(Right.SEE_REQUESTS)
    with hub.database.transaction():
        schools = _schools(actor, township)
        months, month = _months(schools, month)
        here = _in(UseRow, schools) & (UseRow.month == month)
        by_pack = {row.pack: _tally(row) for row in _sums(UseRow, here, UseRow.pack)}
        packs = [
            PackUse(pack, title, by_pack.get(pack, NOTHING)) for pack, title in _titles().items()
        ]
        return Use(
            month,
            months,
            township,
            by_pack.get("", NOTHING),
            tuple(sorted(packs, key=_most_used)),
            _townships(actor, township, here & (UseRow.pack == "")),
            _days(schools, month),
        )


def use_of_pack(
    hub: Hub, actor: Actor, pack: str, *, month: str = "", township: str = ""
) -> UseOfPack:
    """Return what is used of a pack in a month. Raises as `use`, and `Missing` for no such pack."""
    actor.expect(Right.SEE_REQUESTS)
    with hub.database.transaction():
        titles = _titles(pack) if is_name(pack) else {}
        if pack not in titles:
            raise Missing(
                f"there is no pack {pack[:80]!r} here", hint="See those there are: hub packs"
            )
        schools = _schools(actor, township)
        months, month = _months(schools, month)
        here = _in(UseRow, schools) & (UseRow.month == month) & (UseRow.pack == pack)
        whole = next((_tally(row) for row in _sums(UseRow, here, UseRow.pack)), NOTHING)
        townships = _townships(actor, township, here)
        row = LessonUseRow
        of_pack = _in(row, schools) & (row.month == month) & (row.pack == pack)
        by_lesson = {each.lesson: _tally(each) for each in _sums(row, of_pack, row.lesson)}
        newest = newest_manifest(pack)
    lessons = lesson_titles(hub, pack, newest)
    named = [*lessons, *sorted(by_lesson.keys() - lessons.keys())]
    return UseOfPack(
        pack,
        titles[pack],
        month,
        months,
        township,
        whole,
        tuple(LessonUse(id_, lessons.get(id_, {}), by_lesson.get(id_, NOTHING)) for id_ in named),
        townships,
    )


def _schools(actor: Actor, township: str) -> Any:
    """Return the query of the schools that are looked at; None for all of them."""
    if township:
        of_township = SchoolRow.township == township
        may_be = township.isprintable() and actor.sees_township(township)
        if not (may_be and SchoolRow.select().where(of_township).exists()):
            raise Missing(f"there is no township {township[:80]!r} here")
        return SchoolRow.select(SchoolRow.school).where(of_township)
    if actor.townships is None:
        return None
    theirs = SchoolRow.township.in_(sorted(actor.townships))
    return SchoolRow.select(SchoolRow.school).where(theirs)


def _in(model: Any, schools: Any) -> Any:
    return model.school.in_(schools) if schools is not None else model.school != ""


def _months(schools: Any, wanted: str) -> tuple[tuple[str, ...], str]:
    """Return the months of which anything is known, the newest first, and the one to look at."""
    if wanted and not _MONTH.fullmatch(wanted):
        raise UsageError(f"{wanted[:40]!r} is no month", hint="Write it as 2026-09.")
    months = tuple(islice(_known_months(schools), MONTHS_SHOWN_MAX))
    return months, wanted or next(iter(months), "")


def _known_months(schools: Any) -> Iterator[str]:
    """Yield them one by one, each found by the index: to list them all reads every row."""
    newest = fn.MAX(UseRow.month)
    month = UseRow.select(newest).scalar()
    while month:
        here = (UseRow.month == month) & (UseRow.pack == "")
        if schools is None or UseRow.select().where(here & UseRow.school.in_(schools)).exists():
            yield str(month)
        month = UseRow.select(newest).where(UseRow.month < month).scalar()


def _sums(model: Any, where: Any, by: Any) -> Iterable[Any]:
    """Return the sums of rows, by a column of theirs, or of their school's."""
    names = ("pupils", "opened", "done", "answers", "correct")
    sums = (fn.SUM(getattr(model, name)).alias(name) for name in names)
    query: Any = model.select(by, fn.COUNT(model.school).alias("schools"), *sums)
    if by.model is SchoolRow:
        query = query.join(SchoolRow, on=(SchoolRow.school == model.school))
    found: Iterable[Any] = query.where(where).group_by(by).objects()
    return found


def _tally(row: Any) -> Tally:
    if int(row.pupils) < FEW_PUPILS:
        return Tally(int(row.schools), None, None, None, None, None)
    deeds = (_rounded(each) for each in (row.opened, row.done, row.answers, row.correct))
    return Tally(int(row.schools), int(row.pupils), *deeds)


def _rounded(count: int) -> int:
    return (int(count) + DEEDS_ROUNDED_TO // 2) // DEEDS_ROUNDED_TO * DEEDS_ROUNDED_TO


def _most_used(each: PackUse) -> tuple[int, int, str]:
    return (-(each.tally.pupils or 0), -each.tally.schools, each.pack)


def _townships(actor: Actor, township: str, where: Any) -> tuple[TownshipUse, ...]:
    seen = SchoolRow.school != ""
    if actor.townships is not None:
        seen &= SchoolRow.township.in_(sorted(actor.townships))
    if township:
        seen &= SchoolRow.township == township
    counts: Any = (
        SchoolRow.select(SchoolRow.township, fn.COUNT(SchoolRow.school).alias("schools"))
        .where(seen)
        .group_by(SchoolRow.township)
        .order_by(SchoolRow.township)
    )
    found = {row.township: _tally(row) for row in _sums(UseRow, where, SchoolRow.township)}
    return tuple(
        TownshipUse(row.township, int(row.schools), found.get(row.township, NOTHING))
        for row in counts.objects()
    )


def _days(schools: Any, month: str) -> tuple[DayUse, ...]:
    rows = (
        UseDayRow.select(UseDayRow.day, fn.SUM(UseDayRow.pupils).alias("pupils"))
        .where(_in(UseDayRow, schools) & (UseDayRow.day > month) & (UseDayRow.day < f"{month}-99"))
        .group_by(UseDayRow.day)
        .order_by(UseDayRow.day)
    )
    if not month:
        return ()
    return tuple(
        DayUse(row.day, int(row.pupils) if int(row.pupils) >= FEW_PUPILS else None)
        for row in rows.objects()
    )


def _titles(pack: str = "") -> dict[str, dict[str, str]]:
    """Return the title of each pack, by its newest version."""
    packs = PackRow.select(PackRow.pack).order_by(PackRow.pack)
    versions = VersionRow.select(VersionRow.pack, VersionRow.title).order_by(VersionRow.version)
    if pack:
        packs, versions = packs.where(PackRow.pack == pack), versions.where(VersionRow.pack == pack)
    found: dict[str, dict[str, str]] = {row.pack: {} for row in packs}
    found.update({row.pack: row.title for row in versions})
    return found
