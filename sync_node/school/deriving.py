"""What records say of progress and answers. Derived within the transaction that stores a record.

`rebuild` makes both tables anew from all records, in their order, with the same result.
"""

from fractions import Fraction

from content_packs.records import (
    APP_REPORTED,
    PROGRESS,
    TIME,
    Place,
    Statement,
    actor_of,
    decode,
    place_of,
    verb_of,
)
from sync_node.school.ground import text_of
from sync_node.school.limits import ATTEMPTS_COUNTED_MAX, ATTEMPTS_KEPT_MAX, DONE_PERCENT
from sync_node.school.models import AnswerRow, ProgressRow, StatementRow

_FULL_PERCENT = 100


def apply(made: Statement) -> None:
    """Bring progress and answers up to a record, within a write."""
    place, question = place_of(made.object.id)
    if question:
        _answer(made, place, question)
    else:
        _progress(made, place)


def rebuild() -> int:
    """Make what is derived anew; return of how many records. Within a write."""
    ProgressRow.delete().execute()
    AnswerRow.delete().execute()
    count = 0
    rows = StatementRow.select(StatementRow.body).order_by(StatementRow.sequence)
    for count, row in enumerate(rows.iterator(), 1):  # noqa: B007  # how many there were
        apply(decode(bytes(row.body)))
    return count


def progress_key(actor: str, place: Place) -> dict[str, str]:
    """Return the columns that name how far somebody is with something."""
    return {"actor": actor, "pack": place.pack, "lesson": place.lesson, "item": place.item}


def find_progress(actor: str, place: Place) -> ProgressRow | None:
    """Return the row of how far somebody is with something."""
    return ProgressRow.get_or_none(**progress_key(actor, place))


def _progress(made: Statement, place: Place) -> None:
    actor, at = str(actor_of(made)), text_of(made.timestamp)
    row = find_progress(actor, place)
    is_new = row is None
    row = row or ProgressRow(
        **progress_key(actor, place), version=0, state="started", percent=0, seconds=0, score=0,
        points=0, by_app=False, attempts=0, started_at=at,
    )  # fmt: skip
    row.updated_at = at
    row.version = int(made.context.revision) if made.context and made.context.revision else 0
    _take_result(made, row)
    row.save(force_insert=is_new)


def _take_result(made: Statement, row: ProgressRow) -> None:
    result = made.result
    completed = verb_of(made) == "completed"
    if result is None:
        row.state = "done" if completed else row.state
        return
    said = result.extensions
    row.percent = max(row.percent, said.get(PROGRESS, 0))
    row.seconds = said.get(TIME, row.seconds)
    if completed or result.completion or said.get(PROGRESS, 0) >= DONE_PERCENT:
        row.state, row.percent = "done", _FULL_PERCENT
    if result.score is not None:
        row.attempts = min(row.attempts + 1, ATTEMPTS_COUNTED_MAX)
        if _share(result.score.raw, result.score.max) >= _share(row.score, row.points):
            row.score, row.points = result.score.raw, result.score.max
            row.by_app = bool(made.context and made.context.extensions.get(APP_REPORTED))


def _answer(made: Statement, place: Place, question: str) -> None:
    result = made.result
    if result is None or result.score is None:
        return
    actor = str(actor_of(made))
    progress = find_progress(actor, place)
    attempt = (progress.attempts if progress else 0) + 1
    score, points = result.score.raw, result.score.max
    outcome = "correct" if result.success else "partial" if score else "incorrect"
    row = AnswerRow.insert(
        **progress_key(actor, place), attempt=attempt, question=question, outcome=outcome,
        response=result.response or "", score=score, points=points, at=text_of(made.timestamp),
    )  # fmt: skip
    row.on_conflict_replace().execute()
    if attempt > ATTEMPTS_KEPT_MAX:
        AnswerRow.delete().where(
            (AnswerRow.actor == actor) & (AnswerRow.pack == place.pack)
            & (AnswerRow.lesson == place.lesson) & (AnswerRow.item == place.item)
            & (AnswerRow.attempt > 1) & (AnswerRow.attempt <= attempt - ATTEMPTS_KEPT_MAX + 1)
        ).execute()  # fmt: skip


def _share(score: int, points: int) -> Fraction:
    return Fraction(score, points) if points else Fraction(0)
