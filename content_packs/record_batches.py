"""Records on their way to the hub: the content of a batch of the kind `records`.

A line that says the form, then one zstd frame with the records' own bytes, a line feed after each:
canonical JSON has none inside. Records are alike, so that together they take a tenth of their
bytes. See RECORDS.md, section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from content_packs import compression, messages, records
from content_packs.errors import InvalidContent
from content_packs.limits import (
    RECORDS_HEADER_BYTES_MAX,
    RECORDS_IN_BATCH_BYTES_MAX,
    RECORDS_IN_BATCH_MAX,
    SEALED_CONTENT_BYTES_MAX,
)
from content_packs.messages import Message, Number
from content_packs.records import Statement

_LEVEL = 9  # a Pi does some 20 MB a second of it; 19 gains 4% and takes ten times as long
_END_OF_LINE = b"\n"
_WHAT = "batch of records"
_HOLDS_SURELY = 0.9  # of what a proportion gives: fewer records compress a little worse


class RecordsHeader(Message, frozen=True, kw_only=True):
    """What a batch of records begins with: how many there are."""

    count: Number


@dataclass(frozen=True)
class Sent:
    """A record that came, and its bytes, which never change."""

    record: Statement
    body: bytes


@dataclass(frozen=True)
class Came:
    """What was in a batch. `broken`: how many lines are no records. `frame`: as it came."""

    records: tuple[Sent, ...]
    broken: int
    frame: bytes


def encode(bodies: Sequence[bytes]) -> bytes:
    """Return the content of a batch of these records, given as canonical bytes.

    Raises `InvalidContent` for none, for too many, or for more than a batch may hold.
    """
    size = sum(len(body) + len(_END_OF_LINE) for body in bodies)
    if not bodies or len(bodies) > RECORDS_IN_BATCH_MAX or size > RECORDS_IN_BATCH_BYTES_MAX:
        raise InvalidContent(
            f"{_WHAT}: {len(bodies)} records of {size} bytes; 1 to {RECORDS_IN_BATCH_MAX} of "
            f"at most {RECORDS_IN_BATCH_BYTES_MAX} bytes together are allowed"
        )
    content = _content(bodies)
    if len(content) > SEALED_CONTENT_BYTES_MAX:
        raise InvalidContent(
            f"{_WHAT}: {len(content)} bytes, more than the {SEALED_CONTENT_BYTES_MAX} allowed"
        )
    return content


def encode_most(
    bodies: Sequence[bytes], *, bytes_max: int = SEALED_CONTENT_BYTES_MAX
) -> tuple[bytes, int]:
    """Return the content of a batch of the first of these records, and how many are in it.

    As many as `bytes_max` holds, but for a few; one at least. Raises `InvalidContent` as `encode`.
    """
    count = _within_bounds(bodies)
    while count > 1 and (size := len(_content(bodies[:count]))) > bytes_max:
        count = max(min(int(count * bytes_max * _HOLDS_SURELY / size), count - 1), 1)
    return encode(bodies[:count]), count


def _content(bodies: Sequence[bytes]) -> bytes:
    header = messages.encode(
        RecordsHeader(count=len(bodies)), bytes_max=RECORDS_HEADER_BYTES_MAX, what=_WHAT
    )
    return header + _END_OF_LINE + frame_of(bodies)


def decode(content: bytes) -> Came:
    """Return the records in a batch's content; one that is broken keeps no other back.

    Raises `InvalidContent` for what is no such content.
    """
    line, found, frame = content.partition(_END_OF_LINE)
    if not found:
        raise InvalidContent(f"{_WHAT}: expected a line that says how many there are")
    header = messages.decode(line, RecordsHeader, bytes_max=RECORDS_HEADER_BYTES_MAX, what=_WHAT)
    lines = lines_of(frame)
    if len(lines) != header.count or header.count > RECORDS_IN_BATCH_MAX:
        raise InvalidContent(
            f"{_WHAT}: {len(lines)} lines, expected {header.count}, {RECORDS_IN_BATCH_MAX} at most"
        )
    read = [_read(line) for line in lines]
    kept = tuple(each for each in read if each is not None)
    return Came(kept, len(read) - len(kept), frame)


def frame_of(bodies: Sequence[bytes]) -> bytes:
    """Return records as one zstd frame, a line each."""
    return compression.compress(b"".join(body + _END_OF_LINE for body in bodies), level=_LEVEL)


def lines_of(frame: bytes) -> list[bytes]:
    """Return the lines in a frame of records. Raises `InvalidContent`."""
    data = compression.decompress(frame, bytes_max=RECORDS_IN_BATCH_BYTES_MAX, what=_WHAT)
    *lines, rest = data.split(_END_OF_LINE)
    if rest:
        raise InvalidContent(f"{_WHAT}: the last line isn't whole")
    return lines


def _within_bounds(bodies: Sequence[bytes]) -> int:
    """Return how many of the first ones keep to the bounds before compression; at least one."""
    size = 0
    for count, body in enumerate(bodies[:RECORDS_IN_BATCH_MAX]):
        size += len(body) + len(_END_OF_LINE)
        if size > RECORDS_IN_BATCH_BYTES_MAX:
            return max(count, 1)
    return min(len(bodies), RECORDS_IN_BATCH_MAX)


def _read(line: bytes) -> Sent | None:
    try:
        return Sent(records.decode(line), line)
    except InvalidContent:
        return None
