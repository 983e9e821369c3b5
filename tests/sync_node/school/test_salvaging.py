"""A damaged school.db is never deleted, and what can be read of it goes on."""

import atexit
import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from content_packs import records
from content_packs.errors import StorageFailed
from sync_node.data_dir import DataDir
from sync_node.school import salvaging
from sync_node.school.limits import SALVAGE_SEQUENCE_GAP
from tests.support.school import HALF_RIGHT, PRACTICE, RIGHT, SchoolRig

PAGE = 4096
PUPILS = 30
RECORDS_IN_PAGE = 5


@cache
def _full_school() -> Path:
    """Make, once, a school whose pupils have answered, and a backup of it."""
    folder = Path(tempfile.mkdtemp(prefix="full-school-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    rig = SchoolRig(folder)
    _, pupils = rig.a_class(*(f"Pupil {number}" for number in range(PUPILS)))
    for word in ("first", "second", "third"):
        for pupil in pupils:
            rig.answer(pupil, HALF_RIGHT, word=word)
    rig.school.back_up()
    rig.close()
    return folder


def a_full_school(folder: Path, *, backup: bool = False) -> DataDir:
    shutil.copytree(_full_school(), folder)
    data_dir = DataDir(folder)
    if not backup:
        data_dir.school_backup.unlink()
    return data_dir


def damage(path: Path, *pages: int) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(random.Random(page).randbytes(PAGE))


def pages_of(path: Path) -> int:
    return path.stat().st_size // PAGE


def roots_of(path: Path, *tables: str) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall()
    return [number - 1 for name, number in found if name in tables]


def until_it_is_sound(rig: SchoolRig) -> None:
    """Use it as pages do: the use that meets the damage fails, the next one goes on."""
    for _ in range(3):
        try:
            assert rig.school.check().problems == []
        except (StorageFailed, AssertionError):
            continue
        return
    pytest.fail("it stays damaged")


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path) -> None:
    rig = SchoolRig(tmp_path / "node")
    rig.data_dir.school_db.write_bytes(b"What was written here by another program." * 200)
    made, _ = rig.a_class("Anna")
    assert len(rig.school.people.learners(made.id)) == 1
    (aside,) = rig.school.set_aside()
    assert aside.read_bytes().startswith(b"What was written")
    (trouble,) = rig.school.troubles()
    assert aside.name in trouble.text
    rig.close()


@pytest.mark.parametrize("seed", range(6))
def test_around_a_bad_place_all_is_kept(tmp_path: Path, seed: int) -> None:
    data_dir = a_full_school(tmp_path / "node")
    count = pages_of(data_dir.school_db)
    bad = random.Random(seed).sample(range(1, count), 2)
    damage(data_dir.school_db, *bad)
    before = data_dir.school_db.read_bytes()
    rig = SchoolRig(tmp_path / "node")
    until_it_is_sound(rig)
    aside = rig.school.set_aside()
    if aside:
        assert len(aside) == 1
        assert len(aside[0].read_bytes()) == len(before)
        assert rig.school.troubles()
    stored = rig.school.statements.after(0, count_max=10**6, bytes_max=10**9)
    assert len(stored) >= PUPILS * 9 - 2 * RECORDS_IN_PAGE, f"{bad} of {count} pages"
    rig.a_class("Zoe", name="5a")
    rig.close()


def test_the_backup_gives_what_cannot_be_read(tmp_path: Path) -> None:
    data_dir = a_full_school(tmp_path / "node", backup=True)
    damage(data_dir.school_db, *range(1, pages_of(data_dir.school_db)))
    rig = SchoolRig(tmp_path / "node")
    until_it_is_sound(rig)
    (a_class,) = rig.school.people.classes()
    pupils = rig.school.people.learners(a_class.id)
    assert len(pupils) == PUPILS
    for pupil in pupils:
        found = rig.school.progress.of_item(pupil.actor, PRACTICE)
        assert found
        assert found.attempts == 3
    assert "backup" in rig.school.troubles()[0].text
    rig.close()


def test_the_header_alone_gone_costs_nothing_that_the_backup_has(tmp_path: Path) -> None:
    data_dir = a_full_school(tmp_path / "node", backup=True)
    damage(data_dir.school_db, 0)
    rig = SchoolRig(tmp_path / "node")
    until_it_is_sound(rig)
    assert rig.school.statements.newest() == PUPILS * 9
    rig.close()


def test_numbers_of_records_are_not_given_anew(tmp_path: Path) -> None:
    data_dir = a_full_school(tmp_path / "node", backup=True)
    newest = PUPILS * 9
    damage(data_dir.school_db, *range(1, pages_of(data_dir.school_db)))
    rig = SchoolRig(tmp_path / "node")
    until_it_is_sound(rig)
    (a_class,) = rig.school.people.classes()
    rig.answer(rig.school.people.learners(a_class.id)[0], RIGHT)
    (first, *_) = rig.school.statements.after(newest, count_max=10, bytes_max=10**6)
    assert first.sequence > newest + SALVAGE_SEQUENCE_GAP
    rig.close()


def test_records_need_no_page_that_leads_to_them(tmp_path: Path) -> None:
    data_dir = a_full_school(tmp_path / "node")
    roots = roots_of(data_dir.school_db, "statement_row", "progress_row", "answer_row")
    damage(data_dir.school_db, 0, *roots)
    rig = SchoolRig(tmp_path / "node")
    until_it_is_sound(rig)
    stored = rig.school.statements.after(0, count_max=10**6, bytes_max=10**9)
    assert len(stored) == PUPILS * 9
    (a_class,) = rig.school.people.classes()
    pupils = rig.school.people.learners(a_class.id)
    assert len(pupils) == PUPILS
    found = rig.school.progress.of_item(pupils[0].actor, PRACTICE)
    assert found
    assert found.attempts == 3
    rig.close()


def test_damage_that_shows_while_pupils_work_is_salvaged_by_the_next_use(tmp_path: Path) -> None:
    a_full_school(tmp_path / "node")
    rig = SchoolRig(tmp_path / "node")
    (a_class,) = rig.school.people.classes()
    anna = rig.school.people.learners(a_class.id)[0]
    assert rig.answer(anna, RIGHT)
    rig.school.ground.database.close()
    rig.school.ground.write(lambda: None)
    tables = ("statement_row", "learner_row", "class_row")
    damage(rig.data_dir.school_db, *roots_of(rig.data_dir.school_db, *tables))
    kept = []
    for number in range(6):
        with contextlib.suppress(StorageFailed):
            if rig.answer(anna, RIGHT, word=f"after {number}"):
                kept.append(f"after {number}")
        with contextlib.suppress(StorageFailed):
            rig.school.people.learners(a_class.id)
    assert kept
    stored = {one.id for one in rig.school.statements.after(0, count_max=10**6, bytes_max=10**9)}
    for word in kept:
        attempt = records.name_based_id("attempt", str(anna.actor), *PRACTICE, word)
        assert records.name_based_id(attempt, "") in stored
    assert rig.school.set_aside()
    rig.close()


class _Cut(Exception):
    """Power goes."""


@pytest.mark.parametrize("number", range(1, 9))
def test_a_cut_in_the_swap_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    data_dir = a_full_school(tmp_path / "node", backup=True)
    path, backup = data_dir.school_db, data_dir.school_backup
    damage(path, 3, 4)
    calls = 0

    def cutting(call: Callable[..., object]) -> Callable[..., object]:
        def made(*args: object, **more: object) -> object:
            nonlocal calls
            calls += 1
            if calls == number:
                raise _Cut
            return call(*args, **more)

        return made

    with monkeypatch.context() as patch:
        for place in ("link", "fsync"):
            patch.setattr(salvaging.os, place, cutting(getattr(salvaging.os, place)))
        for place in ("unlink", "replace"):
            patch.setattr(Path, place, cutting(getattr(Path, place)))
        with contextlib.suppress(_Cut):
            salvaging.salvage(path, backup, at="2026-09-01T08:00:00Z")
    rig = SchoolRig(tmp_path / "node")
    until_it_is_sound(rig)
    assert len(rig.school.statements.after(0, count_max=10**6, bytes_max=10**9)) == PUPILS * 9
    assert len(rig.school.set_aside()) == 1
    rig.close()


def test_a_backup_is_whole_and_can_take_the_place(tmp_path: Path) -> None:
    a_full_school(tmp_path / "node")
    rig = SchoolRig(tmp_path / "node")
    stick = tmp_path / "stick"
    stick.mkdir()
    done = rig.school.back_up(stick)
    assert (done.path.parent, done.records) == (stick, PUPILS * 9)
    rig.close()
    other = SchoolRig(tmp_path / "other")
    done.path.rename(other.data_dir.school_db)
    (a_class,) = other.school.people.classes()
    assert a_class.learners == PUPILS
    other.close()


def test_a_backup_is_never_made_of_a_damaged_file(tmp_path: Path) -> None:
    data_dir = a_full_school(tmp_path / "node", backup=True)
    damage(data_dir.school_db, *range(2, pages_of(data_dir.school_db)))
    rig = SchoolRig(tmp_path / "node")
    with contextlib.suppress(StorageFailed):
        rig.school.back_up()
    with closing(sqlite3.connect(data_dir.school_backup)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT count(*) FROM statement_row").fetchone()
    assert found == (PUPILS * 9,)
    rig.close()


def test_a_backup_that_has_no_room_is_not_begun(rig: SchoolRig) -> None:
    rig.a_class("Anna")
    rig.free = 0
    with pytest.raises(StorageFailed, match="room"):
        rig.school.back_up()
    assert not rig.data_dir.school_backup.exists()


def test_a_backup_is_made_each_day_that_something_changed(tmp_path: Path) -> None:
    data_dir = a_full_school(tmp_path / "node")
    rig = SchoolRig(tmp_path / "node")
    school, backup = rig.school, data_dir.school_backup
    school.back_up_if_due()
    first = backup.stat()
    assert school.backed_up_seconds_ago() is not None
    rig.a_class("Zoe", name="5a")
    school.back_up_if_due()
    assert backup.stat().st_ino == first.st_ino, "a day hasn't passed"
    a_day_ago = first.st_mtime - 25 * 3_600
    os.utime(backup, (a_day_ago, a_day_ago))
    school.back_up_if_due()
    second = backup.stat()
    assert second.st_ino != first.st_ino
    for path in (data_dir.school_db, data_dir.school_db.with_name("school.db-wal")):
        os.utime(path, (a_day_ago - 60, a_day_ago - 60))
    os.utime(backup, (a_day_ago, a_day_ago))
    school.back_up_if_due()
    assert backup.stat().st_ino == second.st_ino, "nothing changed"
    tomorrow = first.st_mtime + 25 * 3_600
    os.utime(backup, (tomorrow, tomorrow))
    school.back_up_if_due()
    assert backup.stat().st_ino != second.st_ino, "the clock went back"
    rig.close()


def test_the_keeper_ends_with_the_school(tmp_path: Path) -> None:
    rig = SchoolRig(tmp_path / "node")
    rig.school.keep()
    rig.school.tidy()
    assert not rig.data_dir.materials.exists()
    rig.close()
