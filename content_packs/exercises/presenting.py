"""In what order things to choose are shown. The same seed gives the same order, every time.

A form is rendered anew on each request, so the order is computed, not remembered. A caller takes
the seed from what stays the same while a pupil answers: the pupil and the attempt.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from content_packs.exercises.model import (
    Choice,
    Entry,
    Match,
    MultipleChoice,
    Option,
    Order,
    Question,
)

_Shown = TypeVar("_Shown", Entry, Option)


def shuffled(question: Question, seed: str) -> tuple[Entry | Option, ...]:
    """Return what a pupil chooses from, in the order to show it.

    Options of a choice (mixed only with `shuffle`), items of an order (never in the right order),
    choices of a match; nothing for other kinds. The gaps of an inline choice keep their author's
    order.
    """
    match question:
        case Choice() | MultipleChoice():
            return (
                _mixed(question.options, question.id, seed)
                if question.shuffle
                else (question.options)
            )
        case Order():
            items = _mixed(question.items, question.id, seed)
            return items if items != question.items else (*items[1:], items[0])
        case Match():
            return _mixed(question.choices, question.id, seed)
        case _:
            return ()


def _mixed(entries: Sequence[_Shown], question: str, seed: str) -> tuple[_Shown, ...]:
    def key(entry: _Shown) -> bytes:
        text = f"{seed}\n{question}\n{entry.id}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    return tuple(sorted(entries, key=key))
