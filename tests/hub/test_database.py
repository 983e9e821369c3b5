"""Commands and the serving process write to hub.db at the same time, and neither fails for it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from content_packs import publishing_keys
from hub import publishers, taking_over
from hub.edition import read_edition
from hub.hub import Hub
from hub.models import KeyRow, ReleaseRow
from hub.settling import record_releases

TIMES = 60


@pytest.fixture
def busy(filled: Hub) -> Iterator[Hub]:
    """A hub whose database somebody else writes to all the time, in short transactions."""
    ended = threading.Event()

    def write() -> None:
        database = sqlite3.connect(filled.data.database, timeout=30, isolation_level=None)
        with closing(database):
            while not ended.is_set():
                database.execute("UPDATE pack_row SET publisher = publisher")

    thread = threading.Thread(target=write)
    thread.start()
    yield filled
    ended.set()
    thread.join()


def test_the_history_is_brought_up_to_the_repository_beside_others_who_write(busy: Hub) -> None:
    edition = read_edition(busy.data.metadata)
    for _ in range(TIMES):
        with busy.database.writing():
            KeyRow.delete().execute()
            ReleaseRow.delete().execute()
        taking_over.record(busy, edition)
        record_releases(busy, edition)
    assert taking_over.since(busy).keys() >= set(edition.root.roles["root"].keyids)


def test_publishers_come_and_go_beside_others_who_write(busy: Hub, tmp_path: Path) -> None:
    for number in range(TIMES):
        key = publishing_keys.make(tmp_path / f"press-{number}", None)
        publishers.add(busy, "river-press", key.public, "demo")
        assert publishers.remove(busy, "river-press", key.keyid)
