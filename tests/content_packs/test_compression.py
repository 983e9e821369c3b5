"""zstd frames come back, and hostile ones stop at their bounds."""

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from content_packs import compression
from content_packs.errors import InvalidContent
from content_packs.limits import MIB


@given(st.binary(max_size=5_000), st.sampled_from([1, 3, 12, 19]))
def test_what_is_compressed_comes_back(data: bytes, level: int) -> None:
    frame = compression.compress(data, level=level)
    assert compression.decompress(frame, bytes_max=len(data), what="test") == data


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    try:
        whole = compression.decompress(data, bytes_max=1_000, what="test")
    except InvalidContent:
        return
    assert len(whole) <= 1_000


@pytest.mark.parametrize("size", [0, 1, 1_023, 1_025, MIB, 9 * MIB])
def test_every_size_can_be_read_within_the_window(size: int) -> None:
    data = b"satchel " * (size // 8) + b"x" * (size % 8)
    frame = compression.compress(data, level=3)
    window = zstandard.get_frame_parameters(frame).window_size
    assert window <= max(compression.WINDOW_BYTES_MAX, size)
    assert compression.decompress(frame, bytes_max=size, what="test") == data


def test_one_byte_past_the_bound_is_refused() -> None:
    frame = compression.compress(bytes(1_001), level=3)
    with pytest.raises(InvalidContent, match="more than the 1000 bytes allowed"):
        compression.decompress(frame, bytes_max=1_000, what="test")


def test_an_empty_frame_is_one_whole_frame_too() -> None:
    frame = compression.compress(b"", level=3)
    assert compression.decompress(frame, bytes_max=0, what="test") == b""
    for bent in (frame[:-1], frame + b"more", frame + frame):
        with pytest.raises(InvalidContent):
            compression.decompress(bent, bytes_max=100, what="test")


def test_a_skippable_frame_is_refused() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip"
    for frames in (skippable, skippable + compression.compress(b"text", level=3)):
        with pytest.raises(InvalidContent):
            compression.decompress(frames, bytes_max=100, what="test")


def test_a_frame_that_lies_about_its_size_is_refused() -> None:
    frame = bytearray(compression.compress(bytes(200), level=3))
    frame[5] = 100
    with pytest.raises(InvalidContent):
        compression.decompress(bytes(frame), bytes_max=200, what="test")


def test_a_frame_with_a_dictionary_is_refused() -> None:
    words = zstandard.ZstdCompressionDict(b"satchel lesson water" * 50)
    frame = zstandard.ZstdCompressor(dict_data=words).compress(b"satchel lesson water" * 5)
    with pytest.raises(InvalidContent, match="not a zstd frame that can be read"):
        compression.decompress(frame, bytes_max=1_000, what="test")
