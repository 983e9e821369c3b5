"""Captions: an author hears of every line that a player would drop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.webvtt import parse

GOOD = """WEBVTT - with a title

NOTE a remark
over two lines

STYLE
::cue { color: white }

intro
00:00.000 --> 00:01.500 align:start position:10%
Half of a pizza
is one of two equal parts.

01:00:01.000 --> 01:00:02.000
又一句。
"""


def test_good_captions_are_read_whole() -> None:
    read = parse(GOOD)
    assert read.problems == ()
    assert [(cue.line, cue.start, cue.end) for cue in read.cues] == [
        (10, 0, 1500),
        (14, 3_601_000, 3_602_000),
    ]
    assert read.cues[0].text == "Half of a pizza\nis one of two equal parts."


def test_line_ends_of_windows_and_a_byte_order_mark_are_fine() -> None:
    assert parse("\ufeff" + GOOD.replace("\n", "\r\n")) == parse(GOOD)


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("WEBVTTX\n\n00:00.000 --> 00:01.000\nx", 1, "starts with"),
        ("1\n00:00:01,000 --> 00:00:02,000\nx", 1, "starts with"),
        ("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nx", 3, "SubRip"),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\nx", 3, "can't be read"),
        ("WEBVTT\n\n00:01.000-->00:02.000\nx", 3, "can't be read"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nx", 3, "ends before"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n\n00:01.000 --> 00:04.000\ny", 6, "above it"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\n", 3, "without text"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000\nx\n00:03.000 --> 00:04.000\ny", 3, "empty line"),
        ("WEBVTT\n\nlost words", 3, "no times"),
        ("WEBVTT\n\n00:02.000 --> 00:03.000 Hello\nx", 3, "no setting"),
        ("WEBVTT\n", 1, "no captions"),
    ],
)
def test_each_fault_has_its_line_and_its_words(body: str, line: int, words: str) -> None:
    problems = parse(body).problems
    assert [(p.line, p.message) for p in problems if words in p.message], problems
    assert next(p.line for p in problems if words in p.message) == line
    assert all(problem.hint for problem in problems)


@given(st.text(st.sampled_from("WEBVT\n\r\t 0123456789:.,->aNOTE中"), max_size=200))
def test_any_text_is_read_or_has_a_problem(text: str) -> None:
    for document in (text, f"WEBVTT\n\n{text}"):
        read = parse(document)
        assert read.cues or read.problems
        assert all(
            1 <= p.line <= document.count("\n") + document.count("\r") + 1 for p in read.problems
        )
