"""school.db is made where it is missing, brought up to date, and read on a disk that fails."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from content_packs.errors import StorageFailed
from sync_node.school import migrations, models
from tests.support.file_systems import file_system, needs_mounts
from tests.support.school import HALF_RIGHT, PRACTICE, RIGHT, SchoolRig
from tests.support.source_code import CHECKOUT

FORM_1 = CHECKOUT / "tests/vectors/v1/school-1.sql"


def from_dump(path: Path, dump: Path = FORM_1) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))


def tables(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {(name, " ".join(sql.split())) for name, sql in found}


def test_nothing_is_made_before_it_is_used(tmp_path: Path) -> None:
    rig = SchoolRig(tmp_path / "node")
    assert not rig.data_dir.school_db.exists()
    assert rig.school.people.classes() == []
    assert rig.data_dir.school_db.exists()
    rig.close()


def test_a_school_of_the_first_form_has_all_it_had(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    from_dump(folder / "school.db")
    rig = SchoolRig(folder)
    school = rig.school
    (a_class,) = school.people.classes()
    anna, ming = school.people.learners(a_class.id)
    assert (a_class.name, anna.name, ming.name) == ("4b", "Anna", "小明")
    found = school.progress.of_item(anna.actor, PRACTICE)
    assert found is not None
    assert (found.attempts, found.score_percent, found.state) == (2, 66, "done")
    assert school.signing_in.learner(anna.id, "4711", device="d").session.name == "Anna"
    assert [one.pack for one in school.pinned_versions.pinned()] == ["fractions"]
    assert len(school.assignments.of_class(a_class.id)) == 1
    assert school.check().clean
    assert school.progress.of_item(anna.actor, PRACTICE) == found
    rig.answer(anna, RIGHT)
    rig.close()


def test_every_form_becomes_the_newest(tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        migrations.migrate(connection)
    for form in range(1, migrations.SCHEMA + 1):
        old = tmp_path / f"{form}.db"
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            migrations.migrate(connection, to=form)
            assert migrations.schema_of(connection) == form
            migrations.migrate(connection)
            migrations.migrate(connection)
        assert tables(old) == tables(new)
    from_dump(tmp_path / "kept.db")
    with closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as connection:
        migrations.migrate(connection)
    assert tables(tmp_path / "kept.db") == tables(new)


def test_the_tables_are_those_of_the_models(rig: SchoolRig) -> None:
    rig.a_class("Anna")
    with closing(sqlite3.connect(rig.data_dir.school_db)) as connection:
        for model in models.ALL:
            rows = connection.execute(f"PRAGMA table_info({model._meta.table_name})").fetchall()
            assert [row[1] for row in rows] == [
                field.column_name for field in model._meta.sorted_fields
            ]


def test_a_database_of_a_newer_satchel_is_left_alone(tmp_path: Path) -> None:
    rig = SchoolRig(tmp_path / "node")
    rig.a_class("Anna")
    rig.close()
    with closing(sqlite3.connect(rig.data_dir.school_db)) as connection:
        connection.execute(f"PRAGMA user_version = {migrations.SCHEMA + 1}")
    before = rig.data_dir.school_db.read_bytes()
    rig = SchoolRig(tmp_path / "node")
    with pytest.raises(StorageFailed, match="its form is"):
        rig.school.people.classes()
    with pytest.raises(StorageFailed):
        rig.school.people.add_class("5a")
    rig.close()
    assert rig.data_dir.school_db.read_bytes() == before


def test_an_empty_file_of_a_cut_beginning_is_filled(tmp_path: Path) -> None:
    rig = SchoolRig(tmp_path / "node")
    rig.data_dir.school_db.touch()
    rig.a_class("Anna")
    assert rig.school.troubles() == []
    rig.close()


def test_threads_read_and_write_at_once(rig: SchoolRig) -> None:
    made, pupils = rig.a_class(*(f"Pupil {number}" for number in range(12)))
    failed: list[Exception] = []

    def go(number: int) -> None:
        try:
            for _ in range(4):
                rig.answer(pupils[number], HALF_RIGHT)
                assert rig.school.progress.of_item(pupils[number].actor, PRACTICE)
                assert len(rig.school.people.learners(made.id)) == 12
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@needs_mounts
def test_a_full_disk_refuses_answers_shows_what_is_there_and_heals(tmp_path: Path) -> None:
    with file_system(tmp_path, mebibytes=48) as disk:
        rig = SchoolRig(disk.place / "node")
        made, (anna, ben) = rig.a_class("Anna", "Ben")
        assert rig.answer(anna, RIGHT)
        disk.fill()
        refused = 0
        for _ in range(400):  # until the log has used up the room that it had
            try:
                rig.answer(ben, HALF_RIGHT)
            except StorageFailed:
                refused += 1
                break
        assert refused
        assert [one.name for one in rig.school.people.learners(made.id)] == ["Anna", "Ben"]
        before = rig.school.progress.of_item(ben.actor, PRACTICE)
        disk.make_room()
        assert rig.answer(ben, RIGHT)
        after = rig.school.progress.of_item(ben.actor, PRACTICE)
        assert after
        assert after.attempts == (before.attempts if before else 0) + 1
        assert rig.school.check().clean
        rig.close()


@needs_mounts
def test_a_disk_that_turns_read_only_goes_on_being_read(tmp_path: Path) -> None:
    with file_system(tmp_path, mebibytes=48) as disk:
        rig = SchoolRig(disk.place / "node")
        made, (anna,) = rig.a_class("Anna")
        rig.answer(anna, RIGHT)
        rig.close()
        rig = SchoolRig(disk.place / "node")
        assert rig.answer(anna, HALF_RIGHT)
        disk.turn_read_only()
        with pytest.raises(StorageFailed):
            rig.answer(anna, RIGHT)
        assert [one.name for one in rig.school.people.learners(made.id)] == ["Anna"]
        rig.close()


@needs_mounts
def test_a_box_that_starts_on_a_read_only_disk_shows_what_is_there(tmp_path: Path) -> None:
    with file_system(tmp_path, mebibytes=48) as disk:
        rig = SchoolRig(disk.place / "node")
        made, (anna,) = rig.a_class("Anna")
        rig.answer(anna, RIGHT)
        rig.close()
        disk.unmount()
        disk.mount(read_only=True)
        rig = SchoolRig(disk.place / "node")
        assert [one.name for one in rig.school.people.learners(made.id)] == ["Anna"]
        assert rig.school.progress.of_item(anna.actor, PRACTICE)
        with pytest.raises(StorageFailed):
            rig.answer(anna, RIGHT)
        with pytest.raises(StorageFailed):
            rig.school.check()
        rig.close()
        disk.unmount()
        disk.mount()
        rig = SchoolRig(disk.place / "node")
        assert rig.answer(anna, RIGHT)
        rig.close()


def test_two_schools_in_one_process_stay_apart(tmp_path: Path) -> None:
    first, second = SchoolRig(tmp_path / "first"), SchoolRig(tmp_path / "second")
    here, _ = first.a_class("Anna")
    there, _ = second.a_class("Ben")
    for _ in range(3):
        assert [one.name for one in first.school.people.learners(here.id)] == ["Anna"]
        assert [one.name for one in second.school.people.learners(there.id)] == ["Ben"]
        first.school.people.add_class(f"new {first.school.ground.new_id()}")
    assert len(second.school.people.classes()) == 1
    first.close()
    assert [one.name for one in second.school.people.learners(there.id)] == ["Ben"]
    second.close()
