"""What a teacher sees at a glance: who did what, where the class is stuck, who needs help."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Literal, TypeAlias

from peewee import fn

from content_packs.records import Place
from content_packs.values import Value
from sync_node.school.assignments import Assignment, Assignments
from sync_node.school.ground import Ground, text_of, time_of
from sync_node.school.limits import (
    HELP_DAYS,
    LESSONS_ASKED_TOGETHER,
    QUIET_DAYS,
    STUCK_RESPONSES_MAX,
    STUCK_TRIES_MIN,
)
from sync_node.school.models import AnswerRow, ProgressRow
from sync_node.school.people import People
from sync_node.school.people_model import Learner
from sync_node.school.progress import ItemProgress, progress_of

CellState: TypeAlias = Literal["none", "started", "done"]
HelpCode: TypeAlias = Literal["overdue", "stuck", "quiet"]
ItemsOf: TypeAlias = Callable[[Place], Sequence[str]]

_CORRECT = "correct"


class Cell(Value, frozen=True):
    """What a pupil did of a task. `percent`: of its items that are done, or of a film.

    `score_percent`: the best score of its exercises together, None where nothing was scored.
    """

    state: CellState = "none"
    percent: int = 0
    score_percent: int | None = None
    attempts: int = 0
    overdue: bool = False


class MatrixRow(Value, frozen=True):
    """A pupil, and a cell for each task."""

    learner: Learner
    cells: tuple[Cell, ...]


class Matrix(Value, frozen=True):
    """A class: tasks across, pupils down."""

    assignments: tuple[Assignment, ...]
    rows: tuple[MatrixRow, ...]

    def done(self, column: int) -> int:
        """Return how many have done a task."""
        return sum(row.cells[column].state == "done" for row in self.rows)


class QuestionInsight(Value, frozen=True):
    """How a class fares with a question.

    `tried`: pupils who answered it; `right_first`, `right_at_last`: with their first and their last
    answer; `wrong`: the most frequent wrong last answers as they were sent, and how many gave them.
    """

    question: str
    tried: int
    right_first: int
    right_at_last: int
    wrong: tuple[tuple[str, int], ...]

    @property
    def stuck(self) -> int:
        """How many haven't got it right yet."""
        return self.tried - self.right_at_last


class HelpReason(Value, frozen=True):
    """Why a pupil may need help.

    `overdue`: the task at `place` was due and isn't done. `stuck`: tried often, below half of the
    points; `count` tries. `quiet`: nothing for `count` days, while the class was at work.
    """

    code: HelpCode
    place: Place
    count: int


class NeedsHelp(Value, frozen=True):
    """A pupil who may need help, and why: the gravest first."""

    learner: Learner
    reasons: tuple[HelpReason, ...]


class Insight:
    """Looks at classes. `today`: the day at the school. All methods raise `StorageFailed`."""

    def __init__(self, ground: Ground, people: People, assignments: Assignments) -> None:
        self._ground = ground
        self._people = people
        self._assignments = assignments

    def matrix(
        self,
        class_id: str,
        *,
        items_of: ItemsOf,
        today: date,
        assignments: Sequence[Assignment] | None = None,
        learner: Learner | None = None,
    ) -> Matrix:
        """Return who did what of what is set, or of `assignments`; of all, or of one `learner`.

        `items_of` returns the names of a lesson's items; none where it isn't known any more.
        """
        tasks = self._assignments.of_class(class_id) if assignments is None else assignments
        learners = [learner] if learner else self._people.learners(class_id)
        found = self._progress(learners, tasks)
        items = {task.place: _items(task.place, items_of) for task in tasks}
        rows = tuple(
            MatrixRow(
                learner,
                tuple(_cell(task, items[task.place], found[learner.id], today) for task in tasks),
            )
            for learner in learners
        )
        return Matrix(tuple(tasks), rows)

    def questions(self, class_id: str, place: Place) -> list[QuestionInsight]:
        """Return how a class fares with each question of an exercise that anybody answered."""
        actors = [str(learner.actor) for learner in self._people.learners(class_id)]
        by_question: dict[str, dict[str, list[tuple[str, str]]]] = {}
        with self._ground.database.reading():
            rows = AnswerRow.select().where(
                AnswerRow.actor.in_(actors)
                & (AnswerRow.pack == place.pack)
                & (AnswerRow.lesson == place.lesson)
                & (AnswerRow.item == place.item)
            )
            for row in rows.order_by(AnswerRow.attempt).namedtuples():
                tries = by_question.setdefault(row.question, {}).setdefault(row.actor, [])
                tries.append((row.outcome, row.response))
        return [_question(question, tries.values()) for question, tries in by_question.items()]

    def needs_help(self, class_id: str, *, items_of: ItemsOf, today: date) -> list[NeedsHelp]:
        """Return the pupils who may need help, who has the most reasons first.

        Of what is set only what was due within the last 14 days counts.
        """
        since = today - timedelta(days=HELP_DAYS)
        tasks = self._assignments.of_class(class_id)
        recent = [task for task in tasks if task.due_on and since <= task.due_on < today]
        matrix = self.matrix(class_id, items_of=items_of, today=today, assignments=recent)
        learners = [row.learner for row in matrix.rows]
        last = self._last_used(learners)
        stuck = self._stuck(learners)
        newest = max(last.values(), default=None)
        helped = []
        for row in matrix.rows:
            reasons = [
                *_overdue(matrix, row, today),
                *stuck.get(row.learner.id, ()),
                *_quiet(last.get(row.learner.id), newest),
            ]
            helped.append(NeedsHelp(row.learner, tuple(reasons)))
        return sorted(
            (one for one in helped if one.reasons), key=lambda one: len(one.reasons), reverse=True
        )

    def activity(self, class_id: str, *, since: datetime) -> Mapping[str, int]:
        """Return how many items each pupil of a class was at since then, by pupil."""
        ids = _ids(self._people.learners(class_id))
        counts = dict.fromkeys(ids.values(), 0)
        with self._ground.database.reading():
            rows = (
                ProgressRow.select(ProgressRow.actor, fn.COUNT(ProgressRow.item))
                .where(
                    ProgressRow.actor.in_(list(ids)) & (ProgressRow.updated_at >= text_of(since))
                )
                .group_by(ProgressRow.actor)
            )
            for actor, count in _pairs(rows):
                counts[ids[actor]] = count
        return counts

    def _progress(
        self, learners: Sequence[Learner], tasks: Sequence[Assignment]
    ) -> dict[str, dict[Place, ItemProgress]]:
        """Return what each did of the lessons that the tasks are in, and of materials."""
        found: dict[str, dict[Place, ItemProgress]] = {learner.id: {} for learner in learners}
        ids = _ids(learners)
        lessons = {(task.place.pack, task.place.lesson) for task in tasks}
        named = list(lessons)
        with self._ground.database.reading():
            for start in range(0, len(named), LESSONS_ASKED_TOGETHER):
                together = named[start : start + LESSONS_ASKED_TOGETHER]
                rows = ProgressRow.select().where(
                    ProgressRow.actor.in_(list(ids)) & _within(together)
                )
                for row in rows.namedtuples().iterator():
                    one = progress_of(row)
                    found[ids[row.actor]][one.place] = one
        return found

    def _last_used(self, learners: Sequence[Learner]) -> dict[str, datetime]:
        ids = _ids(learners)
        with self._ground.database.reading():
            rows = (
                ProgressRow.select(ProgressRow.actor, fn.MAX(ProgressRow.updated_at))
                .where(ProgressRow.actor.in_(list(ids)))
                .group_by(ProgressRow.actor)
            )
            return {ids[actor]: time_of(at) for actor, at in _pairs(rows)}

    def _stuck(self, learners: Sequence[Learner]) -> dict[str, list[HelpReason]]:
        """Return where somebody tried often of late, below half of the points."""
        ids = _ids(learners)
        since = text_of(self._ground.now() - timedelta(days=HELP_DAYS))
        found: dict[str, list[HelpReason]] = {}
        with self._ground.database.reading():
            rows = ProgressRow.select().where(
                ProgressRow.actor.in_(list(ids))
                & (ProgressRow.updated_at >= since)
                & (ProgressRow.attempts >= STUCK_TRIES_MIN)
                & (ProgressRow.score * 2 < ProgressRow.points)
            )
            for row in rows.namedtuples():
                place = Place(row.pack, row.lesson, row.item)
                reason = HelpReason("stuck", place, row.attempts)
                found.setdefault(ids[row.actor], []).append(reason)
        return found


def _within(lessons: Sequence[tuple[str, str]]) -> Any:
    """Return the condition that a row of progress is in one of these lessons."""
    each = [(ProgressRow.pack == pack) & (ProgressRow.lesson == lesson) for pack, lesson in lessons]
    return reduce(or_, each)


def _pairs(rows: Any) -> Iterable[tuple[str, Any]]:
    return rows.tuples()  # type: ignore[no-any-return]  # peewee's own types know no tuples


def _ids(learners: Sequence[Learner]) -> dict[str, str]:
    """Return the pupils' ids by who they are in records."""
    return {str(learner.actor): learner.id for learner in learners}


def _items(place: Place, items_of: ItemsOf) -> tuple[Place, ...]:
    if place.item:
        return (place,)
    return tuple(Place(place.pack, place.lesson, item) for item in items_of(place))


def _cell(
    task: Assignment, items: Sequence[Place], found: Mapping[Place, ItemProgress], today: date
) -> Cell:
    touched = [found[place] for place in items if place in found]
    done = sum(one.is_done for one in touched)
    opened = bool(touched) or task.place in found
    state: CellState = "done" if items and done == len(items) else "started" if opened else "none"
    share = touched[0].percent if len(items) == 1 and touched else done * 100 // max(1, len(items))
    scored = [one for one in touched if one.score is not None]
    points = sum(one.points for one in scored)
    earned = sum(one.score or 0 for one in scored)
    late = task.due_on is not None and task.due_on < today and state != "done"
    return Cell(
        state=state,
        percent=100 if state == "done" else share,
        score_percent=int(earned * 100 / points) if points else None,
        attempts=sum(one.attempts for one in touched),
        overdue=late,
    )


def _question(question: str, tries: Iterable[Sequence[tuple[str, str]]]) -> QuestionInsight:
    by_learner = list(tries)
    last = [each[-1] for each in by_learner]
    wrong = Counter(response for outcome, response in last if outcome != _CORRECT)
    return QuestionInsight(
        question=question,
        tried=len(by_learner),
        right_first=sum(each[0][0] == _CORRECT for each in by_learner),
        right_at_last=sum(outcome == _CORRECT for outcome, _ in last),
        wrong=tuple(wrong.most_common(STUCK_RESPONSES_MAX)),
    )


def _overdue(matrix: Matrix, row: MatrixRow, today: date) -> Iterable[HelpReason]:
    for task, cell in zip(matrix.assignments, row.cells, strict=True):
        if cell.overdue and task.due_on and (today - task.due_on).days <= HELP_DAYS:
            yield HelpReason("overdue", task.place, (today - task.due_on).days)


def _quiet(last: datetime | None, newest: datetime | None) -> Iterable[HelpReason]:
    """Yield a reason where somebody did nothing while others of the class did."""
    if newest and (last is None or newest - last >= timedelta(days=QUIET_DAYS)):
        yield HelpReason("quiet", Place(""), (newest - last).days if last else 0)
