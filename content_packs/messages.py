"""What every message between hub and node is made of: its fields, and its one encoding.

A message is an object in canonical JSON with `format: 1`, bounded in bytes before it is parsed and
in each of its parts after. A field at its default is left out. A reader ignores fields that it
doesn't know, so that an older node goes on understanding a newer hub; what would be wrong without a
field gets a new format. See PROTOCOL.md, section 2.
"""

import base64
import binascii
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from content_packs import canonical_json
from content_packs.errors import InvalidContent
from content_packs.limits import (
    INTEGER_MAX,
    MESSAGE_VALUES_MAX,
    NAME_CHARACTERS_MAX,
    PROTOCOL_YEAR_MAX,
    PROTOCOL_YEAR_MIN,
    REPORT_TEXT_CHARACTERS_MAX,
    SHORT_TEXT_CHARACTERS_MAX,
    VERSION_MAX,
)

FORMAT = 1
NONCE_BYTES = 16
DIGEST_OF_NOTHING = "0" * 64  # before the first batch of a chain

_MESSAGE_CHARACTERS_MAX = 300
_BEFORE_A_VALUE = (b",", b"[", b"{")

# `$` alone lets a newline pass at the end, and `\Z` is Python's: schemas are read by others too.
_END = r"$(?!\n)"
_NO_CONTROLS = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*" + _END

Name: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=NAME_CHARACTERS_MAX,
        pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?" + _END,
    ),
]
NameOrEmpty: TypeAlias = Annotated[
    str,
    Meta(
        max_length=NAME_CHARACTERS_MAX,
        pattern="^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?" + _END,
    ),
]
Hex32: TypeAlias = Annotated[str, Meta(max_length=64, pattern="^[0-9a-f]{64}" + _END)]
Nonce: TypeAlias = Annotated[str, Meta(max_length=32, pattern="^[0-9a-f]{32}" + _END)]
NonceOrEmpty: TypeAlias = Annotated[str, Meta(max_length=32, pattern="^([0-9a-f]{32})?" + _END)]
ShortText: TypeAlias = Annotated[
    str, Meta(max_length=SHORT_TEXT_CHARACTERS_MAX, pattern=_NO_CONTROLS)
]
Sentence: TypeAlias = Annotated[
    str, Meta(max_length=REPORT_TEXT_CHARACTERS_MAX, pattern=_NO_CONTROLS)
]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Number: TypeAlias = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Version: TypeAlias = Annotated[int, Meta(ge=1, le=VERSION_MAX)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object inside a message. Making one with a time that has no one spelling is refused."""

    def __post_init__(self) -> None:
        """Raise `ValueError` unless every time is UTC, to the second, in years of use."""
        for name in _moments_of(type(self)):
            value = getattr(self, name)
            if isinstance(value, datetime):
                check_moment(value, what=name)


class Message(Part, frozen=True, kw_only=True, tag_field="format", tag=FORMAT):
    """A message: `format` stands in its JSON and needn't be given."""


_Any = TypeVar("_Any", bound=Message)


@cache
def _moments_of(kind: type[Part]) -> tuple[str, ...]:
    """Return the fields of a part that may hold a time."""
    return tuple(
        field.name
        for field in msgspec.structs.fields(kind)
        if _may_be_a_moment(msgspec.inspect.type_info(field.type))
    )


def _may_be_a_moment(kind: msgspec.inspect.Type) -> bool:
    """Return whether a field of this type can be a time itself, in whatever else it may be."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(map(_may_be_a_moment, kind.types))
    if isinstance(kind, msgspec.inspect.Metadata):
        return _may_be_a_moment(kind.type)
    return isinstance(kind, msgspec.inspect.DateTimeType)


def check_moment(time: datetime, *, what: str) -> None:
    """Raise `ValueError` unless `time` is UTC, to the second, and in years of use."""
    if time.utcoffset() is None or time.utcoffset() != UTC.utcoffset(None):
        raise ValueError(f"{what}: {time.isoformat()} is not in UTC")
    if time.microsecond:
        raise ValueError(f"{what}: {time.isoformat()} is not to the second")
    if not PROTOCOL_YEAR_MIN <= time.year <= PROTOCOL_YEAR_MAX:
        raise ValueError(
            f"{what}: {time.isoformat()} is not in the years {PROTOCOL_YEAR_MIN} to "
            f"{PROTOCOL_YEAR_MAX}"
        )


def to_base64(data: bytes) -> str:
    """Return `data` in base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def from_base64(text: str, *, what: str) -> bytes:
    """Return what `text` encodes in base64, in its one spelling. Raises `InvalidContent`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidContent(f"{what}: not base64: {error}") from error
    if to_base64(data) != text:
        raise InvalidContent(f"{what}: base64, but not in its one spelling")
    return data


def to_second(time: datetime) -> datetime:
    """Return `time` as a message can hold it: UTC, cut to the second."""
    return time.astimezone(UTC).replace(microsecond=0)


def encode(message: Message, *, bytes_max: int, what: str) -> bytes:
    """Return the canonical bytes of `message`; `what` names it in errors.

    What is returned can be decoded again: raises `InvalidContent` for a field past its bounds, and
    for more than `bytes_max` bytes.
    """
    try:
        data = canonical_json.encode_struct(message)
    except (msgspec.MsgspecError, OverflowError) as error:
        raise InvalidContent(f"{what}: {error}") from error
    decode(data, type(message), bytes_max=bytes_max, what=what)
    return data


def decode(data: bytes, kind: type[_Any], *, bytes_max: int, what: str) -> _Any:
    """Return the message in `data`; `what` names it in errors.

    Raises `InvalidContent`, naming the field, for anything but canonical JSON of this kind within
    its bounds, and before parsing for more than `bytes_max` bytes or `MESSAGE_VALUES_MAX` values.
    """
    values = sum(map(data.count, _BEFORE_A_VALUE)) if len(data) <= bytes_max else 0
    if values > MESSAGE_VALUES_MAX:
        raise InvalidContent(f"{what}: {values} values, more than the {MESSAGE_VALUES_MAX} allowed")
    message = canonical_json.decode_struct(data, kind, bytes_max=bytes_max, what=what)
    if message is not None:  # else something is wrong, or unknown here: it is looked at closely
        return message
    value = canonical_json.decode(data, bytes_max=bytes_max, what=what)
    return from_value(value, kind, what=what)


def from_value(value: canonical_json.Json, kind: type[_Any], *, what: str) -> _Any:
    """Return the message that `value` is, already read from JSON. Raises `InvalidContent`."""
    if not isinstance(value, dict):
        raise InvalidContent(f"{what}: is no object")
    found = value.get("format")
    if type(found) is not int or found != FORMAT:
        raise InvalidContent(
            f"{what}: format {str(found)[:24]}, expected {FORMAT}",
            hint="It was made by another version of Satchel: update the older of the two.",
        )
    try:
        message = msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        raise InvalidContent(f"{what}: {str(error)[:_MESSAGE_CHARACTERS_MAX]}") from error
    odd = _spelt_otherwise(msgspec.to_builtins(message), value, "$")
    if odd:
        raise InvalidContent(
            f"{what}: {odd[:_MESSAGE_CHARACTERS_MAX]}: not in its one spelling",
            hint="A moment is written as 2026-11-21T08:00:00Z.",
        )
    return message


def _spelt_otherwise(written: object, read: canonical_json.Json, at: str) -> str:
    """Return where what was read isn't as it would be written, fields unknown here apart."""
    if isinstance(written, dict) and isinstance(read, dict):
        pairs = [(value, read.get(name), f"{at}.{name}") for name, value in written.items()]
    elif isinstance(written, list | tuple) and isinstance(read, list):
        pairs = [(value, read[n], f"{at}[{n}]") for n, value in enumerate(written)]
    else:
        return "" if written == read else at
    return next(filter(None, (_spelt_otherwise(*pair) for pair in pairs)), "")
