"""A backup takes the place of school.db, whole or not at all, and never of more than it has."""

import os
import random
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent, Missing, Refused, StorageFailed
from content_packs.records import Actor
from sync_node.school import restoring
from sync_node.school.errors import WrongSecret
from sync_node.school.people_model import Learner
from tests.support.file_systems import file_system
from tests.support.killing import Killer
from tests.support.school import PRACTICE, RIGHT, SchoolRig

SEED = 20_261_122
MOMENTS = r"fsync|fdatasync|rename.*|unlink.*|write|pwrite64|ftruncate"
QUICK = 2
FEW_OR_ALL = [
    pytest.param(QUICK, id="quick"),
    pytest.param(None, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
]


def backed_up(folder: Path) -> tuple[Path, Learner]:
    """Return the backup of a school with a pupil who has answered, and a teacher."""
    rig = SchoolRig(folder / "old-card")
    _, (anna,) = rig.a_class("Anna")
    rig.answer(anna, RIGHT)
    rig.school.teachers.add("Ms Li", "four words are enough")
    (folder / "stick").mkdir(exist_ok=True)
    found = rig.school.back_up(folder / "stick")
    rig.close()
    return found.path, anna


def names(rig: SchoolRig) -> list[str]:
    return [teacher.name for teacher in rig.school.teachers.teachers()]


def test_a_new_card_has_the_school_again_while_its_site_goes_on(tmp_path: Path) -> None:
    backup, anna = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    site = new.open()  # the site has it open, too
    assert site.teachers.teachers() == []
    done = new.school.restore(backup)
    assert (done.records, done.pupils, done.teachers, done.kept) == (3, 1, 1, "")
    assert [teacher.name for teacher in site.teachers.teachers()] == ["Ms Li"]
    assert site.progress.of_item(Actor("learner", anna.id), PRACTICE) is not None
    assert new.school.check().clean
    site.close()
    new.close()


def test_codes_and_technicians_stay_those_of_the_new_card(tmp_path: Path) -> None:
    rig = SchoolRig(tmp_path / "old-card")
    rig.school.teachers.set_codes({"label": "AAAA-AAAA-AAAA"})
    rig.school.back_up(tmp_path)
    rig.close()
    new = SchoolRig(tmp_path / "new-card")
    new.school.teachers.set_codes({"label": "BBBB-BBBB-BBBB"})
    technician = new.school.signing_in.technician("BBBBBBBBBBBB", device="d")
    new.school.restore(tmp_path / "school-backup.db")
    assert new.school.sessions.find(technician.token) is not None
    assert new.school.signing_in.technician("bbbb bbbb bbbb", device="d")
    with pytest.raises(WrongSecret):
        new.school.signing_in.technician("AAAA-AAAA-AAAA", device="d")
    new.close()


def test_more_than_the_backup_has_is_not_replaced_unless_somebody_insists(tmp_path: Path) -> None:
    backup, _ = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    _, (bo,) = new.a_class("Bo", name="5a")
    new.answer(bo, RIGHT)
    with pytest.raises(Refused) as refusal:
        new.school.restore(backup)
    assert "3 records, 1 pupils, 1 classes" in refusal.value.message
    assert new.school.people.learner(bo.id).name == "Bo"
    done = new.school.restore(backup, replace=True)
    assert done.newer == "3 records, 1 pupils, 1 classes"
    assert names(new) == ["Ms Li"]
    kept = new.data_dir.root / done.kept
    with closing(sqlite3.connect(kept)) as before:
        assert before.execute("SELECT name FROM learner_row").fetchall() == [("Bo",)]
    new.school.restore(kept, replace=True)
    assert new.school.people.learner(bo.id).name == "Bo"
    assert sorted(path.name for path in kept.parent.glob("school.db.before-*")) == [
        "school.db.before-1", "school.db.before-2",
    ]  # fmt: skip
    new.close()


def test_nothing_is_taken_in_between_the_look_and_the_replacing(tmp_path: Path) -> None:
    """It would be in neither: not in the backup, and not in what is kept."""
    backup, _ = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    new.school.teachers.add("Mr Wang", "four words are enough")
    path = new.data_dir.school_db
    asked = 0

    def disk_free(_folder: Path) -> int:  # asked first of all, and when what is there is kept
        nonlocal asked
        asked += 1
        with closing(sqlite3.connect(path, timeout=0)) as pupil:
            assert pupil.execute("SELECT name FROM teacher_row").fetchall() == [("Mr Wang",)]
            if asked > 1:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    pupil.execute("UPDATE teacher_row SET name = 'Mr Zhao'")
        return 10**12

    restoring.restore(path, backup, replace=True, disk_free=disk_free)
    assert asked == 2
    assert names(new) == ["Ms Li"]
    new.close()


def test_a_school_db_that_somebody_else_writes_to_all_the_time_is_left_as_it_is(
    tmp_path: Path,
) -> None:
    backup, _ = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    new.school.teachers.add("Mr Wang", "four words are enough")
    path = new.data_dir.school_db
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageFailed, match="locked"):
            restoring.restore(
                path, backup, replace=True, disk_free=lambda _: 10**12, busy_seconds=0.1
            )
    assert names(new) == ["Mr Wang"]
    new.close()


def test_the_same_backup_again_loses_nothing(tmp_path: Path) -> None:
    backup, anna = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    new.school.restore(backup)
    again = new.school.restore(backup)
    assert (again.records, again.newer) == (3, "")
    assert new.school.people.learner(anna.id).name == "Anna"
    new.close()


def test_numbers_of_records_go_on_behind_the_backups(tmp_path: Path) -> None:
    backup, _ = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    new.school.restore(backup)
    _, (bo,) = new.a_class("Bo", name="5a")
    new.answer(bo, RIGHT)
    found = new.school.statements.after(0, count_max=99, bytes_max=10**6)
    assert len({one.id for one in found}) == 6
    new.close()


def test_numbers_go_on_where_a_backups_records_are_gone_since(tmp_path: Path) -> None:
    backup, _ = backed_up(tmp_path)
    with closing(sqlite3.connect(backup)) as old:
        old.execute("DELETE FROM statement_row")
        old.commit()
    new = SchoolRig(tmp_path / "new-card")
    new.school.restore(backup)
    _, (bo,) = new.a_class("Bo", name="5a")
    new.answer(bo, RIGHT)
    found = new.school.statements.after(0, count_max=99, bytes_max=10**6)
    assert [one.sequence for one in found] == [4, 5, 6]
    new.close()


HOSTILE = [
    "UPDATE statement_row SET body = 1000000000000",
    "UPDATE statement_row SET body = 'text'",
    "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    "UPDATE sqlite_sequence SET seq = 'many'",
    "UPDATE statement_row SET sequence = 9223372036854775807 WHERE sequence = 1",
]


@pytest.mark.parametrize("change", HOSTILE)
def test_a_backup_that_somebody_made_by_hand_is_none(tmp_path: Path, change: str) -> None:
    """With such numbers no record could ever be taken in again."""
    backup, _ = backed_up(tmp_path)
    with closing(sqlite3.connect(backup)) as hostile:
        hostile.execute(change)
        hostile.commit()
    new = SchoolRig(tmp_path / "new-card")
    with pytest.raises(InvalidContent):
        new.school.restore(backup)
    assert names(new) == []
    new.close()


@pytest.mark.parametrize("damage", ["cut", "zeros", "nothing", "text", "another"])
def test_what_is_no_sound_backup_changes_nothing(tmp_path: Path, damage: str) -> None:
    backup, _ = backed_up(tmp_path)
    data = backup.read_bytes()
    backup.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "zeros": data[:8192] + bytes(len(data) - 8192),
            "nothing": b"",
            "text": b"not a database at all" * 99,
            "another": data,
        }[damage]
    )
    if damage == "another":
        with closing(sqlite3.connect(backup)) as other:
            other.execute("PRAGMA application_id = 7")
    new = SchoolRig(tmp_path / "new-card")
    new.a_class("Bo")
    with pytest.raises(InvalidContent):
        new.school.restore(backup, replace=True)
    assert [one.name for one in new.school.people.classes()] == ["4b"]
    assert not list(new.data_dir.root.glob("school.db.restoring*"))
    assert not list(new.data_dir.root.glob("school.db.before*"))
    new.close()


@pytest.mark.parametrize("pulled", ["before", "meanwhile"])
def test_a_stick_that_is_pulled_is_not_taken_for_a_bad_backup(tmp_path: Path, pulled: str) -> None:
    backup, _ = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    with file_system(tmp_path, mebibytes=16) as stick:
        there = stick.place / backup.name
        shutil.copyfile(backup, there)
        stick.unmount()
        stick.mount(read_only=True)
        assert there.stat().st_size == backup.stat().st_size
        if pulled == "before":
            stick.die()
        else:
            os.truncate(stick.image, 0)  # what was looked up is known still, nothing else is
        with pytest.raises(StorageFailed, match="couldn't be read to its end") as failure:
            new.school.restore(there)
    assert "Put the stick in again" in failure.value.hint
    assert names(new) == []
    assert not list(new.data_dir.root.glob("school.db.restoring*"))
    assert new.school.restore(backup).records == 3
    new.close()


def test_what_else_is_in_the_file_does_not_come_along(tmp_path: Path) -> None:
    """A stick passes through many hands: a trigger in it must not run here."""
    backup, _ = backed_up(tmp_path)
    with closing(sqlite3.connect(backup)) as hostile:
        hostile.execute("CREATE TABLE more (x)")
        hostile.execute(
            "CREATE TRIGGER t AFTER INSERT ON teacher_row BEGIN DELETE FROM learner_row; END"
        )
        hostile.commit()
    new = SchoolRig(tmp_path / "new-card")
    new.school.restore(backup)
    new.school.teachers.add("Mr Wang", "four words are enough")
    with closing(sqlite3.connect(new.data_dir.school_db)) as found:
        assert found.execute("SELECT count(*) FROM learner_row").fetchone() == (1,)
        kinds = {row[0] for row in found.execute("SELECT type FROM sqlite_master")}
    assert "trigger" not in kinds
    new.close()


def test_a_backup_of_a_newer_satchel_says_to_update_first(tmp_path: Path) -> None:
    backup, _ = backed_up(tmp_path)
    with closing(sqlite3.connect(backup)) as newer:
        newer.execute("PRAGMA user_version = 99")
    new = SchoolRig(tmp_path / "new-card")
    with pytest.raises(InvalidContent) as refusal:
        new.school.restore(backup)
    assert "Update this box first" in refusal.value.hint
    new.close()


def test_no_file_and_no_room_are_said(tmp_path: Path) -> None:
    backup, _ = backed_up(tmp_path)
    new = SchoolRig(tmp_path / "new-card")
    with pytest.raises(Missing):
        new.school.restore(tmp_path / "nowhere.db")
    new.free = 0
    with pytest.raises(StorageFailed, match="no room"):
        new.school.restore(backup)
    new.close()


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("most", FEW_OR_ALL)
def test_a_power_cut_leaves_the_one_or_the_other(tmp_path: Path, most: int | None) -> None:
    backup, _ = backed_up(tmp_path)
    before = SchoolRig(tmp_path / "before")
    before.data_dir.config.write_text("")
    before.school.teachers.add("Mr Wang", "four words are enough")
    before.close()
    data = tmp_path / "data"
    shutil.copytree(before.data_dir.root, data)
    command = [
        sys.executable, "-m", "sync_node.cli", "school", "restore", str(backup), "--replace",
        "--data", str(data),
    ]  # fmt: skip
    killer = Killer(SEED)
    killer.watch(command, data, tmp_path / "log")
    moments = killer.every(MOMENTS)
    assert len(moments) > 20
    for moment in moments if most is None else random.Random(SEED).sample(moments, most):
        shutil.rmtree(data)
        shutil.copytree(before.data_dir.root, data)
        assert killer.kill(command, moment), f"{moment} never came"
        cut = SchoolRig(data)
        assert names(cut) in (["Mr Wang"], ["Ms Li"]), moment
        assert cut.school.check().clean, moment
        cut.school.restore(backup, replace=True)
        assert names(cut) == ["Ms Li"], moment
        assert not list(data.glob("school.db.restoring*")), moment
        cut.close()
