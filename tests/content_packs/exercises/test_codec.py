"""What was built is read back; what is broken or hostile is refused, or its HTML cleaned."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs import canonical_json
from content_packs.errors import InvalidContent
from content_packs.exercises import codec, rules, toml_source
from content_packs.exercises.model import Exercise
from tests.content_packs.exercises.made import EVERY_KIND, exercises


def sound() -> Exercise:
    exercise, _ = toml_source.parse(EVERY_KIND, name="practice.en.quiz.toml")
    assert exercise is not None
    return exercise


def is_sound(exercise: Exercise) -> bool:
    return not any(rules.problems(question) for question in exercise.questions)


def test_every_kind_comes_back() -> None:
    assert codec.decode(codec.encode(sound())) == sound()


@settings(max_examples=40)
@given(exercises())
def test_every_sound_exercise_comes_back(exercise: Exercise) -> None:
    if is_sound(exercise):
        data = codec.encode(exercise)
        assert codec.decode(data) == exercise
        assert codec.encode(codec.decode(data)) == data
    else:
        with pytest.raises(InvalidContent):
            codec.encode(exercise)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(InvalidContent):
        codec.decode(data)


@settings(max_examples=40)
@given(st.data())
def test_no_bent_file_breaks_the_reader(data: st.DataObject) -> None:
    encoded = bytearray(codec.encode(sound()))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        codec.decode(bytes(encoded))
    except InvalidContent as error:
        assert error.message.startswith("exercise")  # noqa: PT017 - some bends do no harm


Value = dict[str, Any]


def bent(bend: Callable[[Value], object]) -> bytes:
    value = json.loads(codec.encode(sound()))
    bend(value)
    return canonical_json.encode(value)


HOSTILE: dict[str, tuple[Callable[[Value], object], str]] = {
    "a newer format": (lambda v: v.update(format=2, shiny=1), "not of format 1"),
    "no format": (lambda v: v.pop("format"), "not of format 1"),
    "an unknown field": (lambda v: v.update(extra=1), "unknown field `extra`"),
    "an unknown kind": (lambda v: v["questions"][0].update(kind="essay"), "Invalid value 'essay'"),
    "a wrong type": (lambda v: v["questions"][0].update(points="2"), "Expected `int`, got `str`"),
    "no questions": (lambda v: v.update(questions=[]), "0 questions, expected 1 to 200"),
    "many questions": (lambda v: v.update(questions=v["questions"] * 40), "280 questions"),
    "the same id twice": (lambda v: v["questions"][1].update(id="pick"), "'pick' stands twice"),
    "points past the bound": (lambda v: v["questions"][0].update(points=10**9), "is 1000000000"),
    "nothing right": (lambda v: v["questions"][0]["options"][0].pop("credit"), "none is right"),
    "the same option id": (lambda v: v["questions"][0]["options"][1].update(id="1"), "the same id"),
    "an option id with quotes": (
        lambda v: v["questions"][0]["options"][1].update(id='"><script>'),
        "one has an id that is not a name",
    ),
    "a question id with quotes": (lambda v: v["questions"][0].update(id='"'), "is not a name"),
    "a number that is none": (
        lambda v: v["questions"][3]["answers"][0].update(value="1e999999999"),
        "'1e999999999' is not a number",
    ),
    "a gap without its pieces": (lambda v: v["questions"][4].update(pieces=["a"]), "its 2 gaps"),
    "a row that leads nowhere": (
        lambda v: v["questions"][6]["rows"][0].update(right="9"),
        "its right side '9' isn't there",
    ),
    "a picture from elsewhere": (
        lambda v: v["questions"][0].update(picture="//evil.example/x.png"),
        "is not a file beside the exercise",
    ),
    "a text past its bound": (lambda v: v.update(title="x" * 5000), "title: 5000 characters"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused(what: str) -> None:
    bend, message = HOSTILE[what]
    with pytest.raises(InvalidContent) as caught:
        codec.decode(bent(bend))
    assert message in caught.value.message


def test_hostile_html_is_cleaned() -> None:
    evil = '<img src=x onerror="alert(1)"><script>alert(2)</script><a href="javascript:x">a</a>'

    def bend(value: Value) -> None:
        value["instructions_html"] = evil
        value["questions"][0]["prompt_html"] = evil
        value["questions"][0]["options"][0]["feedback_html"] = evil
        value["questions"][0]["feedback"]["correct_html"] = evil
        value["questions"][4]["pieces_html"][0] = evil
        value["questions"][6]["rows"][0]["html"] = evil

    found = codec.encode(codec.decode(bent(bend))).decode()
    for bad in ("onerror", "script", "alert"):
        assert bad not in found


def test_a_spelling_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(InvalidContent, match="canonical"):
        codec.decode(json.dumps(json.loads(codec.encode(sound()))).encode())


def test_a_file_past_the_bound_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InvalidContent, match="more than the 1048576 allowed"):
        codec.decode(b"[" * (1 << 20) + b"1")
