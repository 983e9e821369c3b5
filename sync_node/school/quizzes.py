"""Quizzes that a teacher makes here: from a form, from TOML or from GIFT (EXERCISES.md).

The text is read by a process of its own, with bounds on time and memory: what renders Markdown and
formulas weighs on the site for as long as it lives, and a teacher's file may come from anywhere.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from content_packs.errors import InvalidContent, NotInstalled, UsageError
from content_packs.exercises import codec
from content_packs.exercises.model import Exercise
from content_packs.names import is_language
from content_packs.values import Value
from sync_node.school.limits import (
    QUIZ_QUESTIONS_MAX,
    QUIZ_SECONDS_MAX,
    QUIZ_SOURCE_BYTES_MAX,
)

SourceKind: TypeAlias = Literal["toml", "gift"]
FormKind: TypeAlias = Literal["choice", "multiple-choice", "text-entry", "numeric"]

_MODULE = "sync_node.school.quiz_main"


class QuizFault(msgspec.Struct, frozen=True):
    """What is wrong with a quiz. `line`: 0 where there is none; `severity`: error or warning."""

    severity: str
    line: int
    field: str
    message: str
    hint: str


class FaultyQuiz(InvalidContent):
    """A quiz with errors. `faults`: all that were found, warnings too."""

    code = "faulty-quiz"

    def __init__(self, faults: Sequence[QuizFault]) -> None:
        first = next((one for one in faults if one.severity == "error"), None)
        where = f"line {first.line}: " if first and first.line else ""
        super().__init__(
            f"the quiz can't be used: {where}{first.message if first else 'nothing in it'}",
            hint=first.hint if first else "Add a question.",
        )
        self.faults = tuple(faults)


class FormQuestion(Value, frozen=True):
    """A question out of a form. `right`: texts of right answers; `wrong`: of wrong options.

    A text entry and a number have no wrong ones. Empty texts are left out.
    """

    kind: FormKind
    prompt: str
    right: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    hint: str = ""


class Quiz(Value, frozen=True):
    """A quiz that can be shown and graded. `data`: its canonical bytes (EXERCISES.md)."""

    exercise: Exercise
    data: bytes
    warnings: tuple[QuizFault, ...] = ()


class _Said(msgspec.Struct):
    exercise: str
    faults: list[QuizFault]


def from_source(data: bytes, kind: SourceKind, *, language: str) -> Quiz:
    """Return the quiz that a TOML or GIFT text makes.

    `language`: of its texts, where they don't say it. Raises `FaultyQuiz`, `UsageError`.
    """
    if len(data) > QUIZ_SOURCE_BYTES_MAX:
        raise UsageError(
            f"{len(data)} bytes, at most {QUIZ_SOURCE_BYTES_MAX} are allowed",
            hint="Split it into several quizzes.",
        )
    said = _read_apart(data, kind, language if is_language(language) else "und")
    if not said.exercise:
        raise FaultyQuiz(said.faults)
    made = said.exercise.encode()
    return Quiz(codec.decode(made), made, tuple(said.faults))


def from_form(title: str, questions: Sequence[FormQuestion], *, language: str) -> Quiz:
    """Return the quiz that a filled form makes. Raises `FaultyQuiz`, `UsageError`."""
    if not 0 < len(questions) <= QUIZ_QUESTIONS_MAX:
        raise UsageError(f"a quiz has 1 to {QUIZ_QUESTIONS_MAX} questions", hint="Make two of it.")
    parts = [f"title = {_text(title)}"]
    parts += [_question(question) for question in questions]
    return from_source("\n".join(parts).encode(errors="replace"), "toml", language=language)


def _question(question: FormQuestion) -> str:
    right = [text for text in question.right if text.strip()]
    wrong = [text for text in question.wrong if text.strip()]
    parts = [
        "[[question]]",
        f"kind = {_text(question.kind)}",
        f"prompt = {_marked(question.prompt)}",
    ]
    if question.hint.strip():
        parts.append(f"hint = {_marked(question.hint)}")
    if question.kind in {"choice", "multiple-choice"}:
        options = [f"{{ text = {_marked(text)}, correct = true }}" for text in right]
        options += [f"{{ text = {_marked(text)} }}" for text in wrong]
        parts += [f"options = [ {', '.join(options)} ]", "shuffle = true"]
    elif question.kind == "numeric":
        parts.append(f"answers = [ {', '.join(f'{{ answer = {_text(t)} }}' for t in right)} ]")
    else:
        parts.append(f"answers = [ {', '.join(_text(text) for text in right)} ]")
    return "\n".join(parts)


def _marked(text: str) -> str:
    """Return a text with Markdown in it, in which a < is just that."""
    return _text(text.replace("<", "\\<"))


def _text(text: str) -> str:
    """Return a text as a TOML basic string: JSON's escapes are TOML's."""
    plain = text.strip().replace("\x7f", "").encode(errors="replace").decode()
    return json.dumps(plain, ensure_ascii=False)


def _read_apart(data: bytes, kind: SourceKind, language: str) -> _Said:
    try:
        done = subprocess.run(
            [sys.executable, "-m", _MODULE, kind, language],
            input=data,
            capture_output=True,
            timeout=QUIZ_SECONDS_MAX * 2,
            check=False,
        )
        if b"ModuleNotFoundError" in done.stderr:
            raise NotInstalled(
                "this box can't read quizzes: it lacks what renders them",
                hint="Install it: pip install 'satchel[node]'.",
            )
        return msgspec.json.decode(done.stdout, type=_Said)
    except (subprocess.TimeoutExpired, msgspec.DecodeError, OSError) as error:
        raise InvalidContent(
            "the quiz takes too much to be read", hint="Split it into several quizzes."
        ) from error
