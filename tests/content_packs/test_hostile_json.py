"""Canonical JSON that somebody bent: each refused, with what is wrong with it."""

import pytest

from content_packs import canonical_json
from content_packs.errors import InvalidContent

HOSTILE = {
    "nothing at all": (b"", "not JSON"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', "not JSON"),
    "UTF-16": ('{"a":1}'.encode("utf-16-le"), "not JSON"),
    "bytes that are no UTF-8": (b'{"a":"\xff"}', "not UTF-8 at byte 6"),
    "an overlong slash": (b'"\xc0\xaf"', "not UTF-8 at byte 1"),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "not UTF-8"),
    "an escaped lone surrogate": (b'"\\ud800"', "lone surrogate"),
    "white space before": (b' {"a":1}', "not canonical at byte 0"),
    "white space inside": (b'{"a": 1}', "not canonical at byte 5"),
    "a new line at the end": (b'{"a":1}\n', "not canonical"),
    "the same key twice": (b'{"a":1,"a":2}', "not canonical"),
    "the same key twice, one escaped": (b'{"\\u0061":1,"a":2}', "not canonical"),
    "keys out of order": (b'{"b":1,"a":2}', "not canonical"),
    "a needless escape": (b'"\\u0061"', "not canonical"),
    "an escaped slash": (b'"\\/"', "not canonical"),
    "an upper-case escape": (b'"\\u001F"', "not canonical"),
    "a raw control character": (b'"\x01"', "not JSON"),
    "NaN": (b'{"a":NaN}', "NaN isn't an integer"),
    "infinity": (b"[-Infinity]", "Infinity isn't an integer"),
    "a fraction": (b"[1.0]", "1.0 isn't an integer"),
    "an exponent": (b"[1e3]", "1e3 isn't an integer"),
    "minus zero": (b"[-0]", "not canonical"),
    "a leading zero": (b"[01]", "not JSON"),
    "a plus sign": (b"[+1]", "not JSON"),
    "an integer past 2^53": (b"[9007199254740992]", "past 2"),
    "an integer of a million digits": (b"[" + b"9" * 1_000_000 + b"]", "past 2"),
    "nested a hundred thousand deep": (b"[" * 100_000, "nested more than 32"),
    "nested 33 deep": (b'{"a":' * 33 + b"1" + b"}" * 33, "nested more than 32"),
    "nesting behind a quote in a string": (b'["\\"",' * 40 + b"1" + b"]" * 40, "nested more"),
    "two values": (b"{}{}", "not JSON"),
    "a trailing comma": (b"[1,]", "not JSON"),
    "a comment": (b"/* */{}", "not JSON"),
    "single quotes": (b"{'a':1}", "not JSON"),
    "more bytes than allowed": (b'"' + b"a" * 2_000_000 + b'"', "more than the 1500000 allowed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused(name: str) -> None:
    data, part = HOSTILE[name]
    with pytest.raises(InvalidContent) as refusal:
        canonical_json.decode(data, bytes_max=1_500_000, what="the test")
    assert part in refusal.value.message
    assert refusal.value.message.startswith("the test: ")
    assert len(refusal.value.message) < 300
