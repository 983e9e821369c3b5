"""What moved within a large file is found to the byte, and little memory is taken for it."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.copy_map import Source, find_copies, refine
from content_packs.delta_copies import Copy
from content_packs.limits import MIB
from tests.support.packs import random_bytes


def source(data: bytes) -> Source:
    return Source(len(data), lambda start, length: data[start : start + length])


def found(old: bytes, new: bytes, known: list[Copy] | None = None) -> list[Copy]:
    """Find copies, and check that each is one, in order, and none over another."""
    copies = find_copies(source(old), source(new), known or [])
    copies = refine(copies, source(old), source(new), [len(old)])
    end = 0
    for copy in copies:
        assert copy.position >= end
        assert copy.length > 0
        end = copy.position + copy.length
        there = old[copy.source : copy.source + copy.length]
        assert new[copy.position : end] == there
    assert end <= len(new)
    return copies


OLD = random_bytes(1, 2 * MIB)


def test_the_same_is_one_copy() -> None:
    assert found(OLD, OLD) == [Copy(0, 0, len(OLD))]


def test_a_shift_is_two_copies_to_the_byte() -> None:
    new = OLD[:777_777] + b"put in" + OLD[777_777:]
    assert found(OLD, new) == [Copy(0, 0, 777_777), Copy(777_783, 777_777, len(OLD) - 777_777)]


def test_bytes_that_differ_alone_are_all_that_isnt_copied() -> None:
    new = bytearray(OLD)
    places = sorted(random.Random(1).sample(range(0, len(OLD), 5_000), 200))
    for place in places:
        new[place] ^= 1
    copies = found(OLD, bytes(new))
    assert sum(copy.length for copy in copies) == len(OLD) - len(places)


def test_pieces_in_another_order() -> None:
    pieces = [OLD[at : at + MIB // 8] for at in range(0, len(OLD), MIB // 8)]
    random.Random(2).shuffle(pieces)
    copies = found(OLD, b"".join(pieces))
    assert len(copies) <= len(pieces)
    assert sum(copy.length for copy in copies) == len(OLD)


def test_chunks_that_are_known_are_not_read() -> None:
    new = OLD[:MIB] + b"changed" + OLD[MIB + 7 :]
    read: list[tuple[int, int]] = []

    def reading(data: bytes) -> Callable[[int, int], bytes]:
        def read_range(start: int, length: int) -> bytes:
            read.append((start, start + length))
            return data[start : start + length]

        return read_range

    known = [Copy(0, 0, MIB - 5_000), Copy(MIB + 5_000, MIB + 5_000, MIB - 5_000)]
    old_source, new_source = (Source(len(data), reading(data)) for data in (OLD, new))
    copies = find_copies(old_source, new_source, known)
    assert copies == [Copy(0, 0, MIB), Copy(MIB + 7, MIB + 7, MIB - 7)]


def test_runs_of_one_byte_take_no_time() -> None:
    old = bytes(MIB) + OLD[:50_000] + bytes(MIB)
    new = bytes(MIB // 2) + OLD[:50_000] + b"x" + bytes(MIB + 99)
    copies = found(old, new)
    assert sum(copy.length for copy in copies) >= len(new) - 200
    assert len(copies) < 10


def test_what_is_quite_new_has_no_copies() -> None:
    assert sum(copy.length for copy in found(OLD, random_bytes(5, MIB))) < 100
    assert found(b"", OLD[:1_000]) == []
    assert found(OLD, b"") == []


def test_few_pages_are_kept() -> None:
    reads = []

    def read(start: int, length: int) -> bytes:
        reads.append(start)
        return OLD[start : start + length]

    kept = Source(len(OLD), read, bytes_kept=0)
    assert kept.read(MIB - 5, 10) == OLD[MIB - 5 : MIB + 5]
    assert kept.read(0, 3) == OLD[:3]
    assert reads == [0, MIB]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_pieces_of_the_old_side(data: st.DataObject) -> None:
    old = OLD[:60_000] + b"row of a table, " * 500 + bytes(3_000)
    numbers = st.integers(0, len(old))
    new = b""
    for _ in range(data.draw(st.integers(0, 8))):
        start, length = data.draw(numbers), data.draw(st.integers(0, 9_000))
        new += old[start : start + length] + data.draw(st.binary(max_size=50))
    found(old, new)


def pages(seed: int, count: int) -> bytes:
    """Pages of one head and otherwise nothing in common, as large databases have them."""
    head, rest = random_bytes(3, 300), random.Random(seed)
    return b"".join(head + rest.randbytes(rest.randint(40, 500)) for _ in range(count))


@pytest.mark.long
def test_what_stands_in_every_page_takes_no_square_of_time() -> None:
    """Of ten times as many pages each finds its head at ten times as many places."""

    def seconds(count: int) -> float:
        old, new = pages(1, count), pages(2, count)
        began = time.process_time()
        assert len(find_copies(source(old), source(new), (), mask_bits=7)) > count * 0.8
        return time.process_time() - began

    # Looking at all: 30 times and more. Beside other work 10 times became 14.
    assert seconds(12_000) < 25 * max(0.1, seconds(1_200))
