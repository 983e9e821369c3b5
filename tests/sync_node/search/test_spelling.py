"""One typo: what counts as one, and that the table finds what it parts."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from sync_node.search import schema, spelling

WORD = st.text("abcdefgh", min_size=4, max_size=10)


@st.composite
def mistyped(draw: st.DrawFn) -> tuple[str, str]:
    word = draw(WORD)
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from("abcdefghxyz"))
    typos = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ]
    return word, draw(st.sampled_from(typos))


def _database(*words: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    for statement in schema.TABLES.split(";"):
        database.execute(statement)
    spelling.Speller(database).add(set(words))
    return database


@given(mistyped())
def test_one_typo_is_told_and_found(pair: tuple[str, str]) -> None:
    word, typed = pair
    if typed == word:
        return
    assert spelling.is_one_typo(typed, word)
    assert spelling.is_one_typo(word, typed)
    if len(typed) >= 4:
        assert spelling.near(_database(word), typed) == [word]


@given(WORD, WORD)
def test_what_is_further_apart_is_not_one_typo(first: str, second: str) -> None:
    if spelling.is_one_typo(first, second):
        assert abs(len(first) - len(second)) <= 1
        assert spelling.forms(first) & spelling.forms(second)


def test_a_word_is_not_its_own_typo() -> None:
    assert spelling.near(_database("fraction"), "fraction") == []
    assert spelling.near(_database("fraction"), "fratcoin") == [], "two typos"
    assert spelling.near(_database("fraction"), "'; DROP TABLE near; --") == []
