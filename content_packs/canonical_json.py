"""Canonical JSON: one byte-exact encoding of a value, and a decoder that takes nothing else.

The encoding: UTF-8, no white space, object keys sorted by code point, the shortest escapes,
integers only (no fractions, no exponents) within ±(2^53 - 1), no lone surrogates. It is RFC 8785
(JCS) without numbers that aren't integers, but for keys with characters past the BMP, which JCS
sorts by UTF-16 unit.

The decoder checks size and depth before it parses, and that encoding the result gives the same
bytes again: duplicate keys, NaN, other orders and other spellings can't pass.
"""

import json
import re
from typing import TypeAlias, TypeVar

import msgspec

from content_packs.errors import InvalidContent
from content_packs.limits import INTEGER_MAX, JSON_COMMAS_MAX, JSON_DEPTH_MAX

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

# Possessive, and a string needs no end: nothing is looked at twice, whatever the bytes are.
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[\[{]|[\]}]', re.DOTALL)


def encode(value: object) -> bytes:
    """Return the canonical bytes of `value`.

    Raises `InvalidContent` for what canonical JSON can't hold: floats, integers past 2^53 - 1,
    lone surrogates, keys that aren't strings.
    """
    _check(value, depth=1)
    return _dumped(value)


def encode_struct(value: msgspec.Struct) -> bytes:
    """Return the canonical bytes of a struct whose fields are strings, integers, arrays, objects.

    The caller sees to it that integers are within ±(2^53 - 1). Raises `InvalidContent` for lone
    surrogates.
    """
    try:
        return msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError as error:
        raise InvalidContent("canonical JSON: a string has a lone surrogate") from error


def decode_struct(data: bytes, kind: type[_Struct], *, bytes_max: int, what: str) -> _Struct | None:
    """Return the struct whose canonical bytes are `data`, None where they aren't one's.

    What is wrong is not said: `decode` does, which takes ten times as long. The type, or the
    caller, sees to it that integers are within bounds. Raises `InvalidContent` for more than
    `bytes_max` bytes, or more commas than `JSON_COMMAS_MAX`.
    """
    _check_size(data, bytes_max, what=what)
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError, RecursionError):
        return None
    return value if encode_struct(value) == data else None


def _dumped(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidContent("canonical JSON: a string has a lone surrogate") from error


def decode(data: bytes, *, bytes_max: int, what: str) -> Json:
    """Return the value that `data` encodes.

    `what` names the data in messages. Raises `InvalidContent` for anything but the canonical bytes
    of one value, and before parsing for more than `bytes_max` bytes, `JSON_COMMAS_MAX` commas or
    `JSON_DEPTH_MAX` levels.
    """
    _check_size(data, bytes_max, what=what)
    _check_depth(data, what=what)
    try:
        value: Json = json.loads(
            data.decode(), parse_constant=_refuse, parse_float=_refuse, parse_int=_integer
        )
        again = _dumped(value)  # nothing else than JSON's types can come of loading
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{what}: not UTF-8 at byte {error.start}") from error
    except ValueError as error:
        raise InvalidContent(f"{what}: not JSON: {error}") from error
    except InvalidContent as error:
        raise InvalidContent(f"{what}: {error.message}") from error
    if again != data:
        at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), 0)
        raise InvalidContent(
            f"{what}: JSON, but not canonical at byte {at}: found {data[at : at + 24]!r}",
            hint="Keys are sorted and unique, and there is no white space.",
        )
    return value


def _check(value: object, *, depth: int) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        _check_integer(value)
    elif depth > JSON_DEPTH_MAX:
        raise InvalidContent(f"canonical JSON: nested more than {JSON_DEPTH_MAX} deep")
    elif isinstance(value, list | tuple):
        for member in value:
            _check(member, depth=depth + 1)
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise InvalidContent(f"canonical JSON: the key {key!r} isn't a string")
            _check(member, depth=depth + 1)
    else:
        raise InvalidContent(f"canonical JSON: can't hold a {type(value).__name__}")


def _check_integer(value: int) -> None:
    if abs(value) > INTEGER_MAX:
        raise InvalidContent(f"canonical JSON: the integer {value} is past 2^53 - 1")


def _check_size(data: bytes, bytes_max: int, *, what: str) -> None:
    if len(data) > bytes_max:
        raise InvalidContent(f"{what}: {len(data)} bytes, more than the {bytes_max} allowed")
    commas = data.count(b",")  # an empty array takes 3 bytes here and 64 in memory
    if commas > JSON_COMMAS_MAX:
        raise InvalidContent(f"{what}: {commas} commas, more than the {JSON_COMMAS_MAX} allowed")


def _check_depth(data: bytes, *, what: str) -> None:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
            if depth > JSON_DEPTH_MAX:
                raise InvalidContent(f"{what}: nested more than {JSON_DEPTH_MAX} deep")
        elif first in b"]}":
            depth -= 1


def _integer(text: str) -> int:
    if len(text) > len(str(INTEGER_MAX)) + 1:
        raise InvalidContent(f"the integer {text[:24]}... is past 2^53 - 1")
    value = int(text)
    _check_integer(value)
    return value


def _refuse(text: str) -> object:
    raise InvalidContent(f"the number {text[:24]} isn't an integer")
