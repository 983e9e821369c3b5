"""A map says every byte of an image, and nothing else is taken for a map."""

import hashlib
import lzma
from pathlib import Path
from random import Random

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs import canonical_json
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, StorageFailed, UsageError
from content_packs.limits import MIB
from sync_node.flashing import block_map, images
from sync_node.flashing.limits import MAP_BLOCK_BYTES, MAP_RANGE_BLOCKS_MAX, SECTOR_BYTES
from sync_node.flashing.mapping import write_map

_PATTERN = Random(3).randbytes(4_096).ljust(MAP_BLOCK_BYTES, b"-")


def image_of(blocks: list[bool], short: int) -> bytes:
    """An image whose blocks hold something or nothing; `short`: sectors that the last one lacks."""
    parts = [_PATTERN if full else bytes(MAP_BLOCK_BYTES) for full in blocks]
    whole = b"".join(parts)
    return whole[: len(whole) - short * SECTOR_BYTES]


@st.composite
def images_of(draw: st.DrawFn) -> bytes:
    blocks = draw(st.lists(st.booleans(), min_size=1, max_size=12))
    return image_of(blocks, draw(st.integers(0, 2_047)))


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(max_examples=20)
@given(images_of(), st.sampled_from([65_536, 777_777, 3 * MIB]))
def test_what_is_written_by_a_map_is_the_image(image: bytes, step: int) -> None:
    found = block_map.make(pieces(image, step))
    assert found.digest == digest_of(image)
    made = bytearray(b"\xff" * found.image_size)
    for start, size, digest in found.places():
        assert digest_of(image[start : start + size]) == digest
        assert size <= MAP_RANGE_BLOCKS_MAX * MAP_BLOCK_BYTES
        made[start : start + size] = image[start : start + size]
    for start, size in found.holes():
        made[start : start + size] = bytes(size)
    assert bytes(made) == image
    assert block_map.decode(block_map.encode(found), what="map") == found


ranges = st.builds(
    dict,
    first=st.integers(-1, 30),
    count=st.integers(-1, 10),
    digest=st.sampled_from(["ab" * 32, "AB" * 32, "ab"]),
)
values = st.fixed_dictionaries(
    {
        "format": st.sampled_from([1, 2]),
        "image_size": st.integers(0, 30).map(lambda count: count * MIB) | st.integers(-1, 999),
        "block_size": st.sampled_from([MAP_BLOCK_BYTES, 4096]),
        "digest": st.sampled_from(["cd" * 32, ""]),
        "ranges": st.lists(ranges, max_size=4),
    }
)


@given(values)
def test_a_map_that_is_taken_holds_together(value: dict[str, object]) -> None:
    data = canonical_json.encode(value)
    try:
        found = block_map.decode(data, what="map")
    except InvalidContent:
        return
    at = 0
    for start, size, _ in found.places():
        assert at <= start < start + size <= found.image_size
        at = start + size
    covered = sum(size for _, size, _ in found.places()) + sum(size for _, size in found.holes())
    assert covered == found.image_size


@given(st.binary(max_size=400))
def test_nothing_else_is_taken_for_a_map(data: bytes) -> None:
    with pytest.raises(InvalidContent):
        block_map.decode(data, what="map")


def test_ranges_that_overlap_or_leave_the_image_are_refused() -> None:
    good = block_map.make([image_of([True] * 3, 0)])
    for first, count in ((0, 4), (3, 1)):
        bad = msgspec.structs.replace(good.ranges[0], first=first, count=count)
        with pytest.raises((ValueError, InvalidContent)):
            msgspec.structs.replace(good, ranges=(bad,))
    with pytest.raises(ValueError, match="not behind others"):
        msgspec.structs.replace(good, ranges=(good.ranges[0], good.ranges[0]))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "box.img"
    path.write_bytes(image_of([True, False, True, True, False], 8))
    return path


def test_an_image_has_one_map_however_it_is_packed(image: Path) -> None:
    data = image.read_bytes()
    packed = {
        ".xz": lzma.compress(data, preset=0),
        ".zst": zstandard.compress(data[: 2 * MIB]) + zstandard.compress(data[2 * MIB :]),
    }
    plain = write_map(image)
    assert plain.path.name == "box.map.json"
    for suffix, stored in packed.items():
        other = image.with_name(image.name + suffix)
        other.write_bytes(stored)
        assert images.map_path(other) == plain.path
        assert write_map(other, image.with_name("other")).digest == plain.digest


@pytest.mark.parametrize("suffix", [".xz", ".zst"])
def test_an_image_that_was_cut_off_or_damaged_gets_no_map(image: Path, suffix: str) -> None:
    data = image.read_bytes()
    zstd = zstandard.ZstdCompressor(level=1, write_checksum=True)  # as the program does
    stored = lzma.compress(data, preset=0) if suffix == ".xz" else zstd.compress(data)
    other = image.with_name(image.name + suffix)
    for broken in (stored[: len(stored) // 2], stored[:-1], stored[:99] + b"x" + stored[100:]):
        other.write_bytes(broken)
        with pytest.raises(InvalidContent) as refusal:
            write_map(other)
        assert "copy it again" in refusal.value.hint
    assert not images.map_path(other).exists()


def test_what_is_no_image_gets_no_map(tmp_path: Path) -> None:
    for name, data in (("empty", b""), ("text", b"hello")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidContent):
            write_map(tmp_path / name)
    with pytest.raises(Missing):
        write_map(tmp_path / "nowhere")
    with pytest.raises((UsageError, Missing)):
        write_map(tmp_path)


def test_a_small_file_that_unpacks_to_much_stays_within_bounds(tmp_path: Path) -> None:
    """Zeros without end: what is held of them at a time is a few blocks."""
    path = tmp_path / "zeros.img.zst"
    path.write_bytes(zstandard.ZstdCompressor(level=1).compress(bytes(64 * MIB)))
    assert path.stat().st_size < 10_000
    largest = max(len(piece) for piece in images.pieces_of(path))
    assert largest <= 33 * MIB
    assert write_map(path).map.mapped_size == 0


def test_the_map_can_be_checked_with_a_programs_own_sum(image: Path) -> None:
    found = write_map(image)
    assert found.digest == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert found.map.digest == hashlib.sha256(image.read_bytes()).hexdigest()


def test_a_full_disk_is_said(image: Path) -> None:
    with pytest.raises(StorageFailed):
        write_map(image, Path("/proc/version/map"))


def test_a_map_of_another_format_names_what_to_update(image: Path) -> None:
    value = msgspec.json.decode(write_map(image).path.read_bytes())
    value["format"] = 9
    with pytest.raises(InvalidContent, match="format 9") as refusal:
        block_map.decode(canonical_json.encode(value), what="map")
    assert "update" in refusal.value.hint
