"""What is to come, as the last tick left it: kept in node.db for `status` and the school's site.

It is a forecast cut down to what a page shows, so that whoever shows it plans nothing.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import msgspec

from content_packs.command_line import megabytes
from sync_node.errors import NotNow
from sync_node.forecast import Forecast, LessonForecast, StepForecast, Wait
from sync_node.limits import OUTLOOK_LESSONS_MAX, OUTLOOK_STEPS_MAX
from sync_node.plan_model import Kind, Plan
from sync_node.trusted_time import in_words as time_in_words
from sync_node.trusted_time import parse
from sync_node.when import when

WAITS: dict[Wait, str] = {
    "": "",
    "window": "waits for its window",
    "budget": "waits for the next day's or month's budget",
    "pause": "waits for the end of the pause",
    "space": "waits for room on the disk",
    "activate-at": "waits for the time from which it may be opened",
    "rate": "no link has been seen at work yet",
    "never": "no window or budget lets it through within two years",
}


class ComingStep(msgspec.Struct, frozen=True):
    """Content of one kind for one lesson. Times are RFC 3339, empty where they aren't known."""

    pack: str
    lesson: str
    kind: Kind
    size: int
    finer: bool
    begins: str
    done: str
    waits_for: Wait
    why: str


class ComingLesson(msgspec.Struct, frozen=True):
    """A lesson that will open, or be renewed."""

    pack: str
    lesson: str
    size: int
    opens: str
    waits_for: Wait


class Outlook(msgspec.Struct, frozen=True):
    """All of it: `size` bytes and `lessons_to_come` lessons until `done`.

    `steps` and `lessons` are the next few. `waits_for` says why nothing of it comes now, empty
    where something does; `goes_on` when it will. `nightly`: most of it comes at night.
    `unknown`: packs of which it isn't known yet what they consist of.
    """

    made_at: str
    size: int
    round_trips: int
    lessons_to_come: int
    done: str
    waits_for: Wait
    goes_on: str
    nightly: bool
    steps: tuple[ComingStep, ...]
    lessons: tuple[ComingLesson, ...]
    unknown: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to come."""
        return not (self.steps or self.lessons or self.unknown)


def outlook(plan: Plan, found: Forecast, now: datetime) -> Outlook:
    """Return what of a forecast is shown."""
    begins = [each.begins for each in found.steps if each.begins]
    waits = [each.waits_for for each in found.steps] + [each.waits_for for each in found.lessons]
    waiting: Wait = next((wait for wait in waits if wait), "")
    goes_now = any(not each.waits_for for each in found.steps)
    known = [each.opens for each in found.lessons if each.opens]
    done = found.done or (max(known, default=None) if not found.steps else None)
    return Outlook(
        made_at=time_in_words(now),
        size=plan.size + sum(each.size for each in plan.unknown),
        round_trips=plan.round_trips,
        lessons_to_come=len(found.lessons),
        done=_words(done),
        waits_for="" if goes_now else waiting,
        goes_on=_words(min(begins, default=None)),
        nightly=_is_nightly(found.steps),
        steps=tuple(_step(each) for each in found.steps[:OUTLOOK_STEPS_MAX]),
        lessons=tuple(_lesson(each) for each in _soonest(found.lessons)[:OUTLOOK_LESSONS_MAX]),
        unknown=tuple(each.pack for each in plan.unknown),
    )


def barred(found: Outlook, refusal: NotNow | None) -> Outlook:
    """Return an outlook that says what ended the tick before, where that was no fault."""
    if refusal is None:
        return found
    return msgspec.structs.replace(found, waits_for=refusal.reason, goes_on=_words(refusal.until))


def in_words(found: Outlook, now: datetime, zone: tzinfo) -> str:
    """Return how much is to come, when all of it will be here, and what it waits for."""
    words = f"{megabytes(found.size)} to come"
    if done := parse(found.done):
        words += f", {when(done, now, zone, nightly=found.nightly).in_words()}"
    if found.waits_for:
        words += f"; {WAITS[found.waits_for]}"
        if goes_on := parse(found.goes_on):
            words += f", {when(goes_on, now, zone).in_words()}"
    return words


def encode(found: Outlook) -> str:
    """Return it as JSON."""
    return msgspec.json.encode(found).decode()


def decode(text: str) -> Outlook | None:
    """Return what `encode` wrote; None for nothing, or for what another version wrote."""
    try:
        return msgspec.json.decode(text, type=Outlook) if text else None
    except msgspec.DecodeError:
        return None


def _is_nightly(steps: Sequence[StepForecast]) -> bool:
    later = sum(each.step.size for each in steps if each.waits_for == "window")
    return later * 2 > sum(each.step.size for each in steps)


def _soonest(lessons: Sequence[LessonForecast]) -> list[LessonForecast]:
    return sorted(lessons, key=lambda each: _words(each.opens) or "~")  # unknown comes last


def _step(each: StepForecast) -> ComingStep:
    step = each.step
    return ComingStep(
        step.pack, step.lesson, step.kind, step.size, step.finer,
        _words(each.begins), _words(each.done), each.waits_for, step.why,
    )  # fmt: skip


def _lesson(each: LessonForecast) -> ComingLesson:
    return ComingLesson(each.pack, each.lesson, each.size, _words(each.opens), each.waits_for)


def _words(moment: datetime | None) -> str:
    return time_in_words(moment) if moment else ""
