"""A file that Moodle exported becomes the same questions here, or says what can't be carried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.exercises import answers, gift_source, grading
from content_packs.exercises.model import (
    Choice,
    Exercise,
    InlineChoice,
    Match,
    MultipleChoice,
    Numeric,
    Question,
    TextEntry,
)

NAME = "01-halves/practice.en.gift"


def read(text: str, *, name: str = NAME) -> Exercise:
    exercise, faults = gift_source.parse(text, name=name)
    assert exercise is not None, [str(fault) for fault in faults]
    return exercise


def question(text: str) -> Question:
    (only,) = read(text).questions
    return only


def credits_of(text: str) -> dict[str, int]:
    found = question(text)
    assert isinstance(found, Choice | MultipleChoice)
    return {option.plain: option.credit for option in found.options}


def score(text: str, *given: str) -> float:
    exercise = read(text)
    return float(grading.grade(exercise, {exercise.questions[0].id: list(given)}).score)


def test_a_choice() -> None:
    text = "Who's there?{~Ann ~%50%Bo#close =no one#right}"
    assert credits_of(text) == {"Ann": 0, "Bo": 50, "no one": 100}
    found = question(text)
    assert isinstance(found, Choice)
    assert {option.plain: option.feedback for option in found.options}["Bo"] == "close"
    assert found.shuffle, "Moodle mixes them; here too, so that = first tells nothing"


def test_several_answers_to_tick() -> None:
    text = "Which are even? {~%-50%1 ~%50%2 ~%50%4 ~%-50%5}"
    assert isinstance(question(text), MultipleChoice)
    assert credits_of(text) == {"1": 0, "2": 100, "4": 100, "5": 0}


def test_a_missing_word() -> None:
    found = question("Water {~freezes =boils ~sleeps} at 100 °C.")
    assert isinstance(found, InlineChoice)
    assert found.pieces_html == ("Water ", " at 100 °C.")
    assert [option.plain for option in found.gaps[0].options] == ["freezes", "boils", "sleeps"]


@pytest.mark.parametrize(
    ("text", "right"),
    [("It rains.{T}", "True"), ("It rains.{FALSE}", "False"), ("It rains. { TRUE }", "True")],
)
def test_true_or_false(text: str, right: str) -> None:
    assert credits_of(text)[right] == 100


def test_true_or_false_speaks_the_files_language() -> None:
    (found,) = read("下雨了。{T}", name="practice.zh.gift").questions
    assert isinstance(found, Choice)
    assert [option.plain for option in found.options] == ["对", "错"]


def test_true_or_false_has_the_wrong_feedback_first() -> None:
    found = question("It rains.{F#It is dry.#Indeed.}")
    assert (found.feedback.incorrect, found.feedback.correct) == ("It is dry.", "Indeed.")


def test_a_short_answer() -> None:
    text = "Two plus two is {=four =%50%for#Nearly. =4}."
    found = question(text)
    assert isinstance(found, TextEntry)
    assert found.prompt_html == "Two plus two is _____."
    assert [(answer.text, answer.credit) for answer in found.answers] == [
        ("four", 100), ("for", 50), ("4", 100),
    ]  # fmt: skip
    assert score(text, "FOUR") == 1.0
    assert score(text, "for") == 0.5


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("Born?{#1822}", ["1822", "1822.0"], ["1823"]),
        ("Born?{#1822:5}", ["1817", "1827"], ["1828"]),
        ("Pi?{#3.141..3.142}", ["3.141", "3.142", "3.1415"], ["3.1409", "3.1421"]),
        ("Cold?{#-5..-1}", ["-5", "−1"], ["0"]),
    ],
)
def test_numbers_with_tolerance_and_ranges(text: str, right: list[str], wrong: list[str]) -> None:
    assert [score(text, one) for one in right] == [1.0] * len(right)
    assert [score(text, one) for one in wrong] == [0.0] * len(wrong)


def test_numbers_with_partial_credit_and_feedback_for_the_rest() -> None:
    text = "Born? {#\n=1822:0#Exactly.\n=%50%1822:2#Close.\n~#Look it up.\n}"
    found = question(text)
    assert isinstance(found, Numeric)
    assert [answer.feedback for answer in found.answers] == ["Exactly.", "Close."]
    assert found.feedback.incorrect == "Look it up."
    assert [score(text, one) for one in ("1822", "1824", "1825")] == [1.0, 0.5, 0.0]


def test_a_match_with_a_distractor() -> None:
    found = question("Capitals?{=Canada -> Ottawa =Italy->Rome = -> Paris}")
    assert isinstance(found, Match)
    assert [row.plain for row in found.rows] == ["Canada", "Italy"]
    assert sorted(choice.plain for choice in found.choices) == ["Ottawa", "Paris", "Rome"]


def test_general_feedback_goes_with_every_answer() -> None:
    found = question("It rains.{T#no#yes####Look outside.}")
    assert found.feedback.correct == "yes\n\nLook outside."
    assert found.feedback.incorrect == "no\n\nLook outside."


def test_comments_categories_and_titles_are_left_out() -> None:
    exercise = read(
        "// question: 7  name: x\n$CATEGORY: top/maths\n\n"
        "// a comment\n::Rain\\: part 1::It rains.{T}\n// inside\n\n\n::Sun::It shines.{F}\n"
    )
    assert [one.prompt for one in exercise.questions] == ["It rains.", "It shines."]
    assert [one.id for one in exercise.questions] == ["q1", "q2"]


def test_escaped_characters_are_words() -> None:
    text = r"What is 1 \= \{1\}\: \#\~ \\ ok? {=\= 2#\#1 ~ \~ a}"
    found = question(text)
    assert found.prompt_html == r"What is 1 = {1}: #~ \ ok?"
    assert credits_of(text) == {"= 2": 100, "~ a": 0}


def test_a_newline_escape_parts_paragraphs_but_not_commands() -> None:
    found = question(r"One\n\nTwo $a \neq b$ {T}")
    assert found.prompt_html.startswith("One<br><br>Two <math")
    assert "≠" in found.prompt_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("2*3*4 and a_b_c{T}", "2*3*4 and a_b_c"),
        ("[plain]a <b>b</b>{T}", "a &lt;b&gt;b&lt;/b&gt;"),
        ("[markdown]a **b**{T}", "a <strong>b</strong>"),
        ("[html]<p>a <b>b</b> &amp; c</p><p>d</p>{T}", "a <strong>b</strong> &amp; c<br><br>d"),
        ("[moodle]a <i>b</i>{T}", "a <em>b</em>"),
        ("a < b and c > d{T}", "a &lt; b and c &gt; d"),
        ("[html]<script>alert(1)</script>x{T}", "x"),
    ],
)
def test_formats_of_texts(text: str, html: str) -> None:
    assert question(text).prompt_html == html


def test_formulas_as_moodle_writes_them() -> None:
    for text in (r"$$\\frac\{1\}\{2\}$${T}", r"\\(\\frac\{1\}\{2\}\\){T}", r"$\frac\{1\}\{2\}${T}"):
        assert question(text).prompt_html.startswith('<math display="inline"'), text


FAULTY = {
    "an essay": ("Why? {}", "warning", "an essay, with free text as its answer: left out"),
    "a description": ("Read this.", "warning", "a description, without answers: left out"),
    "an open brace": ("Why? {=a", "error", "the braces don't match"),
    "a closing brace": ("Why? =a}", "error", "the braces don't match"),
    "a blank line in the answers": ("Why? {=a\n\n~b}", "error", "the braces don't match"),
    "a formula not escaped": (r"$\frac{1}{2}$ {T}", "error", "more braces than those of its answ"),
    "two answers in one": ("a {=b} c {=d}", "error", "more braces than those of its answers"),
    "one option": ("Why? {~a}", "error", "options: 1 given, expected 2 to 50"),
    "nothing right": ("Why? {~a ~b}", "error", "options: none is right"),
    "two right ones": ("Why? {=a =b ~c}", "error", "several answers are marked with ="),
    "unequal shares": ("Why? {~%80%a ~%20%b ~c}", "warning", "right answers with different perc"),
    "an empty option": ("Why? {=a ~}", "error", "options[2]: empty"),
    "half a pair": ("Why? {=a->b =c}", "error", "pairs: 'c' is not a pair"),
    "one pair": ("Why? {=a->b}", "error", "pairs: 1 given, expected 2 to 50"),
    "a number in words": ("How many? {#two}", "error", "answers[1]: 'two' is not a number"),
    "a range backwards": ("How many? {#5..1}", "error", "answers: '5..1' is not a range"),
    "no number": ("How many? {#}", "error", "answers: 0 given, expected 1 to 50"),
    "a wildcard": ("Who? {=Ann*}", "warning", "the * in 'Ann*' stands for itself here"),
    "a picture": ('[html]<img src\\="a.png"> What? {T}', "error", "shows a picture"),
    "no question before": ("{T}", "error", "prompt: missing"),
    "a broken formula": (r"[markdown]$\\frac\{1$ {T}", "error", "has a { without its }"),
    "nothing at all": ("// only a comment", "error", "0 questions, expected 1 to 200"),
    "stand-ins": ("It rains\ufdd0.{T}", "error", "has characters U+FDD0 to U+FDD7"),
    "half of a character": ("It rains\ud800.{T}", "error", "has half of a character"),
}


@pytest.mark.parametrize("what", FAULTY)
def test_what_cannot_be_carried_is_told(what: str) -> None:
    text, severity, message = FAULTY[what]
    sound = "::Sound::It rains.{T}\n\n" if what != "nothing at all" else ""
    exercise, faults = gift_source.parse(f"{sound}{text}\n", name=NAME)
    met = [fault for fault in faults if message in str(fault)]
    assert met, [str(fault) for fault in faults]
    assert met[0].severity == severity
    assert met[0].hint
    assert (exercise is None) == (severity == "error")


def test_a_fault_names_the_line_and_the_title() -> None:
    _, faults = gift_source.parse("It rains.{T}\n\n// x\n::Sum::1+1?{#two}\n", name=NAME)
    assert [str(fault) for fault in faults] == [
        f"{NAME}:4: question[2] 'Sum' answers[1]: 'two' is not a number"
    ]


EVERYTHING = r"""
Choose{~a =b} here.

::T::Which?{~%50%a ~%50%b ~c####d}

Born?{#1822:5 =%50%1..3 ~#no}

Match{=a->b =c->d}

[html]<b>x</b>{F#no}

What\: \{x\}?{=one =%20%two#f}
"""


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(list("{}=~#%:->\\\n$[] aT1.*")), max_size=60).map("".join),
        st.lists(st.sampled_from(EVERYTHING.split("\n")), max_size=20).map("\n".join),
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    exercise, faults = gift_source.parse(text, name=NAME)
    assert (exercise is None) == any(fault.severity == "error" for fault in faults)
    if exercise:
        right = {one.id: answers.right_response(one) for one in exercise.questions}
        assert grading.grade(exercise, right).score == exercise.points


def test_a_file_made_to_be_slow_is_refused_in_time() -> None:
    for text in (r"\(" * 100_000 + "{T}", "a{" + "~x" * 200_000 + "}", "a {T}\n\n" * 20_000):
        exercise, faults = gift_source.parse(text, name=NAME)
        assert exercise is None
        assert len(faults) == 1
