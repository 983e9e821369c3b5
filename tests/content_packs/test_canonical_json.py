"""One value has one spelling, and nothing else is taken."""

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import canonical_json
from content_packs.errors import InvalidContent
from content_packs.limits import INTEGER_MAX, JSON_COMMAS_MAX, JSON_DEPTH_MAX
from tests.support.strategies import json_values


def decode(data: bytes, bytes_max: int = 10_000_000) -> object:
    return canonical_json.decode(data, bytes_max=bytes_max, what="test")


@given(json_values)
def test_what_is_encoded_is_decoded_and_is_the_json_that_everyone_reads(value: object) -> None:
    data = canonical_json.encode(value)
    assert decode(data) == value
    assert json.loads(data) == value
    assert canonical_json.encode(json.loads(data)) == data


@given(json_values, st.data())
def test_no_second_spelling_is_taken(value: object, data: st.DataObject) -> None:
    spelling = json.dumps(
        value,
        ensure_ascii=data.draw(st.booleans()),
        indent=data.draw(st.sampled_from([None, 0, 2])),
        separators=data.draw(st.sampled_from([(",", ":"), (", ", ": ")])),
    ).encode()
    if spelling == canonical_json.encode(value):
        assert decode(spelling) == value
    else:
        with pytest.raises(InvalidContent, match="not canonical"):
            decode(spelling)


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0129ae.-+ tfn', max_size=30).map(str.encode))
def test_any_bytes_are_either_canonical_or_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except InvalidContent:
        return
    assert canonical_json.encode(value) == data


@pytest.mark.parametrize(
    "piece", [b'\\"', b'"', b"a", b"\\"], ids=["quotes", "ends", "a", "slashes"]
)
def test_a_string_without_an_end_is_refused_at_once(piece: bytes) -> None:
    """Read again from each quote, these would take hours."""
    started = time.process_time()
    with pytest.raises(InvalidContent):
        decode(b'"' + piece * 1_000_000)
    assert time.process_time() - started < 5


def test_keys_are_in_the_order_of_code_points() -> None:
    assert canonical_json.encode({"😀": 1, "�": 2, "a": 3, "Z": 4}) == (
        '{"Z":4,"a":3,"\ufffd":2,"😀":1}'.encode()
    )


def test_the_largest_integers_and_the_deepest_nesting_pass() -> None:
    deepest = b"[" * JSON_DEPTH_MAX + b"]" * JSON_DEPTH_MAX
    assert canonical_json.encode(decode(deepest)) == deepest
    for number in (INTEGER_MAX, -INTEGER_MAX):
        assert decode(str(number).encode()) == number


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (1.5, "float"),
        (INTEGER_MAX + 1, r"past 2\^53"),
        ("\ud800", "lone surrogate"),
        ({1: 2}, "isn't a string"),
        ({"a": {"b": b""}}, "bytes"),
        ({1, 2}, "set"),
    ],
)
def test_what_json_cannot_carry_is_not_encoded(value: object, part: str) -> None:
    with pytest.raises(InvalidContent, match=part):
        canonical_json.encode(value)


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A struct as documents are made of."""

    name: str
    others: dict[str, str] = {}
    counts: tuple[int, ...] = ()


_NAMED = st.builds(
    _Named,
    st.text(),
    st.dictionaries(st.text(), st.text(), max_size=4),
    st.lists(st.integers(-INTEGER_MAX, INTEGER_MAX), max_size=4).map(tuple),
)


@given(_NAMED)
def test_a_struct_has_the_bytes_of_its_value(value: _Named) -> None:
    data = canonical_json.encode_struct(value)
    assert data == canonical_json.encode(msgspec.to_builtins(value))
    assert canonical_json.decode_struct(data, _Named, bytes_max=len(data), what="x") == value


@given(_NAMED, st.integers(0), st.sampled_from([b" ", b"\n", b"1", b'"', b"\\u0041", b",", b".0"]))
def test_a_struct_is_read_from_its_canonical_bytes_only(
    value: _Named, place: int, more: bytes
) -> None:
    data = canonical_json.encode_struct(value)
    at = place % (len(data) + 1)
    other = data[:at] + more + data[at:]
    found = canonical_json.decode_struct(other, _Named, bytes_max=len(other), what="x")
    assert found is None or canonical_json.encode_struct(found) == other


def test_a_struct_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidContent, match="more than the 3 allowed"):
        canonical_json.decode_struct(b"{}  ", _Named, bytes_max=3, what="x")


def test_a_struct_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InvalidContent, match="surrogate"):
        canonical_json.encode_struct(_Named("\ud800"))


@pytest.mark.parametrize("member", [None, {}])
def test_what_is_encoded_is_never_deeper_than_a_reader_takes(member: object) -> None:
    value = [] if member is None else member
    for _ in range(JSON_DEPTH_MAX - 1):
        value = [value]
    assert decode(canonical_json.encode(value)) == value
    with pytest.raises(InvalidContent, match="nested more than 32 deep"):
        canonical_json.encode([value])


@pytest.mark.parametrize("piece", [b"[],", b'"ab",', b"0,", b'{"a":0},'])
def test_little_that_would_take_gigabytes_is_refused_unparsed(piece: bytes) -> None:
    data = b"[" + piece * JSON_COMMAS_MAX + b"0,0]"
    started = time.process_time()
    with pytest.raises(InvalidContent, match="8000001 commas, more than the 8000000 allowed"):
        decode(data, bytes_max=len(data))
    with pytest.raises(InvalidContent, match="8000001 commas"):
        canonical_json.decode_struct(data, _Named, bytes_max=len(data), what="x")
    assert time.process_time() - started < 1
