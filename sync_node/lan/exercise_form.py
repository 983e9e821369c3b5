"""An exercise as a form: what each field is called, and what a filled form means.

A field bears its question's id. An order has a field for each of its items, `question:item`, that
says at which place it stands. Fields of our own start with `_`, which no id does. Nothing in a form
tells which answer is right.
"""

import re
from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from content_packs.exercises import presenting
from content_packs.exercises.grading import QuestionResult, Result
from content_packs.exercises.model import Entry, Exercise, Option, Order, Question, kind_of
from content_packs.values import Value

ATTEMPT_MAX = 1_000_000
_NUMBER = re.compile(r"[0-9]{1,10}")
VERSION_FIELD = "_version"
ATTEMPT_FIELD = "_attempt"
SUBMISSION_FIELD = "_submission"
WHO_FIELD = "_who"  # the id of the pupil whom the form was made for


class Field(Value, frozen=True):
    """A question as it is shown: `entries` in the order for this attempt, `result` once graded.

    `places` says, for an order, at which place each item was put, by the item's id.
    """

    question: Question
    kind: str
    entries: tuple[Entry | Option, ...]
    result: QuestionResult | None
    places: Mapping[str, str]

    @property
    def given(self) -> tuple[str, ...]:
        """What the pupil answered."""
        return self.result.given if self.result else ()

    def given_at(self, number: int) -> str:
        """Return what the pupil chose for a gap or row, counted from 0."""
        return self.given[number] if number < len(self.given) else ""

    def right_at(self, number: int) -> bool | None:
        """Say whether a gap or row is right; None where it wasn't graded."""
        if not self.result or number >= len(self.result.parts) or not any(self.given):
            return None
        return self.result.parts[number]


def fields(
    exercise: Exercise, *, attempt: int, form: MultiDict[str, str], result: Result | None
) -> tuple[Field, ...]:
    """Return the questions to show. The same attempt shows everything in the same order."""
    results = result.questions if result else (None,) * len(exercise.questions)
    return tuple(
        Field(
            question=question,
            kind=kind_of(question),
            entries=presenting.shuffled(question, str(attempt)),
            result=graded,
            places=_places(question, form),
        )
        for question, graded in zip(exercise.questions, results, strict=True)
    )


def responses(exercise: Exercise, form: MultiDict[str, str]) -> dict[str, list[str]]:
    """Return what a filled form answers, as `grading.grade` takes it."""
    return {question.id: _response(question, form) for question in exercise.questions}


def attempt_of(text: str) -> int:
    """Return the number of an attempt, 1 for anything that is none."""
    number = number_in(text) or 1
    return number if number <= ATTEMPT_MAX else 1


def number_in(text: str) -> int | None:
    """Return the whole number that a field of our own holds, None where it holds none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def place_field(question: Question, item: Entry) -> str:
    """Return the name of the field that says where an item stands in an order."""
    return f"{question.id}:{item.id}"


def _response(question: Question, form: MultiDict[str, str]) -> list[str]:
    if not isinstance(question, Order):
        return form.getlist(question.id)
    placed = _places(question, form)
    return [_only_one_at(place, placed) for place in range(1, len(question.items) + 1)]


def _places(question: Question, form: MultiDict[str, str]) -> dict[str, str]:
    if not isinstance(question, Order):
        return {}
    return {item.id: form.get(place_field(question, item), "") for item in question.items}


def _only_one_at(place: int, placed: dict[str, str]) -> str:
    """Return the item put at a place; none where two were: it isn't known which was meant."""
    there = [item for item, value in placed.items() if value == str(place)]
    return there[0] if len(there) == 1 else ""
