"""What stands between the braces of a GIFT question: answers, their percentages and feedback."""

import re
from dataclasses import dataclass
from fractions import Fraction

from content_packs.exercises import numbers
from content_packs.exercises.drafting import Answer, Note
from content_packs.exercises.gift_text import Format, as_markdown, as_plain, restored
from content_packs.exercises.limits import CREDIT_FULL, OPTIONS_MAX

_WEIGHT = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{1,9})?)%")
_ANYTHING = "*"
_TRUE_AND_FALSE = {
    "en": ("True", "False"),
    "zh": ("对", "错"),
    "zh-Hant": ("對", "錯"),
    "zh-TW": ("對", "錯"),
    "zh-HK": ("對", "錯"),
}


@dataclass(frozen=True)
class _Raw:
    """One answer as written: after `=` or `~`, its percentage if given, its text, its feedback."""

    is_right: bool
    weight: Fraction | None
    text: str
    feedback: str

    @property
    def credit(self) -> Fraction:
        if self.weight is not None:
            return self.weight
        return Fraction(CREDIT_FULL if self.is_right else 0)


def _cut(answers: str) -> list[_Raw]:
    """Cut answers at `=` and `~`; what stands before the first is an answer after `=`."""
    parts = re.split(r"([=~])", answers)
    found = [("=", parts[0])] if parts[0].strip() else []
    found += list(zip(parts[1::2], parts[2::2], strict=True))
    # One past the bound is enough to be refused for.
    return [_raw(mark, text) for mark, text in found[: OPTIONS_MAX + 1]]


def _raw(mark: str, written: str) -> _Raw:
    weighted = _WEIGHT.match(written)
    weight = Fraction(weighted.group(1)) if weighted else None
    text, _, feedback = (written[weighted.end() :] if weighted else written).partition("#")
    return _Raw(mark == "=", weight, text, feedback)


def _credit(raw: _Raw) -> int:
    return round(min(max(raw.credit, Fraction(0)), Fraction(CREDIT_FULL)))


def _answer(raw: _Raw, text: str, format_: Format, credit: int) -> Answer:
    return Answer(text, credit, as_markdown(raw.feedback, format_))


def choices(answers: str, format_: Format, note: Note) -> tuple[list[Answer], bool]:
    """Return options, and whether several may be ticked: where none is marked with `=`."""
    raws = _cut(answers)
    several = not any(raw.is_right for raw in raws)
    if several:
        _check_shares([raw.credit for raw in raws if raw.credit > 0], note)
    found = []
    for raw in raws:
        credit = _credit(raw)
        if several:
            credit = CREDIT_FULL if raw.credit > 0 else 0
        elif raw.is_right:
            credit = CREDIT_FULL
        found.append(_answer(raw, as_markdown(raw.text, format_), format_, credit))
    if sum(raw.is_right for raw in raws) > 1:
        hint = "Mark one with =, or all right ones with ~%50% (their share) to have them ticked."
        note.error("options", "several answers are marked with =", hint)
    return found, several


def _check_shares(shares: list[Fraction], note: Note) -> None:
    if shares and max(shares) - min(shares) > 1:
        message = "right answers with different percentages: here each earns the same"
        note.warning("options", message, f"Give each ~%{CREDIT_FULL / len(shares):.5g}%.")


def pairs(answers: str, format_: Format, note: Note) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the pairs of a match, and its distractors: right sides without a left one."""
    found: list[tuple[str, str]] = []
    distractors: list[str] = []
    for written in answers.split("=", OPTIONS_MAX + 2)[: OPTIONS_MAX + 2]:
        if not written.strip():
            continue
        left, arrow, right = written.partition("->")
        if not arrow:
            message = f"{restored(written)[:80]!r} is not a pair"
            note.error("pairs", message, "Write =left -> right")
        elif left.strip():
            found.append((as_markdown(left, format_), as_markdown(right, format_)))
        else:
            distractors.append(as_markdown(right, format_))
    return found, distractors


def texts_in(answers: str, format_: Format, note: Note) -> tuple[list[Answer], str]:
    """Return texts that are accepted, and the feedback for any other."""
    found = []
    wrong = ""
    for raw in _cut(answers):
        text = as_plain(raw.text, format_)
        if text == _ANYTHING and not _credit(raw):
            wrong = raw.feedback
            continue
        if _ANYTHING in text:
            hint = "Write each answer out. Moodle would take any text in its place."
            note.warning("answers", f"the * in {text[:40]!r} stands for itself here", hint)
        found.append(_answer(raw, text, format_, _credit(raw)))
    return found, wrong


def numbers_in(answers: str, format_: Format, note: Note) -> tuple[list[Answer], str]:
    """Return numbers that are accepted, and the feedback for any other."""
    found = []
    wrong = ""
    for raw in _cut(answers.removeprefix("#")):
        text = restored(raw.text)
        if not raw.is_right or text == _ANYTHING:
            wrong = raw.feedback
            continue
        value, tolerance = _number(text, note)
        feedback = as_markdown(raw.feedback, format_)
        found.append(Answer(value, _credit(raw), feedback, tolerance))
    return found, wrong


def _number(text: str, note: Note) -> tuple[str, str]:
    """Return a number and its tolerance: `3`, `3:2` or `1..5`."""
    low, dots, high = text.partition("..")
    if dots:
        least, most = numbers.parse(low), numbers.parse(high)
        if least is None or most is None or least > most:
            message = f"{text[:80]!r} is not a range"
            note.error("answers", message, "Write the least and the most: 1..5")
            return "0", "0"
        return numbers.shown((least + most) / 2), numbers.shown((most - least) / 2)
    value, _, tolerance = text.partition(":")
    return value.strip(), tolerance.strip() or "0"


def true_and_false(language: str, *, is_true: bool) -> list[Answer]:
    """Return the two options of a true-or-false question, in the exercise's language."""
    words = _TRUE_AND_FALSE.get(language) or _TRUE_AND_FALSE.get(language.partition("-")[0])
    true, false = words or _TRUE_AND_FALSE["en"]
    return [
        Answer(true, CREDIT_FULL if is_true else 0),
        Answer(false, 0 if is_true else CREDIT_FULL),
    ]
