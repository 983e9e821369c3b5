"""What a pupil does, recorded: durable when a method returns.

Scores come from the grading here, never from a browser. What an app says of itself is kept as that
(`by_app`). A form that is sent twice is recorded once: its `submission`, a random word made with
the page, names the try.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from content_packs import records
from content_packs.errors import Refused, UsageError
from content_packs.exercises.grading import QuestionResult, Result
from content_packs.exercises.model import Exercise, kind_of
from content_packs.limits import RECORD_RESPONSE_CHARACTERS_MAX, RECORD_SECONDS_MAX
from content_packs.records import SCORE_UNIT, Actor, Event, Place
from content_packs.values import Value
from sync_node.school import statements
from sync_node.school.ground import Ground
from sync_node.school.limits import (
    APP_POINTS_MAX,
    DONE_PERCENT,
    SUBMISSION_CHARACTERS_MAX,
)
from sync_node.school.pace import Pace
from sync_node.school.texts import one_line

_FULL_PERCENT = 100


class Thing(Value, frozen=True):
    """What somebody has open: a lesson, an item or a material.

    `kind`: as in `records.TYPES`. `version`: of the pack, 0 for a material. From the catalogue,
    never from a form.
    """

    place: Place
    kind: str
    version: int = 0


class AppMessage(Value, frozen=True):
    """What an app says: how far (percent), a score of points, that it is done. None: nothing."""

    percent: int | None = None
    score: float | None = None
    points: float | None = None
    done: bool = False


class Recording:
    """Records what actors do. All raise `Busy`, `StorageFailed`; `TooFast` beyond a pace."""

    def __init__(self, ground: Ground, pace: Pace, node: Callable[[], str]) -> None:
        self._ground = ground
        self._pace = pace
        self._node = node
        self._statements = statements.Statements(ground)

    def started(self, actor: Actor, thing: Thing, *, wait: bool = True) -> bool:
        """Record that something was opened, the first time in a day; say whether it was.

        Without `wait` it returns before it is durable, and `Busy` is nobody's matter: for a page
        that is only looked at.
        """
        today = self._ground.now().date().isoformat()
        event = Event("initialized", thing.place, thing.version, kind=thing.kind)
        key = records.name_based_id("initialized", str(actor), *thing.place, today)
        return bool(self._store(actor, [(event, key)], wait=wait))

    def progressed(
        self, actor: Actor, thing: Thing, *, seconds: int, length: int, left: bool = False
    ) -> bool:
        """Record how far a film or a sound is; say whether it was.

        Within 10 seconds of the last one it isn't, unless the end is reached or it is `left` here.
        `length`: of the whole, in seconds, from the catalogue; 0 unknown. The end completes it.
        """
        at = max(0, min(seconds, length or RECORD_SECONDS_MAX))
        percent = min(at * _FULL_PERCENT // length, _FULL_PERCENT) if length > 0 else 0
        is_done = percent >= DONE_PERCENT
        if not self._pace.is_due(actor, thing.place) and not (is_done or left):
            return False
        event = Event(
            "completed" if is_done else "progressed",
            thing.place,
            thing.version,
            kind=thing.kind,
            percent=_FULL_PERCENT if is_done else percent,
            seconds=0 if is_done else at,
            completion=True if is_done else None,
        )
        return bool(self._store(actor, [(event, self._ground.new_id())]))

    def turned(
        self, actor: Actor, thing: Thing, *, page: int, pages: int, left: bool = False
    ) -> bool:
        """Record which page of a document somebody is at, as a percentage; say whether it was.

        As `progressed`; only the last page completes it.
        """
        if page >= pages:
            return self.completed(actor, thing)
        if not self._pace.is_due(actor, thing.place) and not left:
            return False
        percent = min(-(-page * _FULL_PERCENT // pages), DONE_PERCENT - 1)
        event = Event("progressed", thing.place, thing.version, kind=thing.kind, percent=percent)
        return bool(self._store(actor, [(event, self._ground.new_id())]))

    def completed(self, actor: Actor, thing: Thing) -> bool:
        """Record that something was done, once in a day; say whether it was."""
        today = self._ground.now().date().isoformat()
        event = Event("completed", thing.place, thing.version, kind=thing.kind, completion=True)
        key = records.name_based_id("completed", str(actor), *thing.place, today)
        return bool(self._store(actor, [(event, key)]))

    def answered(  # noqa: PLR0913  # who, what, how it was graded, which try
        self,
        actor: Actor,
        thing: Thing,
        exercise: Exercise,
        result: Result,
        *,
        submission: str,
        seconds: int | None = None,
    ) -> bool:
        """Record a try at an exercise, as graded here; say whether it is a new one.

        `submission`: the random word that the page was made with; empty: a new try whatever comes.
        `seconds`: that the try took. One `answered` for each question that was, one `completed`.
        """
        word = submission[:SUBMISSION_CHARACTERS_MAX] or self._ground.new_id()
        attempt = records.name_based_id("attempt", str(actor), *thing.place, word)
        events = _events(thing, exercise, result, attempt, seconds)
        keyed = [(event, records.name_based_id(attempt, event.question)) for event in events]
        return bool(self._store(actor, keyed))

    def app_said(self, actor: Actor, thing: Thing, message: AppMessage) -> bool:
        """Record what an app said of itself. Raises `UsageError` for what can't be so."""
        event = _app_event(thing, message)
        is_small = event.verb == "progressed"
        if is_small and not self._pace.is_due(actor, thing.place):
            return False
        return bool(self._store(actor, [(event, self._ground.new_id())]))

    def _store(
        self, actor: Actor, events: Sequence[tuple[Event, str]], *, wait: bool = True
    ) -> int:
        if self._statements.has(events[-1][1]):  # they are stored together
            return 0
        now = self._ground.now()
        if not self._pace.lets(actor, len(events), now.date()):
            raise TooFast
        node = self._node()
        made = [
            records.statement(event, id_=id_, node=node, actor=actor, at=now)
            for event, id_ in events
        ]
        at = self._ground.now_text()
        if not wait:
            self._ground.writer.post(lambda: statements.store(made, at=at))
            return len(made)
        return self._ground.write(lambda: statements.store(made, at=at))


class TooFast(Refused):
    """More is sent to be recorded than a person can do. Nothing of it was kept."""

    code = "too-fast"

    def __init__(self) -> None:
        super().__init__("too much at once: it was not kept", hint="Wait a minute.")


def response_of(values: Sequence[str], kind: str) -> str:
    """Return what was answered as xAPI writes it for this kind of question, cut to its bound."""
    numbered = [f"{number}[.]{value}" for number, value in enumerate(values, 1) if value]
    text = "[,]".join(numbered if kind in {"inline-choice", "match"} else values)
    return one_line(text, characters_max=RECORD_RESPONSE_CHARACTERS_MAX)


def _events(
    thing: Thing, exercise: Exercise, result: Result, attempt: str, seconds: int | None
) -> list[Event]:
    kinds = {question.id: kind_of(question) for question in exercise.questions}
    answers = [
        _answered(thing, one, kinds[one.id], attempt)
        for one in result.questions
        if one.outcome != "unanswered"
    ]
    whole = Event(
        "completed",
        thing.place,
        thing.version,
        kind="exercise",
        registration=attempt,
        score=_hundredths(result.score),
        points=result.points * SCORE_UNIT,
        success=result.score == result.points,
        completion=True,
        duration=seconds,
    )
    return [*answers, whole]


def _answered(thing: Thing, one: QuestionResult, kind: str, attempt: str) -> Event:
    return Event(
        "answered",
        thing.place,
        thing.version,
        kind=kind,
        question=one.id,
        registration=attempt,
        score=_hundredths(one.score),
        points=one.points * SCORE_UNIT,
        success=one.outcome == "correct",
        response=response_of(one.given, kind),
    )


def _hundredths(score: Fraction) -> int:
    return round(score * SCORE_UNIT)


def _app_event(thing: Thing, message: AppMessage) -> Event:
    verb: records.Verb = "completed" if message.done else "progressed"
    score = points = None
    if message.score is not None or message.points is not None:
        score, points = message.score or 0, message.points or 0
        if not 0 <= score <= points or not 0 < points <= APP_POINTS_MAX:
            raise UsageError(
                "an app's score has to lie between 0 and its points",
                hint=f"At most {APP_POINTS_MAX} points can be earned.",
            )
        verb = verb if message.done else "scored"
    percent = None if message.percent is None else max(0, min(message.percent, _FULL_PERCENT))
    return Event(
        verb,
        thing.place,
        thing.version,
        kind=thing.kind,
        percent=percent,
        score=None if score is None else round(score * SCORE_UNIT),
        points=round((points or 0) * SCORE_UNIT),
        completion=True if message.done else None,
        by_app=True,
    )
