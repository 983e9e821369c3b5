"""What an exercise is made of: questions of seven kinds. EXERCISES.md gives each kind's QTI 3 name.

A text that pupils see stands three times: as the author wrote it (Markdown), as HTML made and
cleaned when the pack was built, and, where a form can't hold HTML, `plain`. Ids of what pupils
choose from say nothing of which is right. Numbers are strings, as `numbers` reads them: canonical
JSON has no fractions.
"""

from typing import TypeAlias

import msgspec

from content_packs.exercises.limits import CREDIT_FULL

FORMAT = 1


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts share: immutable, strict, defaults left out when written."""


class Entry(_Struct, frozen=True):
    """Something to choose, to put in order or to match."""

    id: str
    text: str
    html: str
    plain: str


class Option(_Struct, frozen=True):
    """An answer to choose. `credit`: the percentage that it earns, 100 for a right one."""

    id: str
    text: str
    html: str
    plain: str
    credit: int = 0
    feedback: str = ""
    feedback_html: str = ""

    @property
    def correct(self) -> bool:
        """Say whether it is a right answer."""
        return self.credit == CREDIT_FULL


class Feedback(_Struct, frozen=True):
    """What a pupil reads after answering."""

    correct: str = ""
    correct_html: str = ""
    incorrect: str = ""
    incorrect_html: str = ""


class TextAnswer(_Struct, frozen=True):
    """A text that is accepted, and the percentage that it earns."""

    text: str
    credit: int = CREDIT_FULL
    feedback: str = ""
    feedback_html: str = ""


class NumericAnswer(_Struct, frozen=True):
    """A number that is accepted, give or take `tolerance`, and the percentage that it earns."""

    value: str
    tolerance: str = "0"
    credit: int = CREDIT_FULL
    feedback: str = ""
    feedback_html: str = ""


class Gap(_Struct, frozen=True):
    """A gap in a text. One of its options is right."""

    options: tuple[Option, ...]


class Row(_Struct, frozen=True):
    """The left side of a pair; `right` is the id of the choice that belongs to it."""

    text: str
    html: str
    plain: str
    right: str


class _Question(_Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every question has. `picture` is a path relative to the exercise's file."""

    id: str
    prompt: str = ""
    prompt_html: str = ""
    points: int = 1
    hint: str = ""
    hint_html: str = ""
    feedback: Feedback = Feedback()
    picture: str = ""
    picture_alt: str = ""


class Choice(_Question, frozen=True, tag="choice"):
    """Choose one of several options."""

    options: tuple[Option, ...]
    shuffle: bool = False


class MultipleChoice(_Question, frozen=True, tag="multiple-choice"):
    """Choose all that are right."""

    options: tuple[Option, ...]
    shuffle: bool = False


class TextEntry(_Question, frozen=True, tag="text-entry"):
    """Write a word or a few."""

    answers: tuple[TextAnswer, ...]
    case_sensitive: bool = False


class Numeric(_Question, frozen=True, tag="numeric"):
    """Write a number. `unit` stands behind the field, and may be typed."""

    answers: tuple[NumericAnswer, ...]
    unit: str = ""


class InlineChoice(_Question, frozen=True, tag="inline-choice"):
    """Choose what belongs in the gaps of a text.

    `pieces` are the text before, between and after the gaps.
    """

    pieces: tuple[str, ...]
    pieces_html: tuple[str, ...]
    gaps: tuple[Gap, ...]


class Order(_Question, frozen=True, tag="order"):
    """Put items in order. They stand in the right one here: show them by `presenting`."""

    items: tuple[Entry, ...]


class Match(_Question, frozen=True, tag="match"):
    """Find what belongs to each row. A choice may belong to several rows, or to none."""

    rows: tuple[Row, ...]
    choices: tuple[Entry, ...]


Question: TypeAlias = Choice | MultipleChoice | TextEntry | Numeric | InlineChoice | Order | Match

KINDS: dict[str, type[Question]] = {
    "choice": Choice,
    "multiple-choice": MultipleChoice,
    "text-entry": TextEntry,
    "numeric": Numeric,
    "inline-choice": InlineChoice,
    "order": Order,
    "match": Match,
}


class Exercise(_Struct, frozen=True, kw_only=True):
    """Questions on a page. `title` may be empty: then the item's title is told by the lesson."""

    format: int
    language: str
    questions: tuple[Question, ...]
    title: str = ""
    instructions: str = ""
    instructions_html: str = ""

    @property
    def points(self) -> int:
        """The most that can be earned."""
        return sum(question.points for question in self.questions)

    @property
    def pictures(self) -> tuple[str, ...]:
        """The paths of its pictures, relative to its file, each once."""
        return tuple(dict.fromkeys(q.picture for q in self.questions if q.picture))


def kind_of(question: Question) -> str:
    """Return a question's kind as authors write it, such as `multiple-choice`."""
    return next(kind for kind, type_ in KINDS.items() if isinstance(question, type_))
