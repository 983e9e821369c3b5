"""How far a running tick is can be seen by others, and costs the card next to nothing."""

import os
from pathlib import Path

from sync_node.data_dir import DataDir
from sync_node.limits import PROGRESS_FILE_BYTES
from sync_node.progress_file import NAME, Progress, ProgressFile, running


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def at(count: int, pack: str = "demo") -> Progress:
    return Progress(pack, 1, count, 1_000_000, 1, 4, "halves", "video")


def test_others_see_how_far_it_is_and_how_fast(tmp_path: Path) -> None:
    clock = Clock()
    file = ProgressFile(DataDir(tmp_path), monotonic=clock, time=clock)
    assert running(DataDir(tmp_path)) is None
    for second in range(8):
        clock.now = 1_000 + second
        shown = file.show(at(100_000 * second))
    assert shown.rate == 100_000
    assert shown.seconds_left == 3
    found = running(DataDir(tmp_path))
    assert found
    assert (found.progress, found.pid) == (at(600_000), os.getpid())
    assert found.as_json()["seconds_left"] == 4
    file.end()
    assert running(DataDir(tmp_path)) is None


def test_it_is_written_rarely_and_in_one_place(tmp_path: Path) -> None:
    clock = Clock()
    file = ProgressFile(DataDir(tmp_path), monotonic=clock, time=clock)
    writes = set()
    for number in range(1_000):
        clock.now = 1_000 + number / 100  # ten seconds of blocks
        file.show(at(number))
        status = (tmp_path / NAME).stat()
        writes.add(status.st_mtime_ns)
        assert status.st_size == PROGRESS_FILE_BYTES
    assert len(writes) <= 6


def test_a_tick_that_fetches_nothing_writes_nothing(tmp_path: Path) -> None:
    clock = Clock()
    ProgressFile(DataDir(tmp_path), monotonic=clock, time=clock).end()
    assert not (tmp_path / NAME).exists()


def test_another_pack_begins_anew(tmp_path: Path) -> None:
    clock = Clock()
    file = ProgressFile(DataDir(tmp_path), monotonic=clock, time=clock)
    file.show(at(900_000))
    clock.now += 1
    assert file.show(at(0, "other")).rate == 0
    clock.now += 1
    assert file.show(at(50_000, "other")).rate == 50_000


HUGE = (
    b'[99999999999999999999, 1.0, 5, {"pack": "x", "version": 1, "bytes_done": 0,'
    b' "bytes_total": 0, "lessons_ready": 0, "lessons_total": 0}]'
)


def test_what_a_dead_process_left_is_not_shown(tmp_path: Path) -> None:
    for left in (b"", b"[", b"null", b"[1, 2]", b'[99999999, 1.0, 5, {"pack": "x"}]', HUGE):
        (tmp_path / NAME).write_bytes(left.ljust(PROGRESS_FILE_BYTES))
        assert running(DataDir(tmp_path)) is None


def test_a_disk_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    clock = Clock()
    file = ProgressFile(DataDir(tmp_path / "away"), monotonic=clock, time=clock)
    file.show(at(1))
    file.end()
