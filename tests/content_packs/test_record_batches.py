"""Records come home in the bytes in which they were made, and a hostile batch costs little."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs import compression, messages, record_batches, records
from content_packs.errors import InvalidContent
from content_packs.limits import (
    RECORDS_IN_BATCH_BYTES_MAX,
    RECORDS_IN_BATCH_MAX,
    SEALED_CONTENT_BYTES_MAX,
)
from content_packs.record_batches import RecordsHeader
from tests.support.learning import did, pupil

A = records.encode(did("initialized", "maths", "one", "a", by=pupil(1)))
B = records.encode(did("answered", "maths", "one", "b", by=pupil(2), question="q", success=True))

items = st.text("abc019", min_size=1, max_size=12)
bodies = st.builds(
    lambda item, number: records.encode(did("completed", "maths", "one", item, by=pupil(number))),
    items,
    st.integers(0, 2**100),
)


def with_header(count: int, frame: bytes) -> bytes:
    header = messages.encode(RecordsHeader(count=count), bytes_max=1_000, what="header")
    return header + b"\n" + frame


@given(st.lists(bodies, min_size=1, max_size=20))
@settings(max_examples=50)
def test_records_come_as_they_were_made(made: list[bytes]) -> None:
    came = record_batches.decode(record_batches.encode(made))
    assert [each.body for each in came.records] == made
    assert [records.encode(each.record) for each in came.records] == made
    assert came.broken == 0
    assert record_batches.lines_of(came.frame) == made


def test_alike_records_take_a_tenth_of_their_bytes() -> None:
    made = [
        records.encode(did("initialized", "maths", "one", "a", by=pupil(n))) for n in range(500)
    ]
    assert len(record_batches.encode(made)) < sum(map(len, made)) / 10


def test_as_many_go_into_a_batch_as_fit() -> None:
    made = [A] * (RECORDS_IN_BATCH_MAX + 5)
    content, count = record_batches.encode_most(made)
    assert len(record_batches.decode(content).records) == count
    assert 1_000 < count <= RECORDS_IN_BATCH_MAX
    assert sum(len(each) + 1 for each in made[:count]) <= RECORDS_IN_BATCH_BYTES_MAX


def test_what_compresses_badly_goes_in_smaller_batches() -> None:
    chance = random.Random(7)
    made = [chance.randbytes(200).hex().encode() for _ in range(1_000)]
    content, count = record_batches.encode_most(made)
    assert SEALED_CONTENT_BYTES_MAX // 2 < len(content) <= SEALED_CONTENT_BYTES_MAX
    assert 300 < count < 800


@pytest.mark.parametrize("made", [[], [A] * (RECORDS_IN_BATCH_MAX + 1)])
def test_no_batch_is_empty_or_too_full(made: list[bytes]) -> None:
    with pytest.raises(InvalidContent, match="batch of records"):
        record_batches.encode(made)


def test_a_broken_line_keeps_no_other_back() -> None:
    frame = record_batches.frame_of([A, b"{}", B, b"\xff"])
    came = record_batches.decode(with_header(4, frame))
    assert [each.body for each in came.records] == [A, B]
    assert came.broken == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        record_batches.frame_of([A]),
        with_header(2, record_batches.frame_of([A])),
        with_header(1, record_batches.frame_of([A]))[:-3],
        with_header(1, compression.compress(A, level=3)),
        with_header(1, b"not a frame"),
        with_header(1, record_batches.frame_of([A])) + b"more",
    ],
    ids=["nothing", "empty", "no-count", "no-line", "too-few", "cut", "no-end", "no-zstd", "more"],
)
def test_what_is_no_batch_of_records_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidContent):
        record_batches.decode(content)


def test_a_bomb_is_refused_before_it_grows() -> None:
    bomb = compression.compress(b"\n" * (64 << 20), level=19)
    assert len(bomb) < SEALED_CONTENT_BYTES_MAX
    with pytest.raises(InvalidContent, match=str(RECORDS_IN_BATCH_BYTES_MAX)):
        record_batches.decode(with_header(1, bomb))


def test_a_thousand_times_a_thousand_empty_lines_are_refused() -> None:
    lines = compression.compress(b"\n" * RECORDS_IN_BATCH_BYTES_MAX, level=3)
    with pytest.raises(InvalidContent, match="at most"):
        record_batches.decode(with_header(RECORDS_IN_BATCH_BYTES_MAX, lines))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        record_batches.decode(content)
    except InvalidContent:
        return
    raise AssertionError("random bytes are no batch")
