"""What is noted of which lessons are opened, and how seldom that is written to the card."""

import os
from pathlib import Path

from sync_node import openings
from sync_node.data_dir import DataDir
from sync_node.limits import OPENED_LESSONS_MAX, OPENED_WRITE_SECONDS
from sync_node.openings import Openings


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_one_opened_last_is_last(tmp_path: Path) -> None:
    clock = Clock()
    opened = Openings(DataDir(tmp_path), clock)
    for lesson in ("one", "two", "one"):
        opened.note("maths", lesson)
        clock.seconds += OPENED_WRITE_SECONDS
    assert openings.read(DataDir(tmp_path)) == [("maths", "two"), ("maths", "one")]
    Openings(DataDir(tmp_path), clock).note("songs", "a")
    assert openings.read(DataDir(tmp_path))[-1] == ("songs", "a"), "a restart goes on from there"


def test_a_school_day_costs_a_few_writes(tmp_path: Path) -> None:
    clock = Clock()
    opened = Openings(DataDir(tmp_path), clock)
    written = set()
    for minute in range(8 * 60):
        for pupil in range(10):
            opened.note("maths", f"lesson {(minute + pupil) % 7}")
        clock.seconds += 60
        written.add((tmp_path / "opened.json").stat().st_ino)
    assert len(written) <= 9
    before = (tmp_path / "opened.json").stat()
    for _ in range(50):
        clock.seconds += OPENED_WRITE_SECONDS
    opened.note("maths", "lesson 4")
    opened.note("maths", "lesson 4")
    after = (tmp_path / "opened.json").stat()
    opened.note("maths", "lesson 4")
    assert (tmp_path / "opened.json").stat().st_mtime_ns == after.st_mtime_ns
    assert before.st_size == after.st_size


def test_it_stays_small(tmp_path: Path) -> None:
    clock = Clock()
    opened = Openings(DataDir(tmp_path), clock)
    for number in range(OPENED_LESSONS_MAX + 100):
        opened.note("maths", str(number))
    clock.seconds += OPENED_WRITE_SECONDS
    opened.note("maths", "last")
    found = openings.read(DataDir(tmp_path))
    assert len(found) == OPENED_LESSONS_MAX
    assert found[-1] == ("maths", "last")


def test_a_disk_that_cant_be_written_is_no_matter(tmp_path: Path) -> None:
    nowhere = DataDir(tmp_path / "missing")
    Openings(nowhere, Clock()).note("maths", "one")
    assert openings.read(nowhere) == []


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "opened.json").write_bytes(os.urandom(100))
    assert openings.read(DataDir(tmp_path)) == []
    Openings(DataDir(tmp_path), Clock()).note("maths", "one")
    assert openings.read(DataDir(tmp_path)) == [("maths", "one")]
