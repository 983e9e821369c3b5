"""What a pupil typed, taken apart, and said in FTS5's language.

Each **term** is a run of Chinese or a word. A run of two characters or more asks for all of its
neighbouring pairs; one of a single character for that. A word asks for itself or
for another number of it, and, being the last that was typed, for what begins with it.

Tokens are letters, digits and marks (`words`), and are quoted all the same: nothing that is typed
means anything to FTS5.
"""

from collections.abc import Iterable, Sequence

import msgspec

from content_packs.values import Value
from sync_node.search import words
from sync_node.search.limits import (
    PARTS_MAX,
    PINYIN_LETTERS_MAX,
    QUESTION_CHARACTERS_MAX,
    RUN_TOKENS_MAX,
    TERMS_MAX,
    TEXT_PREFIX_LETTERS_MIN,
)


class Term(Value, frozen=True):
    """A run or a word, folded. `open`: it is still being typed, maybe."""

    text: str
    is_run: bool
    open: bool = False

    @property
    def token(self) -> str:
        """Return the token of a word, of a pair of characters, or of a single one."""
        return self.text if self.is_run else words.stem(self.text)

    def parts(self, *, of_texts: bool = False) -> tuple[str, ...]:
        """Return the expressions that all have to hold, of titles or of texts.

        Of texts, the first letters of a word that is still being typed ask for that word alone:
        they begin so many that a look at all would take longest of all, and titles have enough.
        """
        if not self.is_run:
            open_ = self.open and not (of_texts and len(self.text) < TEXT_PREFIX_LETTERS_MIN)
            return (self._word(open_=open_),)
        return tuple(f'"{token}"' for token in words.run_tokens(self.text)[:RUN_TOKENS_MAX])

    def _word(self, *, open_: bool) -> str:
        stem = words.stem(self.text)
        if open_:
            return f'("{stem}" OR "{self.text}"*)' if stem != self.text else f'"{self.text}"*'
        return f'"{stem}"'


class Question(Value, frozen=True):
    """What was asked: its terms, and the whole of it folded."""

    terms: tuple[Term, ...]
    whole: str

    @property
    def is_latin(self) -> bool:
        """Say whether it may be pinyin: nothing but words of the letters a to z."""
        return all(not t.is_run and t.text.isascii() and t.text.isalpha() for t in self.terms)

    def parts(self, *, of_texts: bool = False) -> list[str]:
        """Return the expressions of all terms, for titles or for texts."""
        parts = (part for term in self.terms for part in term.parts(of_texts=of_texts))
        return list(dict.fromkeys(parts))[:PARTS_MAX]

    def with_word(self, old: str, new: str) -> "Question":
        """Return the question with a word in place of another."""
        terms = tuple(
            msgspec.structs.replace(term, text=new, open=False)
            if term.text == old and not term.is_run
            else term
            for term in self.terms
        )
        return Question(terms, self.whole.replace(old, new))


# Words that say little where others are.
_SMALL = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "did", "do", "does", "for", "from",
    "how", "i", "in", "is", "it", "of", "on", "or", "the", "to", "was", "what", "when", "where",
    "which", "who", "why", "with",
})  # fmt: skip


def ask(text: str) -> Question:
    """Return what any text asks. One without letters and digits has no terms."""
    text = text[:QUESTION_CHARACTERS_MAX]
    found = [Term(piece.text, piece.is_run) for piece in words.pieces(text)][:TERMS_MAX]
    if any(term.text not in _SMALL for term in found[:-1]):
        # The last may be the beginning of another word, but not where a larger one says enough.
        found = [term for term in found if term.text not in _SMALL]
    else:
        found = [term for term in found[:-1] if term.text not in _SMALL] + found[-1:]
    distinct = list(dict.fromkeys(found))
    if found and not found[-1].is_run:
        # What comes last may be the beginning of a word, also where it stood there before.
        distinct.remove(found[-1])
        distinct.append(msgspec.structs.replace(found[-1], open=True))
    return Question(tuple(distinct), words.fold(text).strip())


def all_of(columns: str, parts: Iterable[str]) -> str:
    """Return the expression for rows in whose columns all parts are."""
    return f"{{{columns}}} : ({' AND '.join(parts)})"


def any_of(columns: str, parts: Iterable[str]) -> str:
    """Return the expression for rows in whose columns one of the parts is."""
    return f"{{{columns}}} : ({' OR '.join(parts)})"


def sounds(question: Question) -> str:
    """Return the expression for titles whose pinyin begins, somewhere, with each word."""
    return all_of("pinyin", [f'"{term.text[:PINYIN_LETTERS_MAX]}"*' for term in question.terms])


def both(expressions: Sequence[str]) -> str:
    """Return the expression for rows for which all of these hold."""
    return " AND ".join(f"({each})" for each in expressions)
