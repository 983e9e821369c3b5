"""A class's records as CSV, for a spreadsheet: one row for each pupil and item, or each answer."""

from collections.abc import Callable, Iterator
from typing import Any

from content_packs import csv_cells
from content_packs.exercises.grading import shown_score
from content_packs.records import SCORE_UNIT, Place
from content_packs.values import Value
from sync_node.school.ground import Ground
from sync_node.school.models import AnswerRow, ProgressRow
from sync_node.school.people import People
from sync_node.school.people_model import Learner
from sync_node.school.progress import progress_of

RESULTS_HEAD = (
    "class", "pupil", "pupil_id", "pack", "lesson", "item", "title", "state", "percent",
    "best_score", "points", "reported_by_app", "tries", "first_opened", "last_used",
)  # fmt: skip
ANSWERS_HEAD = (
    "class", "pupil", "pupil_id", "pack", "lesson", "item", "title", "try", "question", "outcome",
    "response", "score", "points", "at",
)  # fmt: skip


class Wording(Value, frozen=True):
    """In whose words a file is; without a face, in those of records.

    All turn what records hold into what somebody reads. `title_of`: of a place. `word`: a column's
    head, a state or an outcome. `said`: of a place, a question and a response, the last two.
    """

    title_of: Callable[[Place], str] = lambda _: ""
    word: Callable[[str], str] = str
    said: Callable[[Place, str, str], tuple[str, str]] = lambda _, question, given: (
        question,
        given,
    )
    time: Callable[[str], str] = str


AS_RECORDED = Wording()


class Exports:
    """Writes CSV files. Raise `Missing` at once."""

    def __init__(self, ground: Ground, people: People) -> None:
        self._ground = ground
        self._people = people

    def results(self, class_id: str, *, wording: Wording = AS_RECORDED) -> Iterator[bytes]:
        """Return the lines of a file of how far each pupil of a class is with what they opened."""
        return self._file(class_id, RESULTS_HEAD, ProgressRow, _result, wording)

    def answers(self, class_id: str, *, wording: Wording = AS_RECORDED) -> Iterator[bytes]:
        """Return the lines of a file of every answer of a class that is kept."""
        return self._file(class_id, ANSWERS_HEAD, AnswerRow, _answer, wording)

    def _file(
        self,
        class_id: str,
        head: tuple[str, ...],
        model: Any,
        cells: Callable[[Any, Wording], tuple[object, ...]],
        wording: Wording,
    ) -> Iterator[bytes]:
        school_class = self._people.school_class(class_id)
        learners = self._people.learners(class_id)

        def rows() -> Iterator[tuple[object, ...]]:
            for learner in learners:
                for row in self._rows(model, learner):
                    place = Place(row.pack, row.lesson, row.item)
                    who = (school_class.name, learner.name, learner.id)
                    yield (*who, *place, wording.title_of(place), *cells(row, wording))

        return csv_cells.lines([wording.word(name) for name in head], rows())

    def _rows(self, model: Any, learner: Learner) -> list[Any]:
        with self._ground.database.reading():
            rows = model.select().where(model.actor == str(learner.actor))
            return list(rows.order_by(model.pack, model.lesson, model.item).namedtuples())


def _result(row: Any, wording: Wording) -> tuple[object, ...]:
    one = progress_of(row)
    scored = one.score is not None
    return (
        wording.word(one.state),
        one.percent,
        shown_score(one.score) if one.score is not None else None,
        shown_score(one.points) if scored else None,
        wording.word("yes") if one.by_app else "",
        one.attempts,
        wording.time(row.started_at),
        wording.time(row.updated_at),
    )


def _answer(row: Any, wording: Wording) -> tuple[object, ...]:
    place = Place(row.pack, row.lesson, row.item)
    question, response = wording.said(place, row.question, row.response)
    return (
        row.attempt,
        question,
        wording.word(row.outcome),
        response,
        row.score / SCORE_UNIT,
        row.points / SCORE_UNIT,
        wording.time(row.at),
    )
