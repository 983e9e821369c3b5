"""What makes an exercise sound. One set of rules: a builder tells an author, a reader refuses.

After these a form can be shown and every answer graded: right answers exist, ids are distinct and
lead somewhere, numbers are numbers, nothing is past its bound.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from content_packs.exercises import numbers, texts
from content_packs.exercises.limits import (
    CREDIT_FULL,
    GAPS_MAX,
    HTML_CHARACTERS_MAX,
    OPTIONS_MAX,
    POINTS_MAX,
    QUESTIONS_MAX,
    UNIT_CHARACTERS_MAX,
)
from content_packs.exercises.model import (
    FORMAT,
    Choice,
    Entry,
    Exercise,
    InlineChoice,
    Match,
    MultipleChoice,
    Numeric,
    NumericAnswer,
    Option,
    Order,
    Question,
    TextEntry,
)
from content_packs.fragments import is_relative
from content_packs.limits import TEXT_CHARACTERS_MAX
from content_packs.names import is_language, is_name


class Problem(NamedTuple):
    """What is wrong with `field`, and what to do."""

    field: str
    message: str
    hint: str


def problems(question: Question) -> list[Problem]:
    """Return what is wrong with a question."""
    found = list(_common(question))
    found += _CHECKS[type(question)](question)
    return found


def problems_around(exercise: Exercise) -> list[Problem]:
    """Return what is wrong with an exercise but for its questions, one by one."""
    found = []
    if exercise.format != FORMAT:
        hint = "Update Satchel: it was made by a newer one."
        found.append(Problem("format", f"is {exercise.format}, expected {FORMAT}", hint))
    if not is_language(exercise.language):
        hint = "Use a tag such as en or zh-Hant."
        found.append(Problem("language", f"{exercise.language[:40]!r} is not a language", hint))
    if not 1 <= len(exercise.questions) <= QUESTIONS_MAX:
        message = f"{len(exercise.questions)} questions, expected 1 to {QUESTIONS_MAX}"
        found.append(Problem("question", message, "Add questions, or split the exercise."))
    found += _lengths("title", exercise.title, "")
    found += _lengths("instructions", exercise.instructions, exercise.instructions_html)
    found += _distinct("id", [question.id for question in exercise.questions], str)
    return found


def _common(question: Question) -> Iterator[Problem]:
    if not is_name(question.id):
        yield Problem(
            "id", f"{question.id[:80]!r} is not a name", "Use a-z, 0-9 and '-', such as q1."
        )
    if not question.prompt and not isinstance(question, InlineChoice):
        yield Problem("prompt", "missing", 'Add prompt = "..."')
    if not 1 <= question.points <= POINTS_MAX:
        yield Problem("points", f"is {question.points}", f"Write a number from 1 to {POINTS_MAX}.")
    yield from _lengths("prompt", question.prompt, question.prompt_html)
    yield from _lengths("hint", question.hint, question.hint_html)
    feedback = question.feedback
    yield from _lengths("feedback.correct", feedback.correct, feedback.correct_html)
    yield from _lengths("feedback.incorrect", feedback.incorrect, feedback.incorrect_html)
    yield from _lengths("picture_alt", question.picture_alt, "")
    if question.picture and (
        not is_relative(question.picture) or len(question.picture) > TEXT_CHARACTERS_MAX
    ):
        yield Problem(
            "picture",
            f"{question.picture[:80]!r} is not a file beside the exercise",
            "Give a relative path without blanks, such as half.png or ../shared/half.png.",
        )
    if question.picture and not question.picture_alt.strip():
        yield Problem(
            "picture_alt",
            f"missing: the picture {question.picture[:80]!r} has no text",
            "Say what it shows, for those who can't see it.",
        )


def _lengths(field: str, text: str, html: str) -> Iterator[Problem]:
    if len(text) > TEXT_CHARACTERS_MAX:
        message = f"{len(text)} characters, at most {TEXT_CHARACTERS_MAX} are allowed"
        yield Problem(field, message, "Shorten it; long texts belong on a page.")
    if len(html) > HTML_CHARACTERS_MAX:
        message = f"{len(html)} characters when rendered, at most {HTML_CHARACTERS_MAX} are allowed"
        yield Problem(field, message, "Shorten it, or use fewer formulas.")


def _distinct(
    field: str, values: Sequence[str], compared: Callable[[str], str]
) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, value in enumerate(values, 1):
        key = compared(value)
        if not key:
            yield Problem(f"{field}[{number}]", "empty", "Write a text.")
        elif key in seen:
            yield Problem(
                f"{field}[{number}]",
                f"{value[:80]!r} stands twice",
                "Change or remove one of them.",
            )
        seen.add(key)


def _exact(text: str) -> str:
    return texts.comparable(text, case_sensitive=True)


def _counted(field: str, count: int, least: int, most: int = OPTIONS_MAX) -> Iterator[Problem]:
    if not least <= count <= most:
        yield Problem(field, f"{count} given, expected {least} to {most}", "Add or remove some.")


def _entries(field: str, entries: Sequence[Entry | Option]) -> Iterator[Problem]:
    yield from _distinct(field, [entry.text for entry in entries], _exact)
    if len({entry.id for entry in entries}) < len(entries):
        yield Problem(field, "two have the same id", "Build the pack again.")
    if not all(is_name(entry.id) for entry in entries):
        yield Problem(field, "one has an id that is not a name", "Build the pack again.")
    for number, entry in enumerate(entries, 1):
        yield from _lengths(f"{field}[{number}]", entry.text, entry.html)
        yield from _lengths(f"{field}[{number}]", entry.plain, "")


def _options(field: str, options: Sequence[Option]) -> Iterator[Problem]:
    yield from _counted(field, len(options), 2)
    yield from _entries(field, options)
    for number, option in enumerate(options, 1):
        where = f"{field}[{number}]"
        yield from _credit(where, option.credit)
        yield from _lengths(f"{where}.feedback", option.feedback, option.feedback_html)


def _credit(field: str, credit: int) -> Iterator[Problem]:
    if not 0 <= credit <= CREDIT_FULL:
        yield Problem(f"{field}.credit", f"is {credit}", "Write a percentage from 0 to 100.")


def _one_right(field: str, options: Sequence[Option], hint: str) -> Iterator[Problem]:
    right = sum(option.correct for option in options)
    if not right:
        yield Problem(field, "none is right", "Mark the right one with correct = true.")
    elif right > 1:
        yield Problem(field, f"{right} are right, expected one", hint)


def _choice(question: Choice) -> Iterator[Problem]:
    yield from _options("options", question.options)
    hint = 'Use kind = "multiple-choice" where several are right.'
    yield from _one_right("options", question.options, hint)


def _multiple_choice(question: MultipleChoice) -> Iterator[Problem]:
    yield from _options("options", question.options)
    if not any(option.correct for option in question.options):
        yield Problem("options", "none is right", "Mark the right ones with correct = true.")
    for number, option in enumerate(question.options, 1):
        if option.credit not in {0, CREDIT_FULL}:
            message = f"is {option.credit}, but here all right options earn the same"
            yield Problem(f"options[{number}].credit", message, "Write correct = true, or nothing.")


def _text_entry(question: TextEntry) -> Iterator[Problem]:
    answers = question.answers
    yield from _counted("answers", len(answers), 1)
    yield from _distinct(
        "answers",
        [answer.text for answer in answers],
        lambda text: texts.comparable(text, case_sensitive=question.case_sensitive),
    )
    for number, answer in enumerate(answers, 1):
        where = f"answers[{number}]"
        yield from _credit(where, answer.credit)
        yield from _lengths(where, answer.text, "")
        yield from _lengths(f"{where}.feedback", answer.feedback, answer.feedback_html)
    yield from _full_credit([answer.credit for answer in answers])


def _full_credit(credits_: Sequence[int]) -> Iterator[Problem]:
    if credits_ and CREDIT_FULL not in credits_:
        yield Problem("answers", "none earns full credit", "Give the right one credit = 100.")


def _numeric(question: Numeric) -> Iterator[Problem]:
    yield from _counted("answers", len(question.answers), 1)
    yield from _distinct("answers", [f"{a.value}:{a.tolerance}" for a in question.answers], str)
    if len(question.unit) > UNIT_CHARACTERS_MAX:
        message = f"{len(question.unit)} characters, at most {UNIT_CHARACTERS_MAX} are allowed"
        yield Problem("unit", message, "Shorten it, as in cm.")
    for number, answer in enumerate(question.answers, 1):
        yield from _numeric_answer(f"answers[{number}]", answer)
    yield from _full_credit([answer.credit for answer in question.answers])


def _numeric_answer(where: str, answer: NumericAnswer) -> Iterator[Problem]:
    hint = "Write a number such as 0.5, 1/2 or 1 1/2."
    for field, text in ((where, answer.value), (f"{where}.tolerance", answer.tolerance)):
        found = numbers.readings(text)
        if not found:
            yield Problem(field, f"{text[:80]!r} is not a number", hint)
        elif len(found) > 1:
            yield Problem(field, f"{text[:80]!r} can be read in two ways", "Write 1500 or 1.5.")
    tolerance = numbers.parse(answer.tolerance)
    if tolerance is not None and tolerance < 0:
        yield Problem(f"{where}.tolerance", f"is {answer.tolerance[:80]}", "Write 0 or more.")
    yield from _credit(where, answer.credit)
    yield from _lengths(f"{where}.feedback", answer.feedback, answer.feedback_html)


def _inline_choice(question: InlineChoice) -> Iterator[Problem]:
    gaps = len(question.gaps)
    yield from _counted("gaps", gaps, 1, GAPS_MAX)
    if len(question.pieces) != gaps + 1 or len(question.pieces_html) != gaps + 1:
        yield Problem("text", f"doesn't have its {gaps} gaps", "Write {{1}}, {{2}} ... in it.")
    for piece, html in zip(question.pieces, question.pieces_html, strict=False):
        yield from _lengths("text", piece, html)
    for number, gap in enumerate(question.gaps, 1):
        where = f"gaps[{number}].options"
        yield from _options(where, gap.options)
        yield from _one_right(where, gap.options, "A gap has one right option.")


def _order(question: Order) -> Iterator[Problem]:
    yield from _counted("items", len(question.items), 2)
    yield from _entries("items", question.items)


def _match(question: Match) -> Iterator[Problem]:
    yield from _counted("pairs", len(question.rows), 2)
    if len(question.rows) > 1 and len(question.choices) == 1:
        yield Problem("pairs", "all have the same right side", "Add distractors, or other pairs.")
    elif len(question.rows) > 1:
        yield from _counted("distractors", len(question.choices), 2, 2 * OPTIONS_MAX)
    yield from _distinct("pairs", [row.text for row in question.rows], _exact)
    yield from _entries("choices", question.choices)
    known = {choice.id for choice in question.choices}
    for number, row in enumerate(question.rows, 1):
        yield from _lengths(f"pairs[{number}]", row.text, row.html)
        yield from _lengths(f"pairs[{number}]", row.plain, "")
        if row.right not in known:
            message = f"its right side {row.right[:80]!r} isn't there"
            yield Problem(f"pairs[{number}]", message, "Build the pack again.")


_CHECKS: dict[type, Callable[..., Iterator[Problem]]] = {
    Choice: _choice,
    MultipleChoice: _multiple_choice,
    TextEntry: _text_entry,
    Numeric: _numeric,
    InlineChoice: _inline_choice,
    Order: _order,
    Match: _match,
}
