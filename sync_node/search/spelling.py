"""One typo in a Latin word: a letter too many, too few, another one, or two that changed places.

A table holds each word that is indexed under itself and under each form that lacks one of its
letters ("deletes-1", after Garbe's SymSpell). Two words that are one typo apart share such a form;
what shares one is then compared. Words stay in the table when the last text with them goes: a
question asks the index anyway whether they are there.
"""

import re
import sqlite3

from sync_node.search.limits import (
    NEAR_WORDS_MAX,
    SPELT_LETTERS_MAX,
    SPELT_LETTERS_MIN,
    SPELT_WORDS_MAX,
    SPELT_WORDS_REMEMBERED,
)

_SPELT = re.compile(f"[a-z]{{{SPELT_LETTERS_MIN},{SPELT_LETTERS_MAX}}}")
_ASKED_TOGETHER = 200  # words in one question to SQLite


class Speller:
    """Adds words to the table."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._known: set[str] = set()
        self._count: int | None = None

    def add(self, words: set[str]) -> None:
        """Add those of words that a typo is mended in."""
        fresh = sorted(filter(_SPELT.fullmatch, words - self._known))
        if not fresh:
            return
        if len(self._known) > SPELT_WORDS_REMEMBERED:
            self._known.clear()
        self._known.update(fresh)
        for at in range(0, len(fresh), _ASKED_TOGETHER):
            self._add_new(fresh[at : at + _ASKED_TOGETHER])

    def forget(self) -> None:
        """Forget what is in the table: a transaction failed."""
        self._known.clear()
        self._count = None

    def _add_new(self, words: list[str]) -> None:
        marks = ", ".join("?" * len(words))
        rows = self._database.execute(
            f"SELECT word FROM spelt WHERE word IN ({marks})",  # noqa: S608  # question marks only
            words,
        )
        new = sorted(set(words) - {word for (word,) in rows})
        if self._count is None:
            self._count = self._database.execute("SELECT count(*) FROM spelt").fetchone()[0]
        new = new[: max(SPELT_WORDS_MAX - self._count, 0)]
        self._count += len(new)
        self._database.executemany("INSERT INTO spelt VALUES (?)", [(word,) for word in new])
        self._database.executemany(
            "INSERT OR IGNORE INTO near VALUES (?, ?)",
            sorted((form, word) for word in new for form in forms(word)),
        )


def forms(word: str) -> set[str]:
    """Return a word, and what is left of it without each of its letters."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def near(database: sqlite3.Connection, word: str) -> list[str]:
    """Return the words that are one typo away from `word`."""
    if not _SPELT.fullmatch(word):
        return []
    asked = sorted(forms(word))
    marks = ", ".join("?" * len(asked))
    rows = database.execute(
        f"SELECT DISTINCT word FROM near WHERE form IN ({marks}) LIMIT ?",  # noqa: S608  # marks
        (*asked, NEAR_WORDS_MAX * 4),
    )
    return [found for (found,) in rows if is_one_typo(word, found)][:NEAR_WORDS_MAX]


def is_one_typo(first: str, second: str) -> bool:
    """Say whether one letter too many, too few or another one, or one swap, parts two words."""
    if first == second:
        return False
    same = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if same is None:
        return abs(len(first) - len(second)) == 1
    a, b = first[same:], second[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[2:] == b[2:] and a[:2] == b[1::-1])
