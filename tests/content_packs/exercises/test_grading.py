"""What an answer earns, by the rules of EXERCISES.md, section 4; whatever a browser sends."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.exercises import answers, grading, toml_source
from content_packs.exercises.grading import QuestionResult
from content_packs.exercises.model import (
    Exercise,
    InlineChoice,
    Match,
    MultipleChoice,
    Order,
    Question,
)
from tests.content_packs.exercises.made import EVERY_KIND, exercises
from tests.content_packs.exercises.test_codec import is_sound


def exercise() -> Exercise:
    found, _ = toml_source.parse(EVERY_KIND, name="practice.en.quiz.toml")
    assert found is not None
    return found


PICK, SEVERAL, WORD, NUMBER, GAPS, ORDER, MATCH = exercise().questions


def graded(question: Question, *values: str) -> QuestionResult:
    return grading.grade_question(question, list(values))


def test_a_choice_earns_what_its_option_says() -> None:
    assert (graded(PICK, "1").outcome, graded(PICK, "1").score) == ("correct", 2)
    assert (graded(PICK, "2").outcome, graded(PICK, "2").score) == ("partial", 1)
    assert (graded(PICK, "3").outcome, graded(PICK, "3").score) == ("incorrect", 0)


def test_two_answers_to_which_one_earn_nothing() -> None:
    assert graded(PICK, "1", "3").score == 0


def test_feedback_of_the_option_comes_before_the_questions() -> None:
    assert graded(PICK, "1").feedback_html == ("Two equal parts.", "Yes.")
    assert graded(PICK, "3").feedback_html == ("Look again.",)


def options(right: int, wrong: int) -> list[str]:
    assert isinstance(SEVERAL, MultipleChoice)
    rights = [option.id for option in SEVERAL.options if option.correct]
    wrongs = [option.id for option in SEVERAL.options if not option.correct]
    return rights[:right] + wrongs[:wrong]


@pytest.mark.parametrize(
    ("right", "wrong", "score"), [(3, 0, 3), (2, 0, 2), (3, 1, 2), (1, 1, 0), (0, 1, 0)]
)
def test_wrong_ticks_cost_what_right_ones_earn(right: int, wrong: int, score: int) -> None:
    assert graded(SEVERAL, *options(right, wrong)).score == score


def test_ticking_twice_counts_once() -> None:
    assert graded(SEVERAL, *options(1, 0) * 3).score == 1


@pytest.mark.parametrize(
    ("text", "score"),
    [("Evaporation", 1), (" ＥＶＡＰＯＲＡＴＩＯＮ ", 1), ("evaporating", 0.5), ("rain", 0)],
)
def test_a_text_earns_what_its_answer_says(text: str, score: float) -> None:
    assert graded(WORD, text).score == score


@pytest.mark.parametrize(
    ("text", "score"),
    [("50", 1), ("50.5 cm", 1), ("49,5", 1), ("５０", 1), ("100/2", 1), ("50.6", 0), ("nan", 0)],
)
def test_a_number_counts_within_its_tolerance(text: str, score: int) -> None:
    assert graded(NUMBER, text).score == score


def test_gaps_earn_their_share() -> None:
    assert isinstance(GAPS, InlineChoice)
    right = answers.right_response(GAPS)
    assert graded(GAPS, *right).score == 1
    half = graded(GAPS, right[0], "")
    assert (half.score, half.outcome, half.parts) == (Fraction(1, 2), "partial", (True, False))


def test_rows_earn_their_share() -> None:
    assert isinstance(MATCH, Match)
    heat, rain = answers.right_response(MATCH)
    assert graded(MATCH, heat, heat).score == 1
    assert graded(MATCH, rain, heat).score == 0
    assert graded(MATCH, heat, rain).parts == (True, True)


@pytest.mark.parametrize(
    ("places", "score"),
    [
        ((0, 1, 2, 3), 3),
        ((3, 0, 1, 2), 2),  # one item at the wrong end leaves the others in order
        ((1, 0, 2, 3), 1),
        ((3, 2, 1, 0), 0),
        ((0, 1, 0, 1), 1),
        ((0, 0, 0, 0), 0),
    ],
)
def test_an_order_earns_its_right_neighbours(places: tuple[int, ...], score: int) -> None:
    assert isinstance(ORDER, Order)
    assert graded(ORDER, *(ORDER.items[place].id for place in places)).score == score


def test_neighbours_must_be_side_by_side() -> None:
    assert isinstance(ORDER, Order)
    ids = [item.id for item in ORDER.items]
    assert graded(ORDER, ids[0], "", ids[1], "").score == 0


@pytest.mark.parametrize("values", [(), ("",), (" ", ""), ("\u3000",)])
def test_nothing_given_is_unanswered(values: tuple[str, ...]) -> None:
    for question in exercise().questions:
        found = graded(question, *values)
        assert (found.outcome, found.score, found.feedback_html) == ("unanswered", 0, ())


def test_the_right_answer_can_be_shown() -> None:
    shown = {q.id: [(p.of_html, p.html) for p in graded(q).answer] for q in exercise().questions}
    assert shown["pick"] == [("", "The left one")]
    assert shown["q3"] == [("", "evaporation")]
    assert shown["q4"] == [("", "50 cm")]
    assert shown["q5"] == [("", "evaporates"), ("", "hot")]
    assert shown["q6"][-1] == ("", "1")
    assert shown["q7"] == [("sun", "heat"), ("cloud", "rain")]


def test_a_texts_right_answer_is_escaped() -> None:
    text = '[[question]]\nkind = "text-entry"\nprompt = "p"\nanswers = ["<script>&"]'
    found, _ = toml_source.parse(text, name="a.quiz.toml")
    assert found is not None
    assert graded(found.questions[0]).answer[0].html == "&lt;script&gt;&amp;"


def test_the_whole_adds_up() -> None:
    right = {question.id: answers.right_response(question) for question in exercise().questions}
    result = grading.grade(exercise(), {**right, "pick": ["2"]})
    assert (result.score, result.points) == (12, 13)


@pytest.mark.parametrize(
    ("score", "shown"),
    [(Fraction(2), "2"), (Fraction(1, 2), "0.5"), (Fraction(2, 3), "0.67"), (Fraction(0), "0"),
     (Fraction(100), "100")],
)  # fmt: skip
def test_scores_are_shown_short(score: Fraction, shown: str) -> None:
    assert grading.shown_score(score) == shown


@settings(max_examples=40)
@given(exercises())
def test_the_right_answer_earns_everything(made: Exercise) -> None:
    if is_sound(made):
        right = {question.id: answers.right_response(question) for question in made.questions}
        result = grading.grade(made, right)
        assert result.score == result.points == made.points
        assert {question.outcome for question in result.questions} == {"correct"}


VALUES = st.one_of(
    st.sampled_from(["", "1", "2", "3", "nan", "inf", "1e400", "1/0", "½", "-0", "9" * 5000, "\0"]),
    st.text(max_size=20),
)
HOSTILE = st.dictionaries(
    st.sampled_from(["pick", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "_csrf", ""]),
    st.one_of(
        st.lists(VALUES, max_size=8),
        VALUES,
        st.none(),
        st.integers(),
        st.lists(st.none(), max_size=3),
    ),
)


@settings(max_examples=40)
@given(exercises() | st.just(exercise()), HOSTILE)
def test_no_answer_breaks_grading(made: Exercise, responses: dict[str, list[str]]) -> None:
    if is_sound(made):
        result = grading.grade(made, responses)
        assert len(result.questions) == len(made.questions)
        for found in result.questions:
            assert 0 <= found.score <= found.points
            assert (found.outcome == "correct") == (found.score == found.points)
        assert grading.grade(made, responses) == result


def test_endless_answers_are_not_looked_at() -> None:
    for question in exercise().questions:
        found = graded(question, *["x" * 100_000] * 10_000)
        assert len(found.given) == 100
        assert {len(value) for value in found.given} == {2000}
