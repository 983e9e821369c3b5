"""How texts become tokens: whatever stands in a text is found by any part of it."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.search import words
from sync_node.search.limits import RUN_TOKENS_MAX
from sync_node.search.question import ask

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=20)
LATIN = st.text("abcdefghijklmnopqrstuvwxyzABCZéüÀ0123456789", min_size=1, max_size=20)


def tokens(*texts: str) -> set[str]:
    return set(words.tokens(*texts).text.split(" ")) - {""}


@given(st.text())
def test_any_text_gives_tokens_that_mean_nothing_to_fts5(text: str) -> None:
    for token in tokens(text):
        assert token
        assert not set(token) & set(" \t\n\"'*:^(){}+-.,;%")
        assert token == words.fold(token), "what is indexed is what a question asks for"


@given(st.text(), st.text())
def test_tokens_of_two_texts_are_those_of_each(first: str, second: str) -> None:
    assert tokens(first, second) == tokens(first) | tokens(second)


@given(HAN, st.data())
def test_any_stretch_of_chinese_is_found(run: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(run) - 1))
    stretch = run[start : data.draw(st.integers(start + 1, len(run)))]
    assert set(words.run_tokens(words.fold(stretch))[:RUN_TOKENS_MAX]) <= tokens(run)


@given(st.lists(st.one_of(HAN, LATIN), min_size=1, max_size=4))
def test_sqlite_takes_tokens_apart_as_they_were_put_together(texts: list[str]) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING fts5 (w, content='', tokenize='ascii')")
    database.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, 'row')")
    given_to_it = words.tokens(*texts).text
    database.execute("INSERT INTO t (rowid, w) VALUES (1, ?)", (given_to_it,))
    assert {term for (term,) in database.execute("SELECT term FROM v")} == tokens(*texts)


@given(st.lists(st.one_of(HAN, LATIN), min_size=1, max_size=4))
def test_words_are_told_apart_from_what_stands_in_runs(texts: list[str]) -> None:
    found = words.tokens(" ".join(texts)).words
    assert found <= tokens(" ".join(texts))
    asked = {piece.text for piece in words.pieces(" ".join(texts)) if not piece.is_run}
    assert asked <= found
    assert not any("\u4e00" <= character <= "\u9fff" for each in found for character in each)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("分数", {"分", "分数", "数"}),
        ("数", {"数"}),
        ("3D打印", {"3d", "打", "打印", "印"}),
        ("Ｆｕｌｌ　Ｗｉｄｔｈ", {"full", "width"}),
        ("Café Zürich", {"cafe", "zurich"}),
        ("cities, classes; bus", {"cities", "city", "classes", "classe", "bus"}),
        ("བོད་ཡིག", {"བོད", "ཡིག"}),
        ("ئۇيغۇرچە", {"ئۇيغۇرچە"}),
        ("½", {"1", "2"}),
    ],
)
def test_known_texts(text: str, expected: set[str]) -> None:
    assert tokens(text) == expected


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    question = ask(text)
    assert all(part.count('"') % 2 == 0 for part in question.parts())
    assert len(question.terms) <= 8
