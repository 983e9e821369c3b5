"""In the middle of a school day the disk fills, fails, or rots: what pupils see, over real sockets.

What was said to be kept stays; what can't be kept is said so kindly; lessons go on being shown.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from content_packs import records
from content_packs.records import Place
from sync_node.school.people_model import Learner
from tests.support.file_systems import file_system, needs_mounts
from tests.support.phones import Answer, Phone
from tests.sync_node.lan.attacked import EXERCISE, ITEM, Attacked, attacked
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import right_form

PRACTICE = Place("fractions", LESSON, "practice")
TRIES_MAX = 600
SECONDS_MAX = 60
PAGES = ("/", ITEM, f"{ITEM}/intro", EXERCISE, "/packs/fractions", "/sign-in")


def answer(phone: Phone, word: str) -> Answer:
    return phone.post(EXERCISE, {**right_form(), "_submission": word})


def check_pages(phone: Phone) -> None:
    for page in PAGES:
        found = phone.get(page)
        assert found.status == 200, f"{page}: {found.status} {found.text[:300]}"


def answer_until_refused(phone: Phone, word: str) -> list[str]:
    """Answer until the site says that it can't keep it; return what it said is kept."""
    kept = []
    for number in range(TRIES_MAX):
        found = answer(phone, f"{word}-{number}")
        if found.status != 200:
            assert found.status == 503
            assert "keep this just now" in found.text, "it says so, in words"
            assert "Wonderful!" in found.text, "and marks it all the same"
            assert int(found.headers["retry-after"]) > 0
            return kept
        kept.append(f"{word}-{number}")
    raise AssertionError("never refused")


def assert_kept(here: Attacked, who: str, words: list[str]) -> None:
    stored = {one.id for one in here.data.statements.after(0, count_max=10**6, bytes_max=10**9)}
    for word in words:
        attempt = records.name_based_id("attempt", who, *PRACTICE, word)
        assert records.name_based_id(attempt, "") in stored, word


def on_a_disk(folder: Path, break_it: Callable[..., None], mend: Callable[..., None]) -> None:
    with file_system(folder, mebibytes=64) as disk, attacked(disk.place / "node") as here:
        anna, ben, *_ = here.learners
        phone, other = here.phone_of(anna), here.phone_of(ben)
        kept = ["before"]
        assert answer(phone, "before").status == 200
        check_pages(phone)
        break_it(disk)
        kept += answer_until_refused(phone, "while")
        check_pages(phone)
        assert anna.name in phone.get("/").text, "she is still signed in"
        assert other.post("/sign-out").status == 303
        assert "session" not in other.cookies, "the next who has that phone isn't Ben"
        with here.phone() as new:
            assert here.sign_in(new, ben).status in {303, 503}
            assert here.sign_in(new, ben, "0000").status in {200, 503}
        assert phone.post(f"{ITEM}/intro/done", {"_done": "1"}).status == 303
        assert_kept(here, str(anna.actor), kept)
        mend(disk)
        assert answer(phone, "after").status == 200
        assert_kept(here, str(anna.actor), [*kept, "after"])
        assert here.data.check().clean


@pytest.mark.long
@needs_mounts
def test_a_disk_that_is_full_is_said_kindly_and_heals(tmp_path: Path) -> None:
    on_a_disk(tmp_path, lambda disk: disk.fill(), lambda disk: disk.make_room())


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(["progress_row"], id="quick"),
        pytest.param(
            ["answer_row", "progress_row", "assignment_row"], id="long", marks=pytest.mark.long
        ),
    ],
)
def test_a_file_that_rots_while_a_class_answers_loses_nothing_that_was_kept(
    tmp_path: Path, tables: list[str]
) -> None:
    """Pages of tables other than the records' are overwritten while six pupils answer."""
    with attacked(tmp_path) as here:
        kept: list[tuple[str, str]] = []
        strange: list[int] = []
        ending = threading.Event()

        def go(who: Learner) -> None:
            phone = here.phone_of(who)
            for number in range(TRIES_MAX):
                found = answer(phone, f"rot-{number}")
                if found.status == 200 and "Kept." in found.text:
                    kept.append((str(who.actor), f"rot-{number}"))
                elif found.status not in {200, 429, 503}:
                    strange.append(found.status)
                if ending.is_set():
                    return

        threads = [threading.Thread(target=go, args=(who,)) for who in here.learners]
        for thread in threads:
            thread.start()
        for table in tables:
            wait_for_more(kept, 10)
            _spoil(tmp_path / "school.db", table)
            statuses = {here.phone().get(page).status for page in PAGES}
            assert statuses <= {200, 503}
        wait_for_more(kept, 10)
        ending.set()
        for thread in threads:
            thread.join()
        assert strange == []
        for who in here.learners:
            assert_kept(
                here, str(who.actor), [word for name, word in kept if name == str(who.actor)]
            )
        here.data.check()
        assert here.data.check().problems == []
        assert here.sign_in(here.phone(), here.learners[0]).status == 303


def wait_for_more(kept: list[tuple[str, str]], count: int) -> None:
    wanted = len(kept) + count
    until = time.monotonic() + SECONDS_MAX
    while len(kept) < wanted:
        assert time.monotonic() < until, "nothing is kept any more"
        time.sleep(0.01)


def _spoil(path: Path, table: str) -> None:
    """Overwrite the pages of a table, as a card that rots does."""
    with closing(sqlite3.connect(path, timeout=30)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        root = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xa5" * size)
