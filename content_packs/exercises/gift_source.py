"""Exercises written in Moodle's GIFT (EXERCISES.md, section 3).

What each question is, and how its answers are cut, follows Moodle's own description of the format
(https://docs.moodle.org/en/GIFT_format): numerical if the answers start with `#`; choices if there
is a `~`; a match if there is `=` and `->`; true or false; else a short answer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from content_packs.exercises import gift_answers, gift_text
from content_packs.exercises.drafting import About, Draft, Note
from content_packs.exercises.gift_text import Block, Format, as_markdown
from content_packs.exercises.limits import GIFT_QUESTION_CHARACTERS_MAX, QUESTIONS_MAX
from content_packs.exercises.model import Exercise, Question
from content_packs.exercises.source_text import Head, Notes, finish, is_usable, language_of
from content_packs.faults import Fault

_GENERAL_FEEDBACK = "####"
_BLANK = r"\_\_\_\_\_"
_CLOSING = tuple(".,;:!?)。，；：！？）")
_TRUE, _FALSE = {"T", "TRUE"}, {"F", "FALSE"}
_TITLE = re.compile(r"::(.*?)::", re.DOTALL)
_SHOWN_CHARACTERS = 40


def parse(text: str, *, name: str) -> tuple[Exercise | None, list[Fault]]:
    """Return the exercise that a GIFT text makes, and what is wrong with it.

    `name` is the file's path: it names the file in faults and gives the language. The exercise is
    None where a fault is an error. Never raises.
    """
    notes = Notes(name)
    if not is_usable(text, notes):
        return None, notes.faults
    if gift_text.has_stand_ins(text):
        notes.error("", "has characters U+FDD0 to U+FDD7", "Take them out: they mean nothing.")
        return None, notes.faults
    language = language_of(name)
    questions: list[Question] = []
    blocks = gift_text.blocks(text.removeprefix("\ufeff"))
    # One past the bound is enough to be refused for.
    for number, block in enumerate(islice(blocks, QUESTIONS_MAX + 1), 1):
        question = _question(block, notes, number=number, language=language)
        if question:
            questions.append(question)
    head = notes.at(lambda _: 0)
    return finish(notes, head, Head(language), questions), notes.faults


@dataclass(frozen=True)
class Written:
    """A question taken apart: the text before and after its answers, the answers, the rest."""

    before: str
    after: str
    answers: str
    general: str
    format: Format
    language: str

    @property
    def prompt(self) -> str:
        """The text with a blank where the answers stood, if words follow them."""
        if not self.after:
            return as_markdown(self.before, self.format)
        return self.with_gap(_BLANK)

    def with_gap(self, gap: str) -> str:
        """Return the text with `gap` where the answers stood."""
        before = as_markdown(self.before, self.format)
        after = as_markdown(self.after, self.format)
        space = "" if after[:1] in _CLOSING else " "
        return f"{before} {gap}{space}{after}"


def _question(block: Block, notes: Notes, *, number: int, language: str) -> Question | None:
    if len(block.text) > GIFT_QUESTION_CHARACTERS_MAX:
        message = (
            f"{len(block.text)} characters, at most {GIFT_QUESTION_CHARACTERS_MAX} are allowed"
        )
        hint = "Shorten it. Is a blank line missing between questions?"
        notes.error(f"question[{number}]", message, hint, block.line)
        return None
    titled = _TITLE.match(block.text)
    title = gift_text.restored(titled.group(1)) if titled else ""
    text = block.text[titled.end() :].strip() if titled else block.text
    prefix = f"question[{number}]"
    if title:
        prefix += f" {title[:_SHOWN_CHARACTERS]!r}"

    def line_of(_: str) -> int:
        return block.line

    written = _take_apart(text, notes.at(line_of, prefix), language)
    if written is None:
        return None
    note = notes.at(line_of, f"{prefix} ")
    if gift_text.names_pictures(text):
        hint = "Write this exercise in TOML, which has picture = ..., or put it on a page."
        note.error("", "shows a picture, which GIFT can't carry", hint)
        return None
    return _KINDS[kind_of(written)](written, f"q{number}", note)


def _take_apart(text: str, note: Note, language: str) -> Written | None:
    opening, closing = text.find("{"), text.find("}")
    if opening < 0 and closing < 0:
        hint = "Put it on a page. Is it a question? Then its answers stand between { and }."
        note.warning("", "a description, without answers: left out", hint)
        return None
    if opening < 0 or closing < opening:
        hint = r"Answers stand between { and }; write \{ and \} in words and formulas."
        note.error("", "the braces don't match", hint + " A blank line ends a question.")
        return None
    answers = text[opening + 1 : closing].strip()
    after = text[closing + 1 :].strip()
    if "{" in answers or "{" in after or "}" in after:
        hint = r"Write \{ and \} in words and formulas; a blank line goes between questions."
        note.error("", "more braces than those of its answers", hint)
        return None
    answers, _, general = (
        answers.rpartition(_GENERAL_FEEDBACK) if _GENERAL_FEEDBACK in answers else (answers, "", "")
    )
    format_, before = gift_text.format_of(text[:opening], "moodle")
    if not answers.strip():
        hint = "Nothing here can grade it: put it on a page, for a talk in class."
        note.warning("", "an essay, with free text as its answer: left out", hint)
        return None
    return Written(before, after, answers.strip(), general, format_, language)


def kind_of(written: Written) -> str:
    """Return what Moodle would take a question for."""
    answers = written.answers
    if answers.startswith("#"):
        return "numerical"
    if "~" in answers:
        return "choice"
    if "=" in answers and "->" in answers:
        return "match"
    if answers.partition("#")[0].strip() in _TRUE | _FALSE:
        return "true or false"
    return "short answer"


def _about(
    written: Written, id_: str, *, prompt: str = "", right: str = "", wrong: str = ""
) -> About:
    def joined(specific: str) -> str:
        texts = (as_markdown(text, written.format) for text in (specific, written.general))
        return "\n\n".join(text for text in texts if text)

    return About(
        id=id_, prompt=prompt or written.prompt, correct=joined(right), incorrect=joined(wrong)
    )


def _choice(written: Written, id_: str, note: Note) -> Question:
    answers, several = gift_answers.choices(written.answers, written.format, note)
    if several:
        draft = Draft(_about(written, id_), note)
        return draft.finish(
            "multiple-choice", options=draft.options("options", answers, hide=True), shuffle=True
        )
    if not written.after:
        draft = Draft(_about(written, id_), note)
        options = draft.options("options", answers, hide=True)
        return draft.finish("choice", options=options, shuffle=True)
    about = _about(written, id_)
    draft = Draft(About(id=id_, correct=about.correct, incorrect=about.incorrect), note)
    return draft.finish("inline-choice", **draft.gapped(written.with_gap("{{1}}"), [answers]))


def _match(written: Written, id_: str, note: Note) -> Question:
    draft = Draft(_about(written, id_), note)
    pairs, distractors = gift_answers.pairs(written.answers, written.format, note)
    rows, choices = draft.rows(pairs, distractors)
    return draft.finish("match", rows=rows, choices=choices)


def _numerical(written: Written, id_: str, note: Note) -> Question:
    answers, wrong = gift_answers.numbers_in(written.answers, written.format, note)
    draft = Draft(_about(written, id_, wrong=wrong), note)
    return draft.finish("numeric", answers=draft.numeric_answers(answers))


def _short_answer(written: Written, id_: str, note: Note) -> Question:
    answers, wrong = gift_answers.texts_in(written.answers, written.format, note)
    draft = Draft(_about(written, id_, wrong=wrong), note)
    return draft.finish("text-entry", answers=draft.text_answers(answers))


def _true_or_false(written: Written, id_: str, note: Note) -> Question:
    word, wrong, right = [*written.answers.split("#", 2), "", ""][:3]
    draft = Draft(_about(written, id_, right=right, wrong=wrong), note)
    answers = gift_answers.true_and_false(written.language, is_true=word.strip() in _TRUE)
    return draft.finish("choice", options=draft.options("options", answers, hide=False))


_KINDS: dict[str, Callable[[Written, str, Note], Question]] = {
    "choice": _choice,
    "match": _match,
    "numerical": _numerical,
    "short answer": _short_answer,
    "true or false": _true_or_false,
}
