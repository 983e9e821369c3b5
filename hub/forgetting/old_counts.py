"""Counts of use from months before that of a day: how many, and that they go."""

from datetime import date
from typing import Any

from hub.hub import Hub
from hub.use.tables import LessonUseRow, UseDayRow, UseMarkRow, UseRow

TELLING_APART: tuple[Any, ...] = (UseMarkRow,)  # needed while pupils are counted: as records are
COUNTS: tuple[Any, ...] = (UseRow, LessonUseRow, UseDayRow)

_SPANS: dict[Any, Any] = {
    UseRow: UseRow.month,
    LessonUseRow: LessonUseRow.month,
    UseDayRow: UseDayRow.day,
    UseMarkRow: UseMarkRow.span,
}
_MONTH = len("2026-09")


def count(hub: Hub, day: date, school: str, models: tuple[Any, ...]) -> int:
    """Return how many rows of these tables are from before. Raises `StorageFailed`."""
    with hub.database.transaction():
        return sum(
            int(model.select().where(_before(model, day, school)).count()) for model in models
        )


def remove(hub: Hub, day: date, school: str, models: tuple[Any, ...]) -> None:
    """Remove these rows, a table at a time. Raises `StorageFailed`."""
    for model in models:
        with hub.database.writing():
            model.delete().where(_before(model, day, school)).execute()


def _before(model: Any, day: date, school: str) -> Any:
    month = day.isoformat()[:_MONTH]  # a day of an earlier month comes before it as text, too
    which = _SPANS[model] < month
    return which & (model.school == school) if school else which
