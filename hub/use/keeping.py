"""Counts of new records into the rows, inside the transaction that keeps the records."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from peewee import chunked

from content_packs import records
from content_packs.errors import InvalidContent
from content_packs.records import Statement
from hub.forgetting import marks
from hub.hub import Hub
from hub.models import PackRow
from hub.use.counting import Count, counted, mark_of, with_marks
from hub.use.limits import LESSON_ROWS_MAX, MARK_DIGITS, PACKS_COUNTED_TOGETHER
from hub.use.tables import LessonUseRow, UseDayRow, UseMarkRow, UseRow


def count(
    hub: Hub, school: str, new: Sequence[Statement], *, lesson_rows_max: int = LESSON_ROWS_MAX
) -> None:
    """Count records of a school that weren't here before, inside the caller's transaction.

    Of one month there are at most so many rows of lessons; beyond them only the pack is counted.
    """
    first = marks.kept_from(hub, "use", school)
    new = [each for each in new if each.timestamp >= first]
    found = counted(new, packs=_known_packs(new), now=hub.clock(), zone=ZoneInfo(hub.config.zone))
    rows_left = {
        month: lesson_rows_max - _lesson_rows(school, month)
        for month in {month for month, _, lesson in found.months if lesson}
    }
    for (month, pack, lesson), each in found.months.items():
        key = {"school": school, "month": month, "pack": pack}
        if not lesson:
            pupils = _pupils(school, month, pack, "", each)
            _add(UseRow, key, pupils, _deeds(each))
            continue
        key["lesson"] = lesson
        is_new = not LessonUseRow.select().where(*_is(LessonUseRow, key)).exists()
        rows_left[month] -= is_new
        if rows_left[month] >= 0 or not is_new:
            _add(LessonUseRow, key, _pupils(school, month, pack, lesson, each), _deeds(each))
    for day, each in found.days.items():
        _add(UseDayRow, {"school": school, "day": day}, _pupils(school, day, "", "", each), {})


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
    of_month = (LessonUseRow.school == school) & (LessonUseRow.month == month)
    return int(LessonUseRow.select().where(of_month).count())


def _deeds(each: Count) -> dict[str, int]:
    return {
        "opened": each.opened,
        "done": each.done,
        "answers": each.answers,
        "correct": each.correct,
    }


def _add(model: Any, key: dict[str, str], pupils: int, deeds: dict[str, int]) -> None:
    """Add what was done to the row of a key, which is made if need be; `pupils` is all of them."""
    more = {name: getattr(model, name) + count for name, count in deeds.items()}
    model.insert(**key, pupils=pupils, **deeds).on_conflict(
        conflict_target=[getattr(model, name) for name in key], update={"pupils": pupils, **more}
    ).execute()


def _pupils(school: str, span: str, pack: str, lesson: str, each: Count) -> int:
    """Return how many pupils a count has with these, who are remembered."""
    key = {"school": school, "span": span, "pack": pack, "lesson": lesson}
    before = UseMarkRow.get_or_none(*_is(UseMarkRow, key))
    new = {mark_of(school, (span, pack, lesson), actor) for actor in each.actors}
    marks = with_marks(before.marks if before else "", new)
    if before is None or marks != before.marks:
        UseMarkRow.insert(**key, marks=marks).on_conflict(
            conflict_target=[getattr(UseMarkRow, name) for name in key], update={"marks": marks}
        ).execute()
    return len(marks) // MARK_DIGITS


def _is(model: Any, key: dict[str, str]) -> list[Any]:
    return [getattr(model, name) == value for name, value in key.items()]
