"""Every message has one spelling, is read back as it was, and what isn't one is refused by name."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from content_packs import messages
from content_packs.canonical_json import encode as canonical
from content_packs.courier import Courier
from content_packs.desired_state import DesiredState
from content_packs.errors import InvalidContent
from content_packs.limits import COURIER_BYTES_MAX, INTEGER_MAX
from content_packs.messages import Message
from content_packs.protocol import Claim, Credential, Receipt, StatusList, Time
from content_packs.reports import Report
from tests.support import protocol
from tests.support.strategies import json_values

KINDS: list[type[Message]] = [Claim, Credential, DesiredState, Receipt, Report, StatusList, Time]

any_message = st.one_of(
    protocol.claims,
    protocol.credentials,
    protocol.times,
    protocol.receipts,
    protocol.status_lists,
    protocol.desired_states,
    protocol.reports,
)


def kinds_of(kind: type[Message]) -> list[type[Message]]:
    below = kind.__subclasses__()
    return below + [one for each in below for one in kinds_of(each)]


def parts_of(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yield a type and all that it is made of, as msgspec takes it apart."""
    yield kind
    fields = kind.fields if isinstance(kind, inspect.StructType) else ()
    inner = [getattr(kind, name, None) for name in ("item_type", "key_type", "value_type")]
    inner += [*getattr(kind, "types", ()), *getattr(kind, "item_types", ())]
    for one in [*(field.type for field in fields), *inner]:
        if isinstance(one, inspect.Type):
            yield from parts_of(one)


def encode(message: Message) -> bytes:
    return messages.encode(message, bytes_max=100_000, what="test")


def decode(data: bytes, kind: type[Message]) -> Message:
    return messages.decode(data, kind, bytes_max=100_000, what="test")


@given(any_message)
def test_what_is_said_is_heard(message: Message) -> None:
    data = encode(message)
    assert decode(data, type(message)) == message
    assert json.loads(data)["format"] == 1
    assert canonical(json.loads(data)) == data


@pytest.mark.parametrize("kind", kinds_of(Message), ids=lambda kind: kind.__name__)
def test_each_number_has_bounds_and_nothing_is_of_any_type(kind: type[Message]) -> None:
    """What is read by its type alone can't hold what canonical JSON refuses."""
    for part in parts_of(inspect.type_info(kind)):
        assert not isinstance(part, inspect.AnyType | inspect.RawType | inspect.FloatType)
        if isinstance(part, inspect.IntType):
            assert part.ge is not None
            assert part.le is not None
            assert -INTEGER_MAX <= part.ge <= part.le <= INTEGER_MAX


@given(any_message)
def test_a_newer_speakers_further_fields_are_passed_over(message: Message) -> None:
    value = json.loads(encode(message)) | {"zzz_later": {"any": ["thing"]}}
    assert decode(canonical(value), type(message)) == message


@given(json_values | st.dictionaries(st.sampled_from(["format", "node", "number"]), json_values))
def test_whatever_json_comes_it_is_refused_in_words(value: object) -> None:
    for kind in KINDS:
        with pytest.raises(InvalidContent, match=r"^test: "):
            decode(canonical(value), kind)


@given(st.binary(max_size=80))
def test_whatever_bytes_come_they_are_refused_in_words(data: bytes) -> None:
    for kind in KINDS:
        with pytest.raises(InvalidContent, match=r"^test: "):
            decode(data, kind)


@given(any_message, json_values, st.data())
def test_one_field_that_somebody_bent_is_refused_by_its_name_or_means_something(
    message: Message, bent: object, data: st.DataObject
) -> None:
    value = json.loads(encode(message))
    name = data.draw(st.sampled_from(sorted(value)))
    value[name] = bent
    try:
        found = decode(canonical(value), type(message))
    except InvalidContent as error:
        refusal = error.message
    else:
        assert decode(encode(found), type(message)) == found
        return
    assert name in refusal
    assert len(refusal) < 400


@pytest.mark.parametrize("found", [2, 0, "1", True, None])
def test_another_format_is_refused_with_what_to_do(found: object) -> None:
    value = json.loads(encode(protocol.a_credential())) | {"format": found}
    with pytest.raises(InvalidContent, match=r"format .* expected 1") as refusal:
        decode(canonical(value), Credential)
    assert "update" in refusal.value.hint


def test_without_a_format_it_is_refused() -> None:
    value = json.loads(encode(protocol.a_credential()))
    del value["format"]
    with pytest.raises(InvalidContent, match="format None"):
        decode(canonical(value), Credential)


def test_spelt_with_white_space_it_is_refused() -> None:
    value = json.loads(encode(protocol.a_credential()))
    with pytest.raises(InvalidContent, match="not canonical"):
        decode(json.dumps(value, sort_keys=True).encode(), Credential)


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_bytes_are_refused_before_they_are_parsed(kind: type[Message]) -> None:
    with pytest.raises(InvalidContent, match="100001 bytes, more than the 100000 allowed"):
        decode(b"[" * 100_001, kind)


@pytest.mark.parametrize("unit", [b"{},", b"[],", b"0,", b"[[[[[[[[]]]]]]]],"])
def test_more_values_than_any_message_has_are_refused_before_they_fill_the_memory(
    unit: bytes,
) -> None:
    bomb = b"[" + unit * (COURIER_BYTES_MAX // len(unit) - 2) + b"0]"
    tracemalloc.start()
    with pytest.raises(InvalidContent, match=r"values, more than the 200000 allowed"):
        messages.decode(bomb, Courier, bytes_max=COURIER_BYTES_MAX, what="courier.json")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


NO_MOMENT = {
    "2026-11-21T12:00:00+08:00": "not in UTC",
    "2026-11-21T12:00:00": "timezone",
    "2026-11-21T12:00:00.5Z": "not to the second",
    "1969-12-31T23:59:59Z": "not in the years",
    "3000-01-01T00:00:00Z": "not in the years",
    "9999-12-31T23:59:59-23:59": "not in UTC",
    "0001-01-01T00:00:00Z": "not in the years",
    "2026-11-21T12:00:00+00:00": "one spelling",
    "2026-11-21T12:00:00-00:00": "one spelling",
    "2026-11-21 12:00:00Z": "one spelling",
    "2026-11-21t12:00:00z": "one spelling",
    "2026-11-21T12:00:00.0Z": "one spelling",
    "2026-11-21T12:00:00.0000001Z": "one spelling",
    "2026-13-01T00:00:00Z": "datetime",
    "2026-02-30T00:00:00Z": "datetime",
    "yesterday": "datetime",
    "": "datetime",
}


@pytest.mark.parametrize("text", NO_MOMENT)
def test_a_time_has_one_spelling(text: str) -> None:
    value = {"format": 1, "node": "n", "time": text}
    with pytest.raises(InvalidContent, match=NO_MOMENT[text]) as refusal:
        decode(canonical(value), Time)
    assert "time" in refusal.value.message


def test_a_time_to_be_said_is_cut_to_the_second_in_utc() -> None:
    there = timezone(timedelta(hours=8))
    time = messages.to_second(datetime(2026, 11, 21, 20, 0, 0, 999, there))
    assert time == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert b'"2026-11-21T12:00:00Z"' in encode(Time(time=time, node="n"))
    with pytest.raises(ValueError, match="not in UTC"):
        Time(time=datetime(2026, 11, 21, 20, tzinfo=there), node="n")


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "A", "a/b", "..", "a\n", "\na", "a" * 65, "é", "a.b"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    value = {"format": 1, "node": name, "time": "2026-11-21T12:00:00Z"}
    with pytest.raises(InvalidContent, match=r"\$\.node"):
        decode(canonical(value), Time)


def test_what_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(InvalidContent, match=r"\$\.node"):
        encode(Time(time=protocol.NOON, node="No Name"))
    with pytest.raises(InvalidContent, match="surrogate"):
        encode(Claim(code="0" * 11, key="0" * 64, nonce="0" * 32, model="\ud800"))
    with pytest.raises(InvalidContent, match=r"\$\.model"):
        encode(Claim(code="0" * 11, key="0" * 64, nonce="0" * 32, model="Pi\0"))
    with pytest.raises(InvalidContent, match="past 2"):
        encode(Credential(**{**_fields(protocol.a_credential()), "serial": 2**53}))
    with pytest.raises(InvalidContent, match="more than the 20 allowed"):
        messages.encode(protocol.a_credential(), bytes_max=20, what="test")


def _fields(message: Message) -> dict[str, object]:
    return {name: getattr(message, name) for name in message.__struct_fields__}
