"""A pupil's number and text mean the same on every keyboard."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.exercises import numbers, texts

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1/2", [HALF]),
        ("0.5", [HALF]),
        ("0,5", [HALF]),
        (".5", [HALF]),
        ("½", [HALF]),
        ("1 1/2", [3 * HALF]),
        ("1½", [3 * HALF]),
        ("-1 1/2", [-3 * HALF]),
        ("−½", [-HALF]),
        ("０．５", [HALF]),
        ("１／２", [HALF]),
        ("0。5", [HALF]),
        ("༡/༢", [HALF]),
        (" 1 / 2 ", [HALF]),
        ("50%", [HALF]),
        ("50 ％", [HALF]),
        ("2/4", [HALF]),
        ("5e-1", [HALF]),
        ("+3", [Fraction(3)]),
        ("1,500", [Fraction(3, 2), Fraction(1500)]),
        ("1,500,000", [Fraction(1_500_000)]),
        ("1 500,5", [Fraction(3001, 2)]),
        ("0,500", [HALF]),
        ("1/0", []),
        ("5²", []),
        ("①", []),
        ("", []),
        ("half", []),
        ("nan", []),
        ("inf", []),
        ("1e999", []),
        ("1/2/3", []),
        ("--1", []),
        ("0x10", []),
        ("1_000", []),
        ("9" * 61, []),
    ],
)
def test_what_a_number_means(text: str, meant: list[Fraction]) -> None:
    assert list(numbers.readings(text)) == meant


@pytest.mark.parametrize("text", ["5 cm", "5cm", "5 CM", "５ｃｍ", "5.0 cm", "5"])
def test_the_unit_may_be_typed(text: str) -> None:
    assert numbers.readings(text, unit="cm") == (Fraction(5),)


def test_a_percentage_asked_for_in_percent_is_not_divided() -> None:
    assert numbers.readings("50%", unit="%") == (Fraction(50),)


@given(st.text(max_size=70), st.text(max_size=5))
def test_no_text_breaks_the_reader(text: str, unit: str) -> None:
    assert len(numbers.readings(text, unit=unit)) <= 2


@given(st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6))
def test_what_is_shown_reads_back(value: Fraction) -> None:
    assert numbers.parse(numbers.shown(value)) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [(HALF, "0.5"), (Fraction(-5, 4), "-1.25"), (Fraction(1, 3), "1/3"), (Fraction(7), "7")],
)
def test_numbers_are_shown_as_people_write_them(value: Fraction, shown: str) -> None:
    assert numbers.shown(value) == shown


@pytest.mark.parametrize(
    "text", ["Evaporation", " evaporation ", "ＥＶＡＰＯＲＡＴＩＯＮ", "evap\u200boration"]
)
def test_texts_that_are_the_same_answer(text: str) -> None:
    assert texts.same(text, "evaporation", case_sensitive=False)


def test_blanks_between_words_count_once() -> None:
    assert texts.same("water\u3000 cycle", "water cycle", case_sensitive=False)
    assert not texts.same("watercycle", "water cycle", case_sensitive=False)


def test_case_counts_where_the_author_says_so() -> None:
    assert not texts.same("china", "China", case_sensitive=True)
    assert texts.same("Ｃhina", "China", case_sensitive=True)


@given(st.text(max_size=30))
def test_every_text_is_itself(text: str) -> None:
    for case_sensitive in (True, False):
        assert texts.same(text, text, case_sensitive=case_sensitive)
        assert texts.same(f" {text} ", text, case_sensitive=case_sensitive)
