"""Exercises written in TOML (EXERCISES.md, section 2): every fault at once, each with its line."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from content_packs.exercises.drafting import About, Answer, Draft, Note
from content_packs.exercises.limits import CREDIT_FULL, QUESTIONS_MAX
from content_packs.exercises.model import KINDS, Exercise, Question
from content_packs.exercises.source_text import Head, Notes, finish, is_usable, language_of, meant
from content_packs.exercises.toml_fields import Fields
from content_packs.exercises.toml_lines import Lines
from content_packs.faults import Fault

_OPTIONS = '[ { text = "...", correct = true }, { text = "..." } ]'
_GAPS = '[ { options = ["...", "..."], correct = "..." } ]'
_PAIRS = '[ ["sun", "heat"], ["cloud", "rain"] ]'
_ITEMS = '["first", "second"]'
_AT_LINE = re.compile(r"\s*\(at line ([0-9]+), column [0-9]+\)")


def parse(text: str, *, name: str) -> tuple[Exercise | None, list[Fault]]:
    """Return the exercise that a TOML text makes, and what is wrong with it.

    `name` is the file's path: it names the file in faults, and gives the language where the text
    doesn't. The exercise is None where a fault is an error. Never raises.
    """
    notes = Notes(name)
    values = _load(text, notes) if is_usable(text, notes) else None
    if values is None:
        return None, notes.faults
    lines = Lines(text)
    fields = Fields(values, notes.at(lines.of_head))
    head = Head(
        language=fields.text("language") or language_of(name),
        title=fields.text("title"),
        instructions=fields.text("instructions"),
    )
    questions = _questions(fields, notes, lines)
    fields.close()
    return finish(notes, fields.note, head, questions), notes.faults


def _load(text: str, notes: Notes) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        at = _AT_LINE.search(str(error))
        message = _AT_LINE.sub("", str(error)) or "a number that can't be read"
        if isinstance(error, RecursionError):
            message = "nested too deeply"
        hint = 'Texts stand in quotes, as in title = "..."; see https://toml.io.'
        notes.error("", f"not TOML: {message[:200]}", hint, int(at.group(1)) if at else 0)
        return None


def _questions(head: Fields, notes: Notes, lines: Lines) -> list[Question]:
    members = head.list_of("question", example="[[question]]", most=QUESTIONS_MAX)
    count = len(head.values["question"]) if members else 0
    questions = []
    for number, member in enumerate(members, 1):
        if not head.is_table(f"question[{number}]", member, "[[question]]"):
            continue

        def line_of(field: str, number: int = number) -> int:
            return lines.of_question(number, count, field)

        fields = Fields(member, notes.at(line_of, f"question[{number}]."))
        if question := _question(fields, number):
            questions.append(question)
    return questions


def _question(fields: Fields, number: int) -> Question | None:
    kind = fields.required("kind", example='"choice"')
    feedback = fields.table("feedback", example='{ correct = "...", incorrect = "..." }')
    about = About(
        id=fields.text("id") or f"q{number}",
        prompt=fields.text("prompt"),
        points=fields.integer("points", 1),
        hint=fields.text("hint"),
        correct=feedback.text("correct"),
        incorrect=feedback.text("incorrect"),
        picture=fields.text("picture"),
        picture_alt=fields.text("picture_alt"),
    )
    feedback.close()
    if kind not in KINDS:
        if kind:
            message = f"{kind[:40]!r} is not a kind of question"
            fields.note.error("kind", message, meant(kind[:40], list(KINDS)))
        return None
    question = _READERS[kind](fields, Draft(about, fields.note))
    fields.close()
    return question


def _answers(fields: Fields, key: str, text_key: str, example: str) -> list[Answer]:
    """Return answers, each a text or a table with its credit and feedback."""
    answers = []
    for number, member in enumerate(fields.list_of(key, example=example), 1):
        where = f"{key}[{number}]"
        if not isinstance(member, dict):
            answers.append(Answer(fields.member_text(where, member), CREDIT_FULL))
            continue
        inner = fields.inside(where, member)
        answers.append(
            Answer(
                inner.required(text_key),
                inner.integer("credit", CREDIT_FULL),
                inner.text("feedback"),
                inner.text("tolerance") or "0" if text_key == "answer" else "0",
            )
        )
        inner.close()
    return answers


def _option_answers(fields: Fields) -> list[Answer]:
    answers = []
    for inner in fields.tables("options", example=_OPTIONS):
        text = inner.required("text")
        correct = inner.boolean("correct")
        credit = inner.integer("credit", CREDIT_FULL if correct else 0)
        answers.append(Answer(text, credit, inner.text("feedback")))
        inner.close()
    return answers


def _choice(kind: str) -> Callable[[Fields, Draft], Question]:
    def read(fields: Fields, draft: Draft) -> Question:
        shuffle = fields.boolean("shuffle")
        options = draft.options("options", _option_answers(fields), hide=shuffle)
        return draft.finish(kind, options=options, shuffle=shuffle)

    return read


def _text_entry(fields: Fields, draft: Draft) -> Question:
    answers = _answers(fields, "answers", "text", '["...", "..."]')
    return draft.finish(
        "text-entry",
        answers=draft.text_answers(answers),
        case_sensitive=fields.boolean("case_sensitive"),
    )


def _numeric(fields: Fields, draft: Draft) -> Question:
    if fields.has("answers"):
        answers = _answers(fields, "answers", "answer", "[ { answer = 0.5, tolerance = 0.1 } ]")
    else:
        value = fields.required("answer", example="0.5")
        tolerance = fields.text("tolerance", example="0.01") or "0"
        answers = [Answer(value, CREDIT_FULL, tolerance=tolerance)]
        draft = replace(draft, note=_one_answer(fields))
    return draft.finish("numeric", answers=draft.numeric_answers(answers), unit=fields.text("unit"))


def _one_answer(fields: Fields) -> Note:
    """Return where faults of the only answer go, by the names of its keys."""

    def name(field: str) -> str:
        return field.replace("answers[1].", "").replace("answers[1]", "answer")

    return Note(
        on_error=lambda field, message, hint: fields.note.error(name(field), message, hint),
        warning=lambda field, message, hint: fields.note.warning(name(field), message, hint),
    )


def _inline_choice(fields: Fields, draft: Draft) -> Question:
    text = fields.required("text", example='"Water {{1}} when it is heated."')
    gaps = []
    for inner in fields.tables("gaps", example=_GAPS):
        texts = inner.texts("options")
        correct = inner.required("correct")
        if correct and texts and correct not in texts:
            hint = "Write it as it stands in options."
            inner.error("correct", f"{correct[:40]!r} is not one of the options", hint)
            correct = texts[0]
        gaps.append([Answer(one, CREDIT_FULL if one == correct else 0) for one in texts])
        inner.close()
    return draft.finish("inline-choice", **draft.gapped(text, gaps))


def _order(fields: Fields, draft: Draft) -> Question:
    return draft.finish(
        "order", items=draft.entries("items", fields.texts("items", example=_ITEMS))
    )


def _match(fields: Fields, draft: Draft) -> Question:
    pairs = []
    for number, member in enumerate(fields.list_of("pairs", example=_PAIRS), 1):
        if isinstance(member, list) and len(member) == 2:
            left, right = (fields.member_text(f"pairs[{number}]", side) for side in member)
            pairs.append((left, right))
        else:
            fields.error(f"pairs[{number}]", "not a pair of texts", f"Write it as in {_PAIRS}")
    distractors = fields.texts("distractors") if fields.has("distractors") else []
    rows, choices = draft.rows(pairs, distractors)
    return draft.finish("match", rows=rows, choices=choices)


_READERS: dict[str, Callable[[Fields, Draft], Question]] = {
    "choice": _choice("choice"),
    "multiple-choice": _choice("multiple-choice"),
    "text-entry": _text_entry,
    "numeric": _numeric,
    "inline-choice": _inline_choice,
    "order": _order,
    "match": _match,
}
