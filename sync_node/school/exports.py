"""A class's records as CSV, for a spreadsheet: one row for each pupil and item, or each answer."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from content_packs.exercises.grading import shown_score
from content_packs.records import SCORE_UNIT, Place
from sync_node.school import csv_cells
from sync_node.school.ground import Ground
from sync_node.school.models import AnswerRow, ProgressRow
from sync_node.school.people import People
from sync_node.school.people_model import Learner
from sync_node.school.progress import progress_of

TitleOf: TypeAlias = Callable[[Place], str]

RESULTS_HEAD = (
    "class", "pupil", "pupil_id", "pack", "lesson", "item", "title", "state", "percent",
    "best_score", "points", "reported_by_app", "tries", "first_opened", "last_used",
)  # fmt: skip
ANSWERS_HEAD = (
    "class", "pupil", "pupil_id", "pack", "lesson", "item", "title", "try", "question", "outcome",
    "response", "score", "points", "at",
)  # fmt: skip


def no_title(_: Place) -> str:
    """Return no title: for a command line that has no catalogue."""
    return ""


class Exports:
    """Writes CSV files. `title_of` returns what pupils call an item. Raise `Missing` at once."""

    def __init__(self, ground: Ground, people: People) -> None:
        self._ground = ground
        self._people = people

    def results(self, class_id: str, *, title_of: TitleOf = no_title) -> Iterator[bytes]:
        """Return the lines of a file of how far each pupil of a class is with what they opened."""
        return self._file(class_id, RESULTS_HEAD, ProgressRow, _result, title_of)

    def answers(self, class_id: str, *, title_of: TitleOf = no_title) -> Iterator[bytes]:
        """Return the lines of a file of every answer of a class that is kept."""
        return self._file(class_id, ANSWERS_HEAD, AnswerRow, _answer, title_of)

    def _file(
        self,
        class_id: str,
        head: tuple[str, ...],
        model: Any,
        cells: Callable[[Any], tuple[object, ...]],
        title_of: TitleOf,
    ) -> Iterator[bytes]:
        school_class = self._people.school_class(class_id)
        learners = self._people.learners(class_id)

        def rows() -> Iterator[tuple[object, ...]]:
            for learner in learners:
                for row in self._rows(model, learner):
                    place = Place(row.pack, row.lesson, row.item)
                    who = (school_class.name, learner.name, learner.id)
                    yield (*who, *place, title_of(place), *cells(row))

        return csv_cells.lines(head, rows())

    def _rows(self, model: Any, learner: Learner) -> list[Any]:
        with self._ground.database.reading():
            rows = model.select().where(model.actor == str(learner.actor))
            return list(rows.order_by(model.pack, model.lesson, model.item).namedtuples())


def _result(row: Any) -> tuple[object, ...]:
    one = progress_of(row)
    scored = one.score is not None
    return (
        one.state,
        one.percent,
        shown_score(one.score) if one.score is not None else None,
        shown_score(one.points) if scored else None,
        "yes" if one.by_app else "",
        one.attempts,
        row.started_at,
        row.updated_at,
    )


def _answer(row: Any) -> tuple[object, ...]:
    return (
        row.attempt,
        row.question,
        row.outcome,
        row.response,
        row.score / SCORE_UNIT,
        row.points / SCORE_UNIT,
        row.at,
    )
