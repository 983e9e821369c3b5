"""What answers earn. Pure: an exercise and a form's values in, results out. Never raises.

A form sends, for each question's id, a list of values:

    choice           the id of the option
    multiple-choice  the ids of all that are ticked
    text-entry       the text
    numeric          the text of the number
    inline-choice    for each gap, in order, the id of the option, or an empty value
    order            for each place, from the first, the id of the item, or an empty value
    match            for each row, in order, the id of the choice, or an empty value

Credit (EXERCISES.md, section 4): a choice, a text and a number earn what the answer says;
multiple-choice earns (right ticks - wrong ticks) / right options, never less than nothing;
inline-choice and match earn their share of right gaps and rows; an order earns the share of
neighbours that follow each other as they should.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal, TypeAlias

from content_packs.exercises import numbers, texts
from content_packs.exercises.answers import Part, right_answer
from content_packs.exercises.limits import (
    CREDIT_FULL,
    RESPONSE_CHARACTERS_MAX,
    RESPONSE_VALUES_MAX,
)
from content_packs.exercises.model import (
    Choice,
    Exercise,
    InlineChoice,
    Match,
    MultipleChoice,
    Numeric,
    Order,
    Question,
    TextEntry,
)

Responses: TypeAlias = Mapping[str, Sequence[str]]
Outcome: TypeAlias = Literal["correct", "partial", "incorrect", "unanswered"]


@dataclass(frozen=True)
class QuestionResult:
    """What one question earned.

    `score` is from 0 to `points`. `given` are the values that were looked at, to fill the form in
    again. `parts` say of each gap, row or place whether it is right; empty for other kinds.
    `feedback_html` is what to tell the pupil, each a cleaned fragment. `answer` is the right answer
    to show.
    """

    id: str
    outcome: Outcome
    score: Fraction
    points: int
    given: tuple[str, ...]
    parts: tuple[bool, ...]
    feedback_html: tuple[str, ...]
    answer: tuple[Part, ...]


@dataclass(frozen=True)
class Result:
    """What an exercise earned."""

    questions: tuple[QuestionResult, ...]

    @property
    def score(self) -> Fraction:
        """What was earned, from 0 to `points`."""
        return sum((question.score for question in self.questions), Fraction(0))

    @property
    def points(self) -> int:
        """What could be earned."""
        return sum(question.points for question in self.questions)


@dataclass(frozen=True)
class _Earned:
    credit: Fraction  # from 0 to 1
    parts: tuple[bool, ...] = ()
    feedback_html: tuple[str, ...] = ()


def grade(exercise: Exercise, responses: Responses) -> Result:
    """Return what `responses` earn. Ids that aren't in the exercise are ignored."""
    return Result(
        tuple(
            grade_question(question, responses.get(question.id, ()))
            for question in exercise.questions
        )
    )


def grade_question(question: Question, values: Sequence[str]) -> QuestionResult:
    """Return what the values of one question earn."""
    given = _given(values)
    earned = _earned(question, given) if any(given) else _Earned(Fraction(0))
    outcome = _outcome(earned.credit) if any(given) else "unanswered"
    return QuestionResult(
        id=question.id,
        outcome=outcome,
        score=earned.credit * question.points,
        points=question.points,
        given=given,
        parts=earned.parts,
        feedback_html=_feedback(question, outcome, earned),
        answer=right_answer(question),
    )


def shown_score(score: Fraction) -> str:
    """Return a score as people read it, with two decimals at most: 2, 0.5, 0.67."""
    return f"{float(score):.2f}".rstrip("0").rstrip(".")


def _given(values: Sequence[str]) -> tuple[str, ...]:
    """Return the values to look at: texts within their bounds, without blanks around them."""
    looked_at = values[:RESPONSE_VALUES_MAX] if isinstance(values, list | tuple) else [values]
    return tuple(
        value[:RESPONSE_CHARACTERS_MAX].strip() if isinstance(value, str) else ""
        for value in looked_at
    )


def _outcome(credit: Fraction) -> Outcome:
    if credit >= 1:
        return "correct"
    return "partial" if credit > 0 else "incorrect"


def _feedback(question: Question, outcome: Outcome, earned: _Earned) -> tuple[str, ...]:
    if outcome == "unanswered":
        return ()
    general = (
        question.feedback.correct_html if outcome == "correct" else question.feedback.incorrect_html
    )
    return tuple(html for html in (*earned.feedback_html, general) if html)


def _earned(question: Question, given: tuple[str, ...]) -> _Earned:
    match question:
        case Choice():
            return _of_choice(question, given)
        case MultipleChoice():
            return _of_multiple_choice(question, given)
        case TextEntry():
            return _of_text(question, given[0])
        case Numeric():
            return _of_number(question, given[0])
        case InlineChoice():
            return _of_gaps(question, given)
        case Order():
            return _of_order(question, given)
        case Match():
            return _of_match(question, given)


def _of_choice(question: Choice, given: tuple[str, ...]) -> _Earned:
    chosen = [option for option in question.options if option.id in given]
    if len(chosen) != 1:  # a form sends one; several are no answer to "which one?"
        return _Earned(Fraction(0))
    return _Earned(_share(chosen[0].credit), (), (chosen[0].feedback_html,))


def _of_multiple_choice(question: MultipleChoice, given: tuple[str, ...]) -> _Earned:
    chosen = [option for option in question.options if option.id in given]
    right = sum(option.correct for option in question.options)
    ticked = sum(option.correct for option in chosen)
    credit = Fraction(max(0, ticked - (len(chosen) - ticked)), max(1, right))
    return _Earned(credit, (), tuple(option.feedback_html for option in chosen))


def _of_text(question: TextEntry, given: str) -> _Earned:
    found = [
        answer
        for answer in question.answers
        if texts.same(given, answer.text, case_sensitive=question.case_sensitive)
    ]
    best = max(found, key=lambda answer: answer.credit, default=None)
    return _Earned(_share(best.credit), (), (best.feedback_html,)) if best else _Earned(Fraction(0))


def _of_number(question: Numeric, given: str) -> _Earned:
    values = numbers.readings(given, unit=question.unit)
    found = [
        answer
        for answer in question.answers
        if any(numbers.is_near(value, answer.value, answer.tolerance) for value in values)
    ]
    best = max(found, key=lambda answer: answer.credit, default=None)
    return _Earned(_share(best.credit), (), (best.feedback_html,)) if best else _Earned(Fraction(0))


def _of_gaps(question: InlineChoice, given: tuple[str, ...]) -> _Earned:
    expected = [next((o.id for o in gap.options if o.correct), "") for gap in question.gaps]
    chosen = [
        option
        for gap, value in zip(question.gaps, given, strict=False)
        for option in gap.options
        if option.id == value
    ]
    credit = sum((_share(option.credit) for option in chosen), Fraction(0)) / len(expected)
    parts = _of_places(expected, given).parts
    return _Earned(credit, parts, tuple(option.feedback_html for option in chosen))


def _of_match(question: Match, given: tuple[str, ...]) -> _Earned:
    return _of_places([row.right for row in question.rows], given)


def _of_places(expected: Sequence[str], given: tuple[str, ...]) -> _Earned:
    padded = given + ("",) * (len(expected) - len(given))
    parts = tuple(
        bool(right) and value == right for right, value in zip(expected, padded, strict=False)
    )
    return _Earned(Fraction(sum(parts), max(1, len(parts))), parts)


def _of_order(question: Order, given: tuple[str, ...]) -> _Earned:
    ids = [item.id for item in question.items]
    followed = set(pairwise(ids)) & set(pairwise(given[: len(ids)]))
    places = _of_places(ids, given)
    return _Earned(Fraction(len(followed), max(1, len(ids) - 1)), places.parts)


def _share(credit: int) -> Fraction:
    return Fraction(min(max(credit, 0), CREDIT_FULL), CREDIT_FULL)
