"""Header fields are read as RFC 8941 says, or refused with the place where they stop being one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from content_packs.structured_fields import (
    InnerList,
    Item,
    Member,
    Token,
    parse_dictionary,
    serialise,
    serialise_dictionary,
)

keys = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
tokens = st.from_regex(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}", fullmatch=True).map(Token)
bare_items = (
    st.integers(-(10**15) + 1, 10**15 - 1)
    | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
    | st.binary(max_size=12)
    | st.booleans()
    | tokens
)
parameters = st.dictionaries(keys, bare_items, max_size=3)
items = st.builds(Item, bare_items, parameters)
inner_lists = st.builds(InnerList, st.lists(items, max_size=4).map(tuple), parameters)
dictionaries = st.dictionaries(keys, items | inner_lists, max_size=4)


def parse(text: str) -> dict[str, Member]:
    return parse_dictionary(text, what="test")


@given(dictionaries)
def test_what_is_written_is_read(members: dict[str, Member]) -> None:
    text = serialise_dictionary(members)
    found = parse(text)
    assert found == members
    assert list(found) == list(members)
    assert serialise_dictionary(found) == text


@given(st.text(max_size=40) | st.text('abc=();,:?"\\01-. *', max_size=30))
def test_whatever_comes_is_a_dictionary_or_refused_in_words(text: str) -> None:
    try:
        found = parse(text)
    except InvalidContent as error:
        refusal = error.message
    else:
        assert parse(serialise_dictionary(found)) == found
        return
    assert refusal.startswith("test: ")


READ = {
    "": {},
    "a": {"a": Item(True, {})},
    "a, b": {"a": Item(True, {}), "b": Item(True, {})},
    "a=1,\tb=2": {"a": Item(1, {}), "b": Item(2, {})},
    "  a=1  ": {"a": Item(1, {})},
    "a=1, a=2": {"a": Item(2, {})},
    "a;x;y=?0": {"a": Item(True, {"x": True, "y": False})},
    "a=1; x=-5": {"a": Item(1, {"x": -5})},
    "a=()": {"a": InnerList((), {})},
    'a=(  "x"  y  )': {"a": InnerList((Item("x", {}), Item(Token("y"), {})), {})},
    'a=("x";k=1 2);t=:AAE=:': {
        "a": InnerList((Item("x", {"k": 1}), Item(2, {})), {"t": b"\x00\x01"})
    },
    r'a="q\"\\"': {"a": Item('q"\\', {})},
    "a=::": {"a": Item(b"", {})},
}


@pytest.mark.parametrize("text", READ)
def test_spellings_that_the_rfc_allows(text: str) -> None:
    assert parse(text) == READ[text]


REFUSED = [
    ",", "a,", "a, ", "A=1", "=1", "a=", "a =1", "a= 1", "a=1 b=2", "a=1;", "a=1;=2", "a=1;X",
    "a=(1", "a=(1 2", 'a=("x""y")', "a=((1))", "a=1.5", "a=1234567890123456", "a=--1", "a=-",
    'a="', 'a="\\x"', 'a="é"', "a='x'", "a=?2", "a=:", "a=:A:", "a=:A===:", "a=:-_:", "a=@1",
    "a\n", "a=1\n", "\ta=1", "a=１", "a=²",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_spellings_that_it_does_not(text: str) -> None:
    with pytest.raises(InvalidContent, match=r"^test: "):
        parse(text)


def test_it_says_where_it_stops_being_one() -> None:
    with pytest.raises(InvalidContent, match=r"at character 6: found '\"c', expected a string"):
        parse('a, b="c')


@pytest.mark.parametrize(
    "text",
    [
        "a" * 2_001,
        ", ".join(f"a{n}" for n in range(17)),
        "a=(" + " ".join("1" * 17) + ")",
        "a" + "".join(f";p{n}" for n in range(17)),
    ],
    ids=["characters", "members", "items", "parameters"],
)
def test_more_than_anybody_needs_is_refused(text: str) -> None:
    with pytest.raises(InvalidContent, match="more than"):
        parse(text)


@pytest.mark.parametrize("piece", ["(", '"', '"\\', ":", ";", "a;", "a=", " ", "a,", "*", "-1"])
def test_hostile_fields_cost_no_time(piece: str) -> None:
    started = time.process_time()
    for before in ("", "a=", "a=(", 'a="', "a;"):
        text = (before + piece * 2_000)[:2_000]
        try:
            parse(text)
        except InvalidContent:
            continue
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("value", ["é", "a\n", 10**15, Token("a b"), Token("")])
def test_what_no_header_can_hold_is_not_written(value: str | int) -> None:
    with pytest.raises(InvalidContent, match="can't stand in a header"):
        serialise(Item(value, {}))


def test_a_key_that_is_none_is_not_written() -> None:
    with pytest.raises(InvalidContent, match="is no key"):
        serialise_dictionary({"A b": Item(1, {})})
