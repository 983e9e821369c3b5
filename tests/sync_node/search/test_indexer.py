"""The engine's side: it starts filling when something was activated, and at no other time."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_node.search import database
from sync_node.search.indexer import Indexer
from sync_node.search.limits import FAILED_SECONDS, LOOK_SECONDS
from sync_node.search.query import Searcher
from tests.sync_node.lan.school import School, furnished_school

WAIT_SECONDS = 60


class Box:
    """An indexer with a clock that the test sets."""

    def __init__(self, school: School, *command: str) -> None:
        self.school = school
        self.now = 0.0
        self.said: list[str] = []
        self.indexer = Indexer(
            school.data_dir, monotonic=lambda: self.now, log=self.said.append, command=command
        )

    def look(self) -> bool:
        """Look after a while; say whether something was started, and wait until it ended."""
        self.now += LOOK_SECONDS
        self.indexer.look()
        process = self.indexer._process
        if process is None:
            return False
        process.wait(WAIT_SECONDS)
        self.indexer.look()
        return True


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(furnished_school(tmp_path))
    yield box
    box.indexer.close()


def test_it_fills_at_the_start_and_when_something_opens(box: Box) -> None:
    assert box.look()
    searcher = Searcher(box.school.data_dir)
    assert searcher.search("fraction").hits
    assert not box.look(), "nothing has changed"
    box.school.activate("fractions", 1, "decimals")
    assert box.look()
    assert searcher.search("decimals").hits
    assert not box.look()
    assert box.said == []


def test_it_fills_again_what_was_lost_or_is_damaged(box: Box) -> None:
    box.look()
    database.throw_away(box.school.data_dir)
    assert box.look()
    database.mark_damaged(box.school.data_dir)
    assert box.look()
    assert Searcher(box.school.data_dir).search("fraction").hits


def test_a_failure_is_said_and_tried_again_later(tmp_path: Path) -> None:
    box = Box(furnished_school(tmp_path), sys.executable, "-c", "raise SystemExit(9)")
    assert box.look()
    assert len(box.said) == 1
    assert "9" in box.said[0]
    assert not box.look()
    box.now += FAILED_SECONDS
    assert box.look()


def test_what_cannot_be_started_is_said(tmp_path: Path) -> None:
    box = Box(furnished_school(tmp_path), str(tmp_path / "no program"))
    assert not box.look()
    assert len(box.said) == 1


def test_a_node_that_has_no_database_yet_is_no_trouble(box: Box) -> None:
    box.school.data_dir.node_db.rename(box.school.data_dir.root / "aside")
    assert not box.look()
    assert box.said == []


def test_it_ends_with_the_engine(tmp_path: Path) -> None:
    box = Box(furnished_school(tmp_path), sys.executable, "-c", "import time; time.sleep(600)")
    box.now = LOOK_SECONDS
    box.indexer.look()
    process = box.indexer._process
    assert process is not None
    began = time.monotonic()
    box.indexer.close()
    assert process.poll() is not None
    assert time.monotonic() - began < WAIT_SECONDS
