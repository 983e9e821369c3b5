"""What a bad day does to school.db: clocks that jump, threads that die, programs beside it."""

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import peewee
import pytest

from content_packs.errors import StorageFailed
from sync_node.school.errors import TooManyTries, WrongSecret
from sync_node.school.limits import (
    DEVICES_OF_ACCOUNT_MAX,
    RECORDS_PER_DAY_MAX,
    TRIES_FREE,
    WRITES_POSTED_MAX,
)
from sync_node.school.models import ProgressRow, database_proxy
from sync_node.school.pace import Pace
from sync_node.school.people_model import Learner
from sync_node.school.sessions import device_of
from tests.support.school import HALF_RIGHT, PRACTICE, RIGHT, SchoolRig

HERE = device_of("a phone of the class")
JUMPS = [
    pytest.param(timedelta(days=-400), id="back to when the box was made"),
    pytest.param(timedelta(hours=-2), id="back to the last time that was kept"),
    pytest.param(timedelta(days=400), id="forward to the true time"),
]


def with_pin(rig: SchoolRig, name: str = "Anna") -> Learner:
    _, (made,) = rig.a_class(name)
    return rig.school.people.set_pin(made.id, "4711", "digits").learner


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_keeps_nobody_out_and_loses_nothing(
    rig: SchoolRig, jump: timedelta
) -> None:
    anna = with_pin(rig)
    before = rig.school.signing_in.learner(anna.id, "4711", device=HERE)
    rig.answer(anna, HALF_RIGHT, word="before")
    rig.time += jump
    found = rig.school.sessions.find(before.token)
    assert (found is not None) == (abs(jump) < timedelta(hours=12))
    again = rig.school.signing_in.learner(anna.id, "4711", device=HERE)
    assert rig.school.sessions.find(again.token) == again.session
    assert rig.answer(anna, RIGHT, word="after")
    assert not rig.answer(anna, HALF_RIGHT, word="before"), "it is known"
    rig.school.tidy()
    rig.time -= jump
    assert rig.answer(anna, RIGHT, word="and back")
    progress = rig.school.progress.of_item(anna.actor, PRACTICE)
    assert progress
    assert (progress.attempts, progress.score_percent) == (3, 100)
    assert rig.school.check().clean


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_shuts_nobody_out_for_longer_than_the_longest_wait(
    rig: SchoolRig, jump: timedelta
) -> None:
    anna = with_pin(rig)
    for _ in range(TRIES_FREE):
        with pytest.raises(WrongSecret):
            rig.school.signing_in.learner(anna.id, "0000", device=HERE)
    with pytest.raises(TooManyTries):
        rig.school.signing_in.learner(anna.id, "4711", device=HERE)
    rig.time += jump
    assert rig.school.signing_in.learner(anna.id, "4711", device=HERE)


def test_devices_are_remembered_in_the_order_in_which_they_came(rig: SchoolRig) -> None:
    """A clock that went back must not make the newest device the oldest."""
    anna = with_pin(rig)
    for number in range(DEVICES_OF_ACCOUNT_MAX):
        rig.school.signing_in.learner(anna.id, "4711", device=device_of(f"phone {number}"))
    rig.time -= timedelta(days=400)
    rig.school.signing_in.learner(anna.id, "4711", device=HERE)
    for number in range(40):
        with pytest.raises((WrongSecret, TooManyTries)):
            rig.school.signing_in.learner(anna.id, "0000", device=device_of(f"thief {number}"))
    assert rig.school.signing_in.learner(anna.id, "4711", device=HERE)


def test_what_is_only_looked_at_takes_no_room_from_what_is_waited_for(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    writer = rig.school.ground.writer
    going, on = threading.Event(), threading.Event()

    def slow() -> None:
        going.set()
        on.wait()

    first = threading.Thread(target=lambda: rig.school.ground.write(slow))
    first.start()
    going.wait()
    for _ in range(10 * WRITES_POSTED_MAX):
        writer.post(lambda: None)
    answered = threading.Thread(target=rig.answer, args=(anna, RIGHT))
    answered.start()
    on.set()
    first.join()
    answered.join()
    assert rig.school.progress.of_item(anna.actor, PRACTICE)
    assert writer.jobs < 3 * WRITES_POSTED_MAX


def test_a_writer_that_died_is_followed_by_another(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    writer = rig.school.ground.writer
    ended = threading.Thread(target=lambda: None)
    ended.start()
    ended.join()
    rig.school.ground.write(lambda: None)
    writer._closed = True  # its thread ends by itself, as by a fault
    with writer._changed:
        writer._changed.notify_all()
    assert writer._thread
    writer._thread.join()
    writer._closed = False
    assert rig.answer(anna, RIGHT)


def test_a_wrong_question_is_no_damage(rig: SchoolRig) -> None:
    rig.a_class("Anna")
    ground = rig.school.ground
    with (
        pytest.raises((peewee.ProgrammingError, StorageFailed)),
        ground.database.reading(),
    ):
        database_proxy.execute_sql("SELECT ?, ?", ("one",))
    assert rig.school.people.classes()
    assert rig.school.troubles() == []
    assert rig.school.set_aside() == []


def test_a_check_holds_nobody_up_and_mends_what_was_derived_wrongly(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    rig.answer(anna, HALF_RIGHT)
    writer = rig.school.ground.writer
    jobs = writer.jobs
    done = rig.school.check()
    assert (done.clean, done.rebuilt, writer.jobs) == (True, False, jobs), "nothing was written"
    rig.school.ground.write(lambda: ProgressRow.update(attempts=7).execute())
    assert rig.school.check().rebuilt
    found = rig.school.progress.of_item(anna.actor, PRACTICE)
    assert found
    assert found.attempts == 1
    assert rig.answer(ben, RIGHT)
    assert not rig.school.check().rebuilt


def test_a_thread_that_still_reads_the_damaged_file_takes_nothing_from_the_new_one(
    rig: SchoolRig,
) -> None:
    """SQLite removes a WAL by its name when a file is closed at last: not that of the new one."""
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, HALF_RIGHT, word="before")
    reading, on, closed = threading.Event(), threading.Event(), threading.Event()

    def read() -> None:
        rig.school.people.classes()
        reading.set()
        on.wait()
        rig.school.people.classes()  # it closes the old file, and opens the new one
        rig.school.ground.database.close()
        closed.set()

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait()
    rig.school.ground.database.close()
    rig.school.ground.database.salvage()
    assert rig.answer(anna, RIGHT, word="after")
    on.set()
    closed.wait()
    thread.join()
    with closing(sqlite3.connect(rig.data_dir.school_db)) as another:
        found = another.execute("SELECT count(*) FROM statement_row").fetchone()[0]
    assert found == 6, "three records of each try"


def test_nobody_puts_another_file_under_a_site_that_runs(rig: SchoolRig) -> None:
    """`sync-node school check` beside the site: the site's next answers would be lost."""
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, HALF_RIGHT)
    beside = SchoolRig(rig.data_dir.root)
    assert beside.school.check().clean
    with pytest.raises(StorageFailed, match="another program has it open"):
        beside.school.ground.database.salvage()
    assert rig.answer(anna, RIGHT)
    rig.close()
    beside.school.ground.database.salvage()
    assert beside.answer(anna, RIGHT, word="in the new one")
    assert beside.school.check().rebuilt
    found = beside.school.progress.of_item(anna.actor, PRACTICE)
    assert found
    assert found.attempts == 3
    beside.close()


def test_who_meets_the_damage_of_a_file_that_was_put_aside_salvages_nothing(rig: SchoolRig) -> None:
    rig.a_class("Anna")
    database = rig.school.ground.database

    def read() -> None:
        with database.reading():
            database.salvage()  # by another thread, while this one reads
            raise sqlite3.DatabaseError("database disk image is malformed")

    with pytest.raises(StorageFailed):
        read()
    assert rig.school.people.classes()
    assert len(rig.school.set_aside()) == 1


def test_a_script_fills_no_disk_with_one_pupil_s_records(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    pace, day = Pace(lambda: rig.seconds), rig.time.date()
    stored = 0
    for _ in range(24 * 60):
        rig.move(minutes=1)
        stored += sum(pace.lets(anna.actor, 10, day) for _ in range(40)) * 10
    assert stored == RECORDS_PER_DAY_MAX
    assert pace.lets(ben.actor, 10, day)
    assert pace.lets(anna.actor, 10, day + timedelta(days=1))
