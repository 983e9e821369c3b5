"""From an author's words to the model: renders texts, gives ids, and notes what is wrong.

TOML and GIFT differ in how a question is written; what it then means, and what makes it sound, is
the same for both.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from content_packs.exercises import rules
from content_packs.exercises.limits import CREDIT_FULL
from content_packs.exercises.model import (
    KINDS,
    Entry,
    Feedback,
    Gap,
    NumericAnswer,
    Option,
    Question,
    Row,
    TextAnswer,
)
from content_packs.fragments import is_outside
from content_packs.limits import TEXT_CHARACTERS_MAX
from content_packs.pages import render_inline

_GAP = re.compile(r"\{\{\s*([0-9]{1,3})\s*\}\}")
_OUTER_BLANKS = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


@dataclass(frozen=True)
class Note:
    """Where faults of one question go. Each takes a field, a message and a hint."""

    on_error: Callable[[str, str, str], None]
    warning: Callable[[str, str, str], None]
    _wrong: set[str] = field(default_factory=set)

    def error(self, where: str, message: str, hint: str) -> None:
        """Note what forbids building."""
        self._wrong.add(where)
        self.on_error(where, message, hint)

    def is_known(self, where: str) -> bool:
        """Say whether something is wrong there already: then what follows from it isn't news."""
        return any(where.startswith(known) or known.startswith(where) for known in self._wrong)


@dataclass(frozen=True)
class Answer:
    """An answer as an author gave it: an option, a text or a number."""

    text: str
    credit: int = 0
    feedback: str = ""
    tolerance: str = "0"


@dataclass(frozen=True)
class About:
    """What an author says of a question, of whatever kind it is."""

    id: str
    prompt: str = ""
    points: int = 1
    hint: str = ""
    correct: str = ""
    incorrect: str = ""
    picture: str = ""
    picture_alt: str = ""


@dataclass(frozen=True)
class Draft:
    """One question in the making. Every method that takes texts notes what is wrong in them."""

    about: About
    note: Note

    def finish(self, kind: str, **parts: Any) -> Question:
        """Return the question, having noted everything that makes it unsound."""
        about = self.about
        question = KINDS[kind](
            id=about.id,
            prompt=about.prompt,
            prompt_html=self.html("prompt", about.prompt),
            points=about.points,
            hint=about.hint,
            hint_html=self.html("hint", about.hint),
            feedback=Feedback(
                correct=about.correct,
                correct_html=self.html("feedback.correct", about.correct),
                incorrect=about.incorrect,
                incorrect_html=self.html("feedback.incorrect", about.incorrect),
            ),
            picture=about.picture,
            picture_alt=about.picture_alt,
            **parts,
        )
        if is_outside(about.picture):
            hint = "A school has no internet: put the picture beside the exercise, and name it."
            self.note.error("picture", f"{about.picture[:80]!r} is not in the pack", hint)
            return question
        for problem in rules.problems(question):
            if not self.note.is_known(problem.field):
                self.note.error(*problem)
        return question

    def html(self, where: str, text: str) -> str:
        """Return `text` as HTML."""
        return self._render(where, text)[0]

    def _render(self, where: str, text: str) -> tuple[str, str]:
        if not text or len(text) > TEXT_CHARACTERS_MAX:  # `rules` tells of its length
            return "", ""
        rendered = render_inline(text)
        for message, hint in rendered.problems:
            self.note.error(where, message, hint)
        return rendered.html, rendered.plain

    def options(self, where: str, answers: Sequence[Answer], *, hide: bool) -> tuple[Option, ...]:
        """Return options; `hide` that their ids would tell the order in which they were written."""
        ids = self._ids(where, len(answers), hide=hide)
        options = []
        for number, (id_, answer) in enumerate(zip(ids, answers, strict=True), 1):
            html, plain = self._render(f"{where}[{number}]", answer.text)
            feedback_html = self.html(f"{where}[{number}].feedback", answer.feedback)
            options.append(
                Option(id_, answer.text, html, plain, answer.credit, answer.feedback, feedback_html)
            )
        return tuple(options)

    def entries(self, where: str, texts: Sequence[str]) -> tuple[Entry, ...]:
        """Return entries whose ids don't tell their order."""
        ids = self._ids(where, len(texts), hide=True)
        return tuple(
            Entry(id_, text, *self._render(f"{where}[{number}]", text))
            for number, (id_, text) in enumerate(zip(ids, texts, strict=True), 1)
        )

    def text_answers(self, answers: Sequence[Answer]) -> tuple[TextAnswer, ...]:
        """Return texts that are accepted."""
        return tuple(
            TextAnswer(
                a.text, a.credit, a.feedback, self.html(f"answers[{n}].feedback", a.feedback)
            )
            for n, a in enumerate(answers, 1)
        )

    def numeric_answers(self, answers: Sequence[Answer]) -> tuple[NumericAnswer, ...]:
        """Return numbers that are accepted."""
        return tuple(
            NumericAnswer(
                a.text,
                a.tolerance,
                a.credit,
                a.feedback,
                self.html(f"answers[{n}].feedback", a.feedback),
            )
            for n, a in enumerate(answers, 1)
        )

    def rows(
        self, pairs: Sequence[tuple[str, str]], distractors: Sequence[str]
    ) -> tuple[tuple[Row, ...], tuple[Entry, ...]]:
        """Return rows, and the choices that they and the distractors make, each text once."""
        rights = dict.fromkeys([right for _, right in pairs])
        for number, text in enumerate(distractors, 1):
            if text in rights:
                message = f"{text[:80]!r} is the right side of a pair"
                self.note.error(f"distractors[{number}]", message, "Take it out.")
        choices = self.entries("choices", [*rights, *dict.fromkeys(distractors)])
        id_of = {choice.text: choice.id for choice in choices}
        rows = tuple(
            Row(left, *self._render(f"pairs[{number}]", left), id_of[right])
            for number, (left, right) in enumerate(pairs, 1)
        )
        return rows, choices

    def gapped(self, text: str, gaps: Sequence[Sequence[Answer]]) -> dict[str, Any]:
        """Return the parts of an inline choice; `text` has `{{1}}` where the first gap is."""
        if len(text) > TEXT_CHARACTERS_MAX:
            message = f"{len(text)} characters, at most {TEXT_CHARACTERS_MAX} are allowed"
            self.note.error("text", message, "Shorten it, or ask several questions.")
            text = ""
        found = [int(number) for number in _GAP.findall(text)]
        if not text:
            found = list(range(1, len(gaps) + 1))  # its lack is told, and enough
        for number in range(1, len(gaps) + 1):
            if found.count(number) != 1:
                message = f"has {{{{{number}}}}} {found.count(number)} times"
                self.note.error("text", message, "Write it once, where the gap is.")
        for number in sorted(set(found) - set(range(1, len(gaps) + 1))):
            message = f"has {{{{{number}}}}}, but there are {len(gaps)} gaps"
            self.note.error("gaps", message, "Add a gap, or take it out of the text.")
        pieces = _GAP.split(text)[::2]
        in_text_order = [number for number in found if 1 <= number <= len(gaps)]
        return {
            "pieces": tuple(pieces),
            "pieces_html": tuple(self._piece(piece) for piece in pieces),
            "gaps": tuple(
                Gap(self.options(f"gaps[{number}].options", gaps[number - 1], hide=False))
                for number in in_text_order
            ),
        }

    def _piece(self, text: str) -> str:
        blanks = _OUTER_BLANKS.fullmatch(text)
        if blanks is None or not blanks.group(2):
            return " " if text else ""
        before, middle, after = blanks.groups()
        return f"{' ' * bool(before)}{self.html('text', middle)}{' ' * bool(after)}"

    def _ids(self, where: str, count: int, *, hide: bool) -> list[str]:
        """Return ids from 1. They depend on the question's id alone, not on its words.

        So they are the same in each of its languages.
        """
        ids = [str(number) for number in range(1, count + 1)]
        if hide:
            ids.sort(key=lambda id_: _scrambled(f"{self.about.id}/{where}/{id_}"))
        return ids


def _scrambled(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def right(text: str, feedback: str = "") -> Answer:
    """Return an answer that earns full credit."""
    return Answer(text, CREDIT_FULL, feedback)
