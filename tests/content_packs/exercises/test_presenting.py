"""A form shows the same order each time it is rendered, and never gives an answer away by it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.exercises import presenting
from content_packs.exercises.model import Choice, Match, MultipleChoice, Order, Question
from tests.content_packs.exercises.made import questions
from tests.content_packs.exercises.test_grading import GAPS, MATCH, ORDER, PICK, SEVERAL


@settings(max_examples=40)
@given(questions(), st.text(max_size=10))
def test_the_same_seed_gives_the_same_order(question: Question, seed: str) -> None:
    shown = presenting.shuffled(question, seed)
    assert shown == presenting.shuffled(question, seed)
    for part in ("options", "items", "choices"):
        if entries := getattr(question, part, ()):
            assert sorted(entry.id for entry in shown) == sorted(entry.id for entry in entries)


@given(st.text(max_size=10))
def test_an_order_never_starts_solved(seed: str) -> None:
    assert isinstance(ORDER, Order)
    assert presenting.shuffled(ORDER, seed) != ORDER.items


def test_options_stay_as_written_without_shuffle() -> None:
    assert isinstance(PICK, Choice)
    assert presenting.shuffled(PICK, "any") == PICK.options


def test_other_seeds_give_other_orders() -> None:
    assert isinstance(SEVERAL, MultipleChoice)
    assert isinstance(MATCH, Match)
    for question in (SEVERAL, MATCH, ORDER):
        orders = {presenting.shuffled(question, str(seed)) for seed in range(20)}
        assert len(orders) > 1


def test_kinds_without_choices_have_nothing_to_mix() -> None:
    assert presenting.shuffled(GAPS, "any") == ()
