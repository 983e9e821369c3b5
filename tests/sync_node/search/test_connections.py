"""How the site reads search.db: within a bounded time, and whatever happens to the file."""

import sqlite3
from pathlib import Path

import pytest

from content_packs.errors import StorageFailed
from sync_node.data_dir import DataDir
from sync_node.search import database
from sync_node.search.connections import Connections, OutOfTime
from sync_node.search.database import IndexDamaged, IndexUnusable

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


class Clock:
    """Each look at it takes a while."""

    seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 0.01
        return self.seconds


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    found = DataDir(tmp_path)
    database.open_to_fill(found).close()
    return found


def count(connections: Connections) -> int:
    with connections.reading() as opened:
        return int(opened.execute("SELECT count(*) FROM unit").fetchone()[0])


def test_a_question_that_takes_too_long_ends(data_dir: DataDir) -> None:
    connections = Connections(data_dir, Clock())
    with pytest.raises(OutOfTime), connections.reading(seconds=0.5) as opened:
        opened.execute(ENDLESS).fetchone()
    assert count(connections) == 0, "the next one is answered"
    assert not database.is_marked(data_dir)


def test_what_is_missing_or_new_is_no_damage(data_dir: DataDir) -> None:
    connections = Connections(data_dir)
    assert count(connections) == 0
    place = database.place_of(data_dir)
    place.unlink()
    with pytest.raises(IndexUnusable):
        count(connections)
    place.write_bytes(b"")  # as one that is just being made
    with pytest.raises(IndexUnusable):
        count(connections)
    assert not database.is_marked(data_dir)


def test_what_is_damaged_is_marked_once_it_is_met(data_dir: DataDir) -> None:
    place = database.place_of(data_dir)
    place.write_bytes(b"no database at all, " * 400)
    with pytest.raises(IndexDamaged):
        count(Connections(data_dir))
    assert database.is_marked(data_dir)
    database.open_to_fill(data_dir).close()
    assert not database.is_marked(data_dir)


def test_an_error_of_the_disk_is_no_damage(data_dir: DataDir) -> None:
    with pytest.raises(StorageFailed) as caught, database.sqlite_errors(data_dir.root):
        sqlite3.connect(data_dir.root / "no folder" / "search.db")
    assert not isinstance(caught.value, IndexUnusable)


def test_a_reader_goes_on_with_the_file_that_is_there_now(data_dir: DataDir) -> None:
    connections = Connections(data_dir)
    assert count(connections) == 0
    database.throw_away(data_dir)
    opened = database.open_to_fill(data_dir)
    opened.execute("INSERT INTO unit VALUES (1, 'p', '', 1, '', '{}', '{}', '')")
    opened.close()
    assert count(connections) == 1


def test_it_is_read_where_nothing_can_be_written(data_dir: DataDir) -> None:
    place = database.place_of(data_dir)
    copy = data_dir.root / "read-only"
    copy.mkdir()
    (copy / place.name).write_bytes(place.read_bytes())
    (copy / place.name).chmod(0o444)
    copy.chmod(0o555)
    try:
        assert count(Connections(DataDir(copy))) == 0
    finally:
        copy.chmod(0o755)
