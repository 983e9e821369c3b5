"""What records say of progress and answers. Derived within the transaction that stores a record.

`rebuild` makes both tables anew from all records, in their order, with the same result. In plain
SQL: sixty pupils answer at once, and making the SQL would take longer than running it.
"""

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from content_packs.errors import InvalidContent
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
from sync_node.school.models import AnswerRow, ProgressRow, StatementRow, database_proxy

_FULL_PERCENT = 100
_DERIVED = ("progress_row", "answer_row")
_FIND = (
    "SELECT state, percent, seconds, score, points, by_app, attempts, started_at "
    "FROM progress_row WHERE actor = ? AND pack = ? AND lesson = ? AND item = ?"
)
_PUT = (
    "INSERT OR REPLACE INTO progress_row (actor, pack, lesson, item, version, state, percent, "
    "seconds, score, points, by_app, attempts, started_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ATTEMPTS = (
    "SELECT attempts FROM progress_row WHERE actor = ? AND pack = ? AND lesson = ? AND item = ?"
)
_PUT_ANSWER = (
    "INSERT OR REPLACE INTO answer_row (actor, pack, lesson, item, attempt, question, outcome, "
    "response, score, points, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FORGET_ANSWERS = (
    "DELETE FROM answer_row WHERE actor = ? AND pack = ? AND lesson = ? AND item = ? "
    "AND attempt > 1 AND attempt <= ?"
)


@dataclass
class _Standing:
    """How far somebody is with something, as the columns of its row, in their order."""

    state: str = "started"
    percent: int = 0
    seconds: int = 0
    score: int = 0
    points: int = 0
    by_app: bool = False
    attempts: int = 0
    started_at: str = ""

    def take(self, made: Statement) -> None:
        """Bring it up to a record."""
        result, is_completed = made.result, verb_of(made) == "completed"
        percent = result.extensions.get(PROGRESS, 0) if result else 0
        self.percent = max(self.percent, percent)
        if is_completed or percent >= DONE_PERCENT or (result and result.completion):
            self.state, self.percent = "done", _FULL_PERCENT
        if result is None:
            return
        self.seconds = result.extensions.get(TIME, self.seconds)
        if result.score is None:
            return
        self.attempts = min(self.attempts + 1, ATTEMPTS_COUNTED_MAX)
        if _share(result.score.raw, result.score.max) >= _share(self.score, self.points):
            self.score, self.points = result.score.raw, result.score.max
            self.by_app = bool(made.context and made.context.extensions.get(APP_REPORTED))


def apply(made: Statement) -> None:
    """Bring progress and answers up to a record, within a write."""
    place, question = place_of(made.object.id)
    key = (str(actor_of(made)), *place)
    if question:
        _answer(made, key, question)
        return
    at = text_of(made.timestamp)
    found = _run(_FIND, key).fetchone()
    standing = _Standing(*found) if found else _Standing(started_at=at)
    standing.take(made)
    _run(
        _PUT,
        (
            *key, version_of(made), standing.state, standing.percent, standing.seconds,
            standing.score, standing.points, standing.by_app, standing.attempts,
            standing.started_at, at,
        ),
    )  # fmt: skip


def rebuild() -> int:
    """Make what is derived anew; return of how many records. Within a write.

    A record that can't be read, in a file that was damaged, is passed over.
    """
    ProgressRow.delete().execute()
    AnswerRow.delete().execute()
    count = 0
    rows = StatementRow.select(StatementRow.body).order_by(StatementRow.sequence)
    for count, row in enumerate(rows.iterator(), 1):  # noqa: B007  # how many there were
        with contextlib.suppress(InvalidContent):
            apply(decode(bytes(row.body)))
    return count


def is_sound() -> bool:
    """Say whether what is derived is what the records say, within a reading.

    It is made a second time, in temporary tables that stand before the real ones: pupils answer
    meanwhile, and what they add isn't looked at.
    """
    _run("BEGIN", ())
    try:
        for table in _DERIVED:
            found = _run("SELECT sql FROM main.sqlite_master WHERE name = ?", (table,)).fetchone()
            _run(found[0].replace("CREATE TABLE", "CREATE TEMP TABLE", 1), ())
        rebuild()
        return not any(
            _has_more(f"{one}.{table}", f"{other}.{table}")
            for table in _DERIVED
            for one, other in (("main", "temp"), ("temp", "main"))
        )
    finally:
        _run("ROLLBACK", ())


def _has_more(table: str, other: str) -> bool:
    sql = f"SELECT 1 FROM (SELECT * FROM {table} EXCEPT SELECT * FROM {other}) LIMIT 1"  # noqa: S608
    return _run(sql, ()).fetchone() is not None


def version_of(made: Statement) -> int:
    """Return the pack's version that a record is of, 0 for none."""
    return int(made.context.revision) if made.context and made.context.revision else 0


def find_progress(actor: str, place: Place) -> ProgressRow | None:
    """Return the row of how far somebody is with something."""
    return ProgressRow.get_or_none(
        actor=actor, pack=place.pack, lesson=place.lesson, item=place.item
    )


def _answer(made: Statement, key: tuple[str, ...], question: str) -> None:
    result = made.result
    if result is None or result.score is None:
        return
    found = _run(_ATTEMPTS, key).fetchone()
    attempt = (found[0] if found else 0) + 1
    score, points = result.score.raw, result.score.max
    outcome = "correct" if result.success else "partial" if score else "incorrect"
    response = result.response or ""
    at = text_of(made.timestamp)
    _run(_PUT_ANSWER, (*key, attempt, question, outcome, response, score, points, at))
    if attempt > ATTEMPTS_KEPT_MAX:  # the first one stays: it says what they knew
        _run(_FORGET_ANSWERS, (*key, attempt - ATTEMPTS_KEPT_MAX + 1))


def _run(sql: str, values: tuple[Any, ...]) -> Any:
    return database_proxy.execute_sql(sql, values)


def _share(score: int, points: int) -> Fraction:
    return Fraction(score, points) if points else Fraction(0)
