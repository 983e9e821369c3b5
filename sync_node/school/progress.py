"""How far somebody is: to go on where they stopped, and to show what is done."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from content_packs.records import SCORE_UNIT, Actor, Place
from content_packs.values import Value
from sync_node.school import deriving
from sync_node.school.ground import Ground, time_of
from sync_node.school.limits import CONTINUE_MAX
from sync_node.school.models import AnswerRow, ProgressRow

State: TypeAlias = Literal["started", "done"]


class ItemProgress(Value, frozen=True):
    """How far somebody is with an item. `seconds`: where a film was left.

    `score` of `points`: the best so far, None where nothing was scored; `by_app`: an app said so.
    """

    place: Place
    state: State
    percent: int
    seconds: int
    score: Fraction | None
    points: Fraction
    attempts: int
    by_app: bool
    started_at: datetime
    updated_at: datetime

    @property
    def is_done(self) -> bool:
        """Say whether it was done."""
        return self.state == "done"

    @property
    def score_percent(self) -> int | None:
        """The best score in percent, rounded down, None where nothing was scored."""
        if self.score is None or not self.points:
            return None
        return int(self.score * 100 / self.points)


class Going(Value, frozen=True):
    """A lesson that somebody may go on with: the item touched last, and when."""

    pack: str
    lesson: str
    item: str
    updated_at: datetime


class Progress:
    """How far actors are. All methods raise `StorageFailed`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def of_item(self, actor: Actor, place: Place) -> ItemProgress | None:
        """Return how far somebody is with an item, None where they never opened it."""
        with self._ground.database.reading():
            row = deriving.find_progress(str(actor), place)
            return progress_of(row) if row else None

    def of_lesson(self, actor: Actor, pack: str, lesson: str) -> Mapping[str, ItemProgress]:
        """Return how far somebody is with each item of a lesson that they opened, by item."""
        with self._ground.database.reading():
            rows = ProgressRow.select().where(
                (ProgressRow.actor == str(actor))
                & (ProgressRow.pack == pack)
                & (ProgressRow.lesson == lesson)
                & (ProgressRow.item != "")
            )
            return {row.item: progress_of(row) for row in rows.namedtuples()}

    def of_pack(self, actor: Actor, pack: str) -> Mapping[str, Mapping[str, ItemProgress]]:
        """Return how far somebody is with each item that they opened, by lesson and item."""
        found: dict[str, dict[str, ItemProgress]] = {}
        with self._ground.database.reading():
            rows = ProgressRow.select().where(
                (ProgressRow.actor == str(actor)) & (ProgressRow.pack == pack)
            )
            for row in rows.namedtuples():
                items = found.setdefault(row.lesson, {})
                if row.item:
                    items[row.item] = progress_of(row)
        return found

    def continue_list(self, actor: Actor, *, limit: int = CONTINUE_MAX) -> list[Going]:
        """Return the lessons that somebody was at last, newest first.

        Whether all of a lesson is done only the catalogue knows: leave those out that are.
        """
        found: dict[tuple[str, str], Going] = {}
        with self._ground.database.reading():
            rows = ProgressRow.select().where(
                (ProgressRow.actor == str(actor)) & (ProgressRow.pack != "")
            )
            for row in rows.order_by(ProgressRow.updated_at.desc(), ProgressRow.item.desc()):
                place = Going(row.pack, row.lesson, row.item, time_of(row.updated_at))
                found.setdefault((row.pack, row.lesson), place)
                if len(found) >= limit:
                    break
        return list(found.values())

    def answers(self, actor: Actor, place: Place) -> Mapping[str, list[str]]:
        """Return the outcomes of each question of an exercise, in the order of the tries."""
        found: dict[str, list[str]] = {}
        with self._ground.database.reading():
            rows = AnswerRow.select().where(
                (AnswerRow.actor == str(actor))
                & (AnswerRow.pack == place.pack)
                & (AnswerRow.lesson == place.lesson)
                & (AnswerRow.item == place.item)
            )
            for row in rows.order_by(AnswerRow.attempt):
                found.setdefault(row.question, []).append(row.outcome)
        return found


def progress_of(row: Any) -> ItemProgress:
    """Return what a row says."""
    return ItemProgress(
        place=Place(row.pack, row.lesson, row.item),
        state="done" if row.state == "done" else "started",
        percent=row.percent,
        seconds=row.seconds,
        score=Fraction(row.score, SCORE_UNIT) if row.points else None,
        points=Fraction(row.points, SCORE_UNIT),
        attempts=row.attempts,
        by_app=bool(row.by_app),
        started_at=time_of(row.started_at),
        updated_at=time_of(row.updated_at),
    )
