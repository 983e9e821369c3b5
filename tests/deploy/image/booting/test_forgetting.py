"""The card that forgets: what was flushed stays, what wasn't may go, sector by sector."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.image.booting import forgetting
from deploy.image.booting.forgetting import SECTOR, ForgettingCard

SIZE = 40 * SECTOR
WRITES = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.binary(min_size=1, max_size=3000), st.booleans()),
    max_size=12,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("card") / "card.img"


@settings(max_examples=80)
@given(WRITES, st.integers(0, 2**32))
def test_each_sector_is_flushed_or_some_later_write_or_both_never_else(
    path: Path, writes: list[tuple[int, bytes, bool]], seed: int
) -> None:
    path.write_bytes(bytes(SIZE))
    card = ForgettingCard(path, random.Random(seed))
    now, kept = bytearray(SIZE), bytes(SIZE)
    for at, data, flush in writes:
        part = data[: SIZE - at]
        card.write(at, part)
        now[at : at + len(part)] = part
        assert card.read(0, SIZE) == bytes(now)
        if flush:
            card.flush()
            kept = bytes(now)
            assert path.read_bytes() == kept
    lost = card.cut()
    card.close()
    left, gone = path.read_bytes(), 0
    assert len(left) == SIZE
    for start in range(0, SIZE, SECTOR):
        sector = slice(start, start + SECTOR)
        assert left[sector] in (kept[sector], bytes(now[sector]))
        gone += left[sector] != bytes(now[sector])
    assert gone == lost


def test_a_cut_loses_some_and_keeps_some(path: Path) -> None:
    path.write_bytes(bytes(SIZE))
    card = ForgettingCard(path, random.Random(1))
    card.write(0, b"\xff" * SIZE)
    lost = card.cut()
    card.close()
    assert 0 < lost < SIZE // SECTOR
    assert path.read_bytes().count(b"\xff" * SECTOR) == SIZE // SECTOR - lost


def test_its_memory_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "UNFLUSHED_BYTES_MAX", 3 * 4096)
    path.write_bytes(bytes(SIZE))
    card = ForgettingCard(path, random.Random(1))
    for at in range(0, SIZE, 4096):
        card.write(at, b"\xff" * min(4096, SIZE - at))
    assert path.read_bytes().count(b"\xff") >= 4096
    assert card.read(0, SIZE) == b"\xff" * SIZE
    card.close()
