"""The right answer of a question, in parts that a page can show, and the response that gives it."""

import html
from dataclasses import dataclass

from content_packs.exercises.model import (
    Choice,
    InlineChoice,
    Match,
    MultipleChoice,
    Numeric,
    Order,
    Question,
    TextEntry,
)


@dataclass(frozen=True)
class Part:
    """A right option, text, number, gap, place or row: `html` is a cleaned fragment or escaped.

    `of_html` is, for a match, the left side that `html` belongs to; else empty.
    """

    html: str
    of_html: str = ""


def right_response(question: Question) -> tuple[str, ...]:
    """Return the values that a form sends for the right answer."""
    match question:
        case Choice() | MultipleChoice():
            return tuple(option.id for option in question.options if option.correct)
        case TextEntry():
            return (max(question.answers, key=lambda answer: answer.credit).text,)
        case Numeric():
            return (max(question.answers, key=lambda answer: answer.credit).value,)
        case InlineChoice():
            rights = (option for gap in question.gaps for option in gap.options if option.correct)
            return tuple(option.id for option in rights)
        case Order():
            return tuple(item.id for item in question.items)
        case Match():
            return tuple(row.right for row in question.rows)


def right_answer(question: Question) -> tuple[Part, ...]:
    """Return the right answer: one part, or several for multiple choices, gaps, places and rows."""
    match question:
        case Choice() | MultipleChoice():
            return tuple(Part(option.html) for option in question.options if option.correct)
        case TextEntry():
            best_text = max(question.answers, key=lambda answer: answer.credit)
            return (Part(html.escape(best_text.text, quote=False)),)
        case Numeric():
            best = max(question.answers, key=lambda answer: answer.credit)
            return (Part(html.escape(f"{best.value} {question.unit}".strip(), quote=False)),)
        case InlineChoice():
            rights = (option for gap in question.gaps for option in gap.options if option.correct)
            return tuple(Part(option.html) for option in rights)
        case Order():
            return tuple(Part(item.html) for item in question.items)
        case Match():
            html_of = {choice.id: choice.html for choice in question.choices}
            return tuple(Part(html_of.get(row.right, ""), row.html) for row in question.rows)
