"""What a node says of power cuts: what it saw, and no more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_node import power_cuts
from sync_node.data_dir import DataDir
from sync_node.limits import POWER_CUTS_KEPT_MAX
from sync_node.power_cuts import Power, begun

DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path)


def start(data_dir: DataDir, boot: str, hours: float = 0, last_sign: str = "") -> Power:
    now = DAY + timedelta(hours=hours)
    return power_cuts.begin(data_dir, boot=boot, now=now, last_sign=last_sign)


def test_a_box_that_was_shut_down_has_seen_none(data_dir: DataDir) -> None:
    start(data_dir, "first")
    power_cuts.end(data_dir, now=DAY)
    assert start(data_dir, "second", 20).cuts == ()
    power_cuts.end(data_dir, now=DAY)
    assert start(data_dir, "second", 21).cuts == ()  # restarted by hand


def test_a_mark_of_another_start_is_a_power_cut(data_dir: DataDir) -> None:
    start(data_dir, "first")
    known = start(data_dir, "second", 20, last_sign="2026-09-01T11:45:00Z")
    assert [(cut.kind, cut.after, cut.found) for cut in known.cuts] == [
        ("power", "2026-09-01T11:45:00Z", "2026-09-02T02:00:00Z")
    ]
    assert known.cuts_in_all == 1
    assert power_cuts.read(data_dir) == known
    assert known.power_cuts(DAY + timedelta(days=3)) == ()


def test_a_mark_of_the_same_start_is_the_programs_end(data_dir: DataDir) -> None:
    start(data_dir, "first")
    start(data_dir, "first", 1)
    known = start(data_dir, "first", 2)
    assert [(cut.kind, cut.times) for cut in known.cuts] == [("program", 2)], "one line for both"
    assert known.cuts_in_all == 0
    known = start(data_dir, "second", 3)
    assert [cut.kind for cut in known.cuts] == ["power", "program"]


def test_nothing_is_made_up_where_the_start_has_no_name(data_dir: DataDir) -> None:
    start(data_dir, "")
    assert start(data_dir, "", 1).cuts_in_all == 0
    assert start(data_dir, "named", 2).cuts_in_all == 0


def test_an_idle_box_writes_nothing(data_dir: DataDir) -> None:
    start(data_dir, "first")
    before = (data_dir.root / power_cuts.NAME).stat().st_mtime_ns
    power_cuts.read(data_dir)
    assert (data_dir.root / power_cuts.NAME).stat().st_mtime_ns == before
    assert [path.name for path in data_dir.root.iterdir()] == [power_cuts.NAME]


def test_the_history_is_bounded() -> None:
    known = Power()
    for number in range(POWER_CUTS_KEPT_MAX + 20):
        known = begun(known, boot=str(number), now="2026-09-01T06:00:00Z", last_sign="")
    assert len(known.cuts) == POWER_CUTS_KEPT_MAX
    assert known.cuts_in_all == POWER_CUTS_KEPT_MAX + 19


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": 2}', b'{"cuts": [3]}', b"\xff"])
def test_a_damaged_file_is_none(data_dir: DataDir, data: bytes) -> None:
    (data_dir.root / power_cuts.NAME).write_bytes(data)
    assert power_cuts.read(data_dir) == Power()


def test_a_disk_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    gone = DataDir(tmp_path / "gone")
    assert start(gone, "first").boot == "first"
    power_cuts.end(gone, now=DAY)
    assert power_cuts.read(gone) == Power()
