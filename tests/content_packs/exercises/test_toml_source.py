"""An author's TOML becomes an exercise, or every fault in it is told at once, with its line."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.exercises import toml_source
from content_packs.exercises.model import (
    Choice,
    InlineChoice,
    Match,
    MultipleChoice,
    Numeric,
    Order,
    TextEntry,
    kind_of,
)
from tests.content_packs.exercises.made import EVERY_KIND

NAME = "01-halves/practice.en.quiz.toml"


def faults_of(text: str) -> list[str]:
    exercise, faults = toml_source.parse(text, name=NAME)
    assert (exercise is None) == any(fault.severity == "error" for fault in faults)
    assert all(fault.hint for fault in faults), "a fault says what to do"
    return [str(fault) for fault in faults]


def test_every_kind_is_read() -> None:
    exercise, faults = toml_source.parse(EVERY_KIND, name=NAME)
    assert faults == []
    assert exercise is not None
    assert exercise.title == "Halves and quarters"
    assert exercise.language == "en"
    assert exercise.instructions_html == "Look at the <em>pictures</em>."
    assert [type(question) for question in exercise.questions] == [
        Choice, MultipleChoice, TextEntry, Numeric, InlineChoice, Order, Match,
    ]  # fmt: skip
    assert [question.id for question in exercise.questions] == [
        "pick", "q2", "q3", "q4", "q5", "q6", "q7",
    ]  # fmt: skip
    assert exercise.points == 13
    assert exercise.pictures == ("half.png",)


def test_texts_are_rendered_when_built() -> None:
    exercise, _ = toml_source.parse(EVERY_KIND, name=NAME)
    assert exercise is not None
    choice, several, *_ = exercise.questions
    assert "<strong>one half</strong>" in choice.prompt_html
    assert "<mfrac>" in choice.prompt_html
    assert isinstance(several, MultipleChoice)
    assert several.options[0].plain == "2/4"


def test_ids_do_not_tell_the_right_order() -> None:
    exercise, _ = toml_source.parse(EVERY_KIND, name=NAME)
    assert exercise is not None
    order, match = exercise.questions[5:]
    assert isinstance(order, Order)
    assert isinstance(match, Match)
    ids = [item.id for item in order.items]
    assert ids != sorted(ids)
    assert [row.right for row in match.rows] != [choice.id for choice in match.choices[::-1]]


def test_ids_are_the_same_in_each_language() -> None:
    chinese = EVERY_KIND.replace('"1"]', '"一"]').replace('"sun"', '"太阳"')
    one, _ = toml_source.parse(EVERY_KIND, name=NAME)
    other, _ = toml_source.parse(chinese, name=NAME.replace(".en.", ".zh."))
    assert one is not None
    assert other is not None
    assert other.language == "zh"
    for first, second in zip(one.questions, other.questions, strict=True):
        for part in ("options", "items", "choices"):
            ids = [entry.id for entry in getattr(first, part, ())]
            assert ids == [entry.id for entry in getattr(second, part, ())], kind_of(first)


def test_the_language_may_stand_in_the_text() -> None:
    exercise, _ = toml_source.parse(f'language = "zh-Hant"\n{EVERY_KIND}', name="a.quiz.toml")
    assert exercise is not None
    assert exercise.language == "zh-Hant"


def test_decimals_stay_exact() -> None:
    text = '[[question]]\nkind="numeric"\nprompt="p"\nanswer=0.1\ntolerance=1e-3'
    exercise, _ = toml_source.parse(text, name=NAME)
    assert exercise is not None
    question = exercise.questions[0]
    assert isinstance(question, Numeric)
    assert (question.answers[0].value, question.answers[0].tolerance) == ("0.1", "0.001")


QUESTION = '[[question]]\nkind = "{}"\nprompt = "p"\n'
CHOICE = QUESTION.format("choice") + 'options = [{ text = "a", correct = true }, { text = "b" }]\n'
ORDER = QUESTION.format("order")
NUMERIC = QUESTION.format("numeric")
INLINE = QUESTION.format("inline-choice")
MATCH = QUESTION.format("match")

FAULTY = {
    "not TOML": ("a = ", "3?not TOML: Invalid value"),
    "a text without quotes": ("title = Halves", ":1: not TOML"),
    "nested without end": ("a = " + "[" * 3000, "not TOML: nested too deeply"),
    "a number of 5000 digits": (f"points = {'9' * 5000}", "not TOML"),
    "empty": ("", "question: missing"),
    "no questions": ("question = []", "question: 0 questions, expected 1 to 200"),
    "questions that aren't tables": (
        "question = [1]",
        "question[1]: the number 1, expected a table",
    ),
    "a title that isn't a text": ("title = 1979-05-27\n" + CHOICE, ":1: title: a date or time"),
    "an unknown key": (CHOICE + 'promt = "x"', ":5: question[1].promt: not a key that means"),
    "a language that is none": (
        'language = "English"\n' + CHOICE,
        "language: 'English' is not a l",
    ),
    "no kind": ('[[question]]\nprompt="p"', ":1: question[1].kind: missing"),
    "an unknown kind": (QUESTION.format("chioce"), ":2: question[1].kind: 'chioce' is not a kind"),
    "a kind that is a number": ("[[question]]\nkind = 3", "'3' is not a kind of question"),
    "no prompt": (CHOICE.replace('prompt = "p"\n', ""), "question[1].prompt: missing"),
    "a prompt of 5000 characters": (
        CHOICE.replace('"p"', f'"{"p" * 5000}"'),
        ":3: question[1].prompt: 5000 characters, at most 4000",
    ),
    "an id that isn't a name": (CHOICE + 'id = "Q 1"', ":5: question[1].id: 'Q 1' is not a name"),
    "an id that stands twice": (
        CHOICE + 'id = "a"\n' + CHOICE + 'id = "a"',
        "id[2]: 'a' stands twice",
    ),
    "points of nothing": (CHOICE + "points = 0", "question[1].points: is 0"),
    "points in words": (CHOICE + 'points = "two"', "points: the text 'two', expected a whole n"),
    "points past counting": (CHOICE + f"points = {2**60}", "points: a number past 2^53 - 1"),
    "a broken formula": (
        CHOICE.replace('"p"', r"'half is $\frac{1$'"),
        r":3: question[1].prompt: the formula $\frac{1$ has a { without its }",
    ),
    "an unknown command": (CHOICE.replace('"p"', r"'$\halb$'"), r"has '\\halb', which isn't known"),
    "HTML in a text": (CHOICE.replace('"p"', '"<b>p</b>"'), "'<b>' is HTML"),
    "a picture in a text": (CHOICE.replace('"p"', '"![x](x.png)"'), "the picture 'x.png' inside"),
    "a link in a text": (CHOICE.replace('"p"', '"[x](x.html)"'), "prompt: a link to 'x.html'"),
    "a picture without words": (CHOICE + 'picture = "a.png"', "picture_alt: missing: the picture"),
    "a picture from the internet": (
        CHOICE + 'picture = "https://a.org/a.png"\npicture_alt = "a"',
        "picture: 'https://a.org/a.png' is not in the pack",
    ),
    "a picture from the disk": (
        CHOICE + 'picture = "/home/a.png"\npicture_alt = "a"',
        "picture: '/home/a.png' is not a file beside",
    ),
    "feedback that is a text": (
        CHOICE + 'feedback = "x"',
        "feedback: the text 'x', expected a table",
    ),
    "no options": (QUESTION.format("choice"), "question[1].options: missing"),
    "one option": (
        QUESTION.format("choice") + 'options = [{ text = "a", correct = true }]',
        "question[1].options: 1 given, expected 2 to 50",
    ),
    "options as texts": (
        QUESTION.format("choice") + 'options = ["a", "b"]',
        "question[1].options[1]: the text 'a', expected a table",
    ),
    "nothing right": (CHOICE.replace("correct = true", "feedback = 'x'"), "options: none is right"),
    "two right in a choice": (
        CHOICE.replace('"b"', '"b", correct = true'),
        "options: 2 are right, expected one",
    ),
    "correct in words": (
        CHOICE.replace("true", '"yes"'),
        "options[1].correct: the text 'yes', exp",
    ),
    "the same option twice": (CHOICE.replace('"b"', '"a"'), "options[2]: 'a' stands twice"),
    "an option without text": (CHOICE.replace('text = "b"', ""), "options[2].text: missing"),
    "more than full credit": (CHOICE.replace('"b"', '"b", credit = 120'), "credit: is 120"),
    "half right among several": (
        CHOICE.replace('"choice"', '"multiple-choice"').replace('"b"', '"b", credit = 50'),
        "options[2].credit: is 50, but here all right options earn the same",
    ),
    "no answers": (
        QUESTION.format("text-entry") + "answers = []",
        "answers: 0 given, expected 1 to",
    ),
    "answers that mean the same": (
        QUESTION.format("text-entry") + 'answers = ["Steam", "steam "]',
        "answers[2]: 'steam' stands twice",
    ),
    "no answer with full credit": (
        QUESTION.format("text-entry") + 'answers = [{ text = "a", credit = 50 }]',
        "answers: none earns full credit",
    ),
    "no number": (NUMERIC, "question[1].answer: missing"),
    "a number in words": (NUMERIC + 'answer = "half"', ":4: question[1].answer: 'half' is not a n"),
    "a number that is none": (NUMERIC + "answer = nan", "answer: 'NaN' is not a number"),
    "a number with two meanings": (NUMERIC + 'answer = "1,500"', "'1,500' can be read in two ways"),
    "a tolerance below nothing": (
        NUMERIC + "answer = 1\ntolerance = -1",
        ":5: question[1].tolerance: is -1",
    ),
    "a division by nothing": (NUMERIC + 'answer = "1/0"', "answer: '1/0' is not a number"),
    "a unit that is a story": (NUMERIC + f'answer = 1\nunit = "{"m" * 30}"', "unit: 30 characters"),
    "a gap that isn't in the text": (
        INLINE + 'text = "a b"\ngaps = [{ options = ["x", "y"], correct = "x" }]',
        "text: has {{1}} 0 times",
    ),
    "a text with a gap too many": (
        INLINE + 'text = "a {{1}} {{2}}"\ngaps = [{ options = ["x", "y"], correct = "x" }]',
        "gaps: has {{2}}, but there are 1 gaps",
    ),
    "a right word that isn't there": (
        INLINE + 'text = "a {{1}}"\ngaps = [{ options = ["x", "y"], correct = "z" }]',
        ":5: question[1].gaps[1].correct: 'z' is not one of the options",
    ),
    "no text for the gaps": (
        INLINE + 'gaps = [{ options = ["x", "y"], correct = "x" }]',
        "question[1].text: missing",
    ),
    "one item to order": (ORDER + 'items = ["a"]', "items: 1 given, expected 2 to 50"),
    "the same item twice": (ORDER + 'items = ["a", "b", "a"]', "items[3]: 'a' stands twice"),
    "items that aren't texts": (ORDER + "items = [true, []]", "items[1]: true, expected a text"),
    "half a pair": (MATCH + 'pairs = [["a", "b"], ["c"]]', "pairs[2]: not a pair of texts"),
    "one pair": (MATCH + 'pairs = [["a", "b"]]', "pairs: 1 given, expected 2 to 50"),
    "a left side twice": (
        MATCH + 'pairs = [["a", "b"], ["a", "c"]]',
        "pairs[2]: 'a' stands twice",
    ),
    "a distractor that is right": (
        MATCH + 'pairs = [["a", "b"], ["c", "d"]]\ndistractors = ["d"]',
        "distractors[1]: 'd' is the right side of a pair",
    ),
    "half of a character": ("title = '\ud800'", "has half of a character"),
    "a megabyte": ("#" + "x" * 1_100_000, "1100001 bytes, at most 1048576 are allowed"),
}


@pytest.mark.parametrize("what", FAULTY)
def test_a_faulty_exercise_gets_its_own_message(what: str) -> None:
    text, message = FAULTY[what]
    pattern = re.escape(message.removeprefix("3?"))
    found = faults_of(text)
    assert any(re.search(pattern, fault) for fault in found), found
    assert all(fault.startswith(NAME) for fault in found)


def test_one_thing_wrong_is_one_fault() -> None:
    for what, (text, _) in FAULTY.items():
        assert len(faults_of(text)) <= 2, what


def test_every_fault_is_told_at_once() -> None:
    text = "\n".join(
        FAULTY[what][0] for what in ("an unknown kind", "nothing right", "half a pair")
    )
    found = faults_of(text)
    assert [re.search(r"question\[(\d)\]", fault).group(1) for fault in found] == ["1", "2", "3"]  # type: ignore[union-attr]


def test_a_fault_in_a_list_has_the_line_of_its_member() -> None:
    faulty = EVERY_KIND.replace('"hot" },', '"warm" },').replace('text = "Neither"', 'txt = "N"')
    _, faults = toml_source.parse(faulty, name=NAME)
    lines = faulty.split("\n")
    for fault in faults:
        if "correct" in fault.field:
            assert '"warm"' in lines[fault.line - 1]
        else:
            assert 'txt = "N"' in lines[fault.line - 1]
    assert len(faults) == 3


def test_nested_tables_work_as_well() -> None:
    text = QUESTION.format("choice") + (
        '[[question.options]]\ntext = "a"\ncorrect = true\n[[question.options]]\ntext = ""\n'
    )
    assert faults_of(text) == [f"{NAME}:7: question[1].options[2].text: empty"]


PIECE = re.compile(r"[a-z_]+ = |\[\[question\]\]|[{}\[\],\n]|\"[a-z-]*\"|[0-9.]+|true")
TOKENS = st.sampled_from(
    [
        *PIECE.findall(EVERY_KIND),
        "\n[[question]]\n", '\nkind = "choice"\n', "\noptions = ", "'$\\frac{1}$'", "{{1}}", "nan",
    ]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(TOKENS, max_size=40).map("".join)))
def test_no_text_breaks_the_reader(text: str) -> None:
    faults_of(text)


@given(st.lists(st.sampled_from(EVERY_KIND.strip().split("\n")), max_size=40).map("\n".join))
def test_no_shuffled_lines_break_the_reader(text: str) -> None:
    faults_of(text)


@settings(max_examples=40)
@given(st.data())
def test_no_bent_exercise_breaks_the_reader(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EVERY_KIND)))
    end = data.draw(st.integers(start, min(len(EVERY_KIND), start + 30)))
    faults_of(EVERY_KIND[:start] + data.draw(st.text(max_size=5)) + EVERY_KIND[end:])


@pytest.mark.long
def test_a_file_made_to_be_slow_is_refused_in_time() -> None:
    for text in (
        '[[question]]\nkind = "x"\n' * 40_000,
        QUESTION.format("choice") + "options = [" + "1," * 300_000 + "]",
        INLINE + f'text = "{"{{1}}" * 100_000}"\ngaps = []',
        "".join(f"key{number} = 1\n" for number in range(60_000)),
    ):
        assert 0 < len(faults_of(text)) < 1_000
