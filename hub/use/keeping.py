"""Counts of new records into the rows, inside the transaction that keeps the records."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from peewee import chunked

from content_packs import records
from content_packs.errors import InvalidContent
from content_packs.records import Statement
from hub.hub import Hub
from hub.models import PackRow
from hub.use.counting import Count, Key, counted, mark_of, with_marks
from hub.use.limits import LESSON_ROWS_MAX, MARK_DIGITS, PACKS_COUNTED_TOGETHER
from hub.use.tables import UseDayRow, UseRow


def count(hub: Hub, school: str, new: Sequence[Statement]) -> None:
    """Count records of a school that weren't here before, inside the caller's transaction."""
    found = counted(new, packs=_known_packs(new), now=hub.clock(), zone=ZoneInfo(hub.config.zone))
    rows_left = {
        month: LESSON_ROWS_MAX - _lesson_rows(school, month)
        for month in {month for month, _, lesson in found.months if lesson}
    }
    for key, each in found.months.items():
        _keep_month(school, key, each, rows_left)
    for day, each in found.days.items():
        _keep_day(school, day, each)


def _known_packs(new: Sequence[Statement]) -> set[str]:
    """Return which packs of these records the hub has."""
    named = set()
    for each in new:
        try:
            named.add(records.place_of(each.object.id)[0].pack)
        except InvalidContent:
            continue
    found: set[str] = set()
    for some in chunked(sorted(named), PACKS_COUNTED_TOGETHER):
        found.update(str(row.pack) for row in PackRow.select().where(PackRow.pack.in_(some)))
    return found


def _lesson_rows(school: str, month: str) -> int:
    of_school = (UseRow.school == school) & (UseRow.month == month) & (UseRow.lesson != "")
    return int(UseRow.select().where(of_school).count())


def _keep_month(school: str, key: Key, each: Count, rows_left: dict[str, int]) -> None:
    month, pack, lesson = key
    before = UseRow.get_or_none(
        (UseRow.school == school)
        & (UseRow.month == month)
        & (UseRow.pack == pack)
        & (UseRow.lesson == lesson)
    )
    if before is None and lesson:
        if rows_left[month] <= 0:
            return
        rows_left[month] -= 1
    values = {
        **_marked(before, school, key, each),
        "opened": each.opened + (before.opened if before else 0),
        "done": each.done + (before.done if before else 0),
        "answers": each.answers + (before.answers if before else 0),
        "correct": each.correct + (before.correct if before else 0),
    }
    UseRow.insert(school=school, month=month, pack=pack, lesson=lesson, **values).on_conflict(
        conflict_target=(UseRow.school, UseRow.month, UseRow.pack, UseRow.lesson), update=values
    ).execute()


def _keep_day(school: str, day: str, each: Count) -> None:
    before = UseDayRow.get_or_none((UseDayRow.school == school) & (UseDayRow.day == day))
    values = {
        **_marked(before, school, (day,), each),
        "opened": each.opened + (before.opened if before else 0),
        "answers": each.answers + (before.answers if before else 0),
    }
    UseDayRow.insert(school=school, day=day, **values).on_conflict(
        conflict_target=(UseDayRow.school, UseDayRow.day), update=values
    ).execute()


def _marked(before: Any, school: str, key: tuple[str, ...], each: Count) -> dict[str, Any]:
    new = {mark_of(school, key, actor) for actor in each.actors}
    marks = with_marks(before.marks if before else "", new)
    return {"marks": marks, "pupils": len(marks) // MARK_DIGITS}
