"""Commands and the serving process write to the database at the same time, and neither fails."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_packs import publishing_keys
from content_packs.errors import StorageFailed
from hub import publishers, taking_over
from hub.edition import read_edition
from hub.hub import Hub
from hub.models import KeyRow, PackRow, ReleaseRow
from hub.signed_deeds import settle
from tests.support.hub_databases import HubDatabases

TIMES = 60
THREADS = 8

# Another program that writes all the time, in short transactions, until its input ends.
WRITER = """
import sys, threading
from pathlib import Path
from hub.clock import system_clock
from hub.hub import open_hub
from hub.models import PackRow

hub = open_hub(Path(sys.argv[1]), system_clock)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
print("writing", flush=True)
while not ended.is_set():
    with hub.database.writing():
        PackRow.update(publisher=PackRow.publisher).execute()
"""

pytestmark = pytest.mark.both_databases


@pytest.fixture
def busy(filled: Hub) -> Iterator[Hub]:
    """A hub whose database another program writes to all the time."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(filled.data.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "writing\n"
        yield filled
        assert other.poll() is None
        other.communicate("", timeout=60)
        assert other.returncode == 0


def test_the_history_is_brought_up_to_the_repository_beside_others_who_write(busy: Hub) -> None:
    edition = read_edition(busy.data.metadata)
    for _ in range(TIMES):
        with busy.database.writing():
            KeyRow.delete().execute()
            ReleaseRow.delete().execute()
        taking_over.record(busy, edition)
        settle(busy, edition)
    assert taking_over.since(busy).keys() >= set(edition.root.roles["root"].keyids)


def test_publishers_come_and_go_beside_others_who_write(busy: Hub, tmp_path: Path) -> None:
    for number in range(TIMES):
        key = publishing_keys.make(tmp_path / f"press-{number}", None)
        publishers.add(busy, "river-press", key.public, "demo")
        assert publishers.remove(busy, "river-press", key.keyid)


@pytest.mark.parametrize("keeps", [False, True])
def test_what_a_writer_read_stays_so_until_it_ends(filled: Hub, keeps: bool) -> None:
    """Each adds one to what it read: were two inside at once, a number would be lost."""
    if keeps:
        filled.database.keep_connections()

    def add() -> None:
        for _ in range(10):
            with filled.database.writing():
                found = PackRow.get(PackRow.pack == "counter").publisher
                PackRow.update(publisher=str(int(found) + 1)).where(
                    PackRow.pack == "counter"
                ).execute()

    with filled.database.writing():
        PackRow.insert(pack="counter", publisher="0").execute()
    threads = [threading.Thread(target=add) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with filled.database.transaction():
        assert PackRow.get(PackRow.pack == "counter").publisher == str(10 * THREADS)
    filled.database.close()


def test_a_reader_sees_one_moment(filled: Hub) -> None:
    def write() -> None:
        with filled.database.writing():
            PackRow.insert(pack="later", publisher="x").execute()

    with filled.database.transaction():
        before = PackRow.select().count()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert PackRow.select().count() == before
    with filled.database.transaction():
        assert PackRow.select().count() == before + 1


def test_a_block_that_fails_leaves_nothing_and_the_next_one_works(filled: Hub) -> None:
    def half() -> None:
        with filled.database.writing():
            PackRow.insert(pack="half", publisher="x").execute()
            raise ZeroDivisionError

    filled.database.keep_connections()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            half()
        with pytest.raises(StorageFailed), filled.database.writing():
            PackRow.insert(pack="demo", publisher="x").execute()  # it is there
    with filled.database.transaction():
        assert not PackRow.select().where(PackRow.pack == "half").exists()


def test_a_server_that_begins_anew_is_no_error(filled: Hub, databases: HubDatabases) -> None:
    filled.database.keep_connections()
    with filled.database.transaction():
        before = PackRow.select().count()
    databases.cut(filled)
    with filled.database.transaction():
        assert PackRow.select().count() == before
    databases.cut(filled)
    with filled.database.writing():
        PackRow.insert(pack="later", publisher="x").execute()


@pytest.mark.hub_db
def test_a_command_leaves_no_log_beside_hub_db(filled: Hub) -> None:
    """Whoever copies hub.db then copies all of it."""
    with filled.database.writing():
        PackRow.insert(pack="later", publisher="x").execute()
    assert [path.name for path in filled.data.root.glob("hub.db*")] == ["hub.db"]
