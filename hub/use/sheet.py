"""What is used as a table for a spreadsheet: the lines that the page shows, no more.

Small numbers are left out as on the page (`showing`): a cell says "fewer than 5", and what those
few did is empty.
"""

from collections.abc import Callable, Iterator

from content_packs import csv_cells
from hub.use.limits import FEW_PUPILS
from hub.use.showing import Tally, TownshipUse, Use, UseOfPack

HEAD = (
    "month", "what", "name", "title", "schools_in_all", "schools", "pupils", "opened",
    "lessons_done", "answers", "answers_right",
)  # fmt: skip
_FEW = f"fewer than {FEW_PUPILS}"
_Title = Callable[[dict[str, str], str], str]
_Row = tuple[object, ...]


def of_all(found: Use, title: _Title) -> Iterator[bytes]:
    """Yield a month as CSV: all of it, then by pack, by township and by day.

    `title` gives one of a pack's titles, else what stands for it.
    """

    def rows() -> Iterator[_Row]:
        yield (found.month, "all", found.township, "", None, *_counts(found.all))
        for pack in found.packs:
            name = title(pack.title, "")
            yield (found.month, "pack", pack.pack, name, None, *_counts(pack.tally))
        yield from _townships(found.month, found.townships)
        for day in found.days:
            pupils = _FEW if day.pupils is None else day.pupils
            yield (found.month, "day", day.day, "", None, None, pupils, None, None, None, None)

    return csv_cells.lines(HEAD, rows())


def of_pack(found: UseOfPack, title: _Title) -> Iterator[bytes]:
    """Yield a pack's month as CSV: all of it, then by lesson and by township."""

    def rows() -> Iterator[_Row]:
        name = title(found.title, "")
        yield (found.month, "pack", found.pack, name, None, *_counts(found.all))
        for lesson in found.lessons:
            place, name = f"{found.pack}/{lesson.lesson}", title(lesson.title, "")
            yield (found.month, "lesson", place, name, None, *_counts(lesson.tally))
        yield from _townships(found.month, found.townships)

    return csv_cells.lines(HEAD, rows())


def first_title(titles: dict[str, str], otherwise: str) -> str:
    """Return a title where no reader's language is known."""
    return titles.get("en") or next(iter(titles.values()), otherwise)


def _townships(month: str, found: tuple[TownshipUse, ...]) -> Iterator[_Row]:
    for each in found:
        counts = _counts(each.tally)
        yield (month, "township", each.township, "", each.schools_in_all, *counts)


def _counts(tally: Tally) -> _Row:
    pupils = _FEW if tally.is_few else tally.pupils
    return tally.schools, pupils, tally.opened, tally.done, tally.answers, tally.correct
