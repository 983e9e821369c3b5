"""The school's data on a stick: taken along by a technician, and put back on a new card."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import courier
from sync_node.school.school import School as SchoolData
from tests.support.school import SchoolRig
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.box import CONFIG

PLACE = "satchel/backup/box/school-backup.db"


@pytest.fixture
def stick(at_work: School, tmp_path: Path) -> Path:
    """A courier's stick that is in the box."""
    root = tmp_path / "media" / "red"
    (root / courier.REPOSITORY).mkdir(parents=True)
    text = CONFIG.replace("couriers = []", f'couriers = ["{tmp_path}/media"]')
    at_work.data_dir.config.write_text(text, encoding="utf-8")
    return root


def look(technician: FlaskClient) -> str:
    """Return the page once nothing is under way any more."""
    for _ in range(300):
        text = technician.get("/box/school").text
        if "data-busy" not in text:
            return text
        time.sleep(0.02)
    raise AssertionError("it never ends")


def test_a_technician_takes_a_backup_along_and_puts_it_back(
    technician: FlaskClient, data: SchoolData, stick: Path
) -> None:
    data.teachers.add("Ms Li", "four words are enough")
    assert technician.post("/box/school/backup", data={"stick": str(stick)}).status_code == 303
    assert "may be pulled" in look(technician)
    assert (stick / PLACE).is_file()
    data.teachers.add("Mr Wang", "four words are enough")
    path = {"path": str(stick / PLACE)}
    technician.post("/box/school/restore", data=path)
    text = look(technician)
    assert "there is more here than in that backup" in text
    assert "1 teachers" in text
    technician.post("/box/school/restore", data=path | {"insist": "yes"})
    text = look(technician)
    assert "data is back" in text
    assert "school.db.before-1" in text
    assert [one.name for one in data.teachers.teachers()] == ["Ms Li"]


def test_a_new_card_is_filled_from_the_old_ones_backup(
    technician: FlaskClient, data: SchoolData, stick: Path, tmp_path: Path
) -> None:
    old = SchoolRig(tmp_path / "old-card")
    old.a_class("Anna")
    folder = stick / "satchel/backup/qamdo-7-1"
    folder.mkdir(parents=True)
    old.school.back_up(folder)
    old.close()
    assert "qamdo-7-1" in look(technician)
    there = str(folder / "school-backup.db")
    technician.post("/box/school/restore", data={"path": there, "insist": "yes"})
    assert "data is back" in look(technician)
    assert [one.name for one in data.people.classes()] == ["4b"]
    assert technician.get("/box/school").status_code == 200  # still signed in


def test_only_backups_on_couriers_sticks_are_put_back(
    technician: FlaskClient, stick: Path, data: SchoolData, tmp_path: Path
) -> None:
    elsewhere = data.back_up(tmp_path).path
    (stick / "satchel/backup").mkdir()
    (stick / "satchel/backup/linked").symlink_to(tmp_path)
    for path in (str(elsewhere), str(stick / "satchel/backup/linked/school-backup.db"), "", "/"):
        answer = technician.post("/box/school/restore", data={"path": path})
        assert answer.headers["Location"].endswith("failed=restore")
    away = technician.post("/box/school/backup", data={"stick": str(tmp_path)})
    assert away.headers["Location"].endswith("failed=backup")
    assert (
        "there any more, or is in use already" in technician.get("/box/school?failed=backup").text
    )


def test_a_damaged_backup_changes_nothing_and_says_so(
    technician: FlaskClient, data: SchoolData, stick: Path
) -> None:
    data.teachers.add("Ms Li", "four words are enough")
    (stick / PLACE).parent.mkdir(parents=True)
    (stick / PLACE).write_bytes(b"no database" * 1_000)
    technician.post("/box/school/restore", data={"path": str(stick / PLACE), "insist": "yes"})
    assert "work" in look(technician)
    assert [one.name for one in data.teachers.teachers()] == ["Ms Li"]


def test_codes_are_made_and_shown_once(technician: FlaskClient, data: SchoolData) -> None:
    data.teachers.set_codes({"label": "AAAA-AAAA-AAAA"})
    made = technician.post("/box/school/code", data={"kind": "label"}).text
    assert "Write it onto the label" in made
    code = made.partition("<code>")[2].partition("</code>")[0]
    assert data.signing_in.technician(code, device="d")
    assert code not in technician.get("/box/school").text
    teacher = technician.post("/box/school/code", data={"kind": "teacher"}).text
    code = teacher.partition("<code>")[2].partition("</code>")[0]
    assert data.signing_in.new_teacher(code, "Ms Li", "four words are enough", device="d")


def test_nobody_else_gets_there(guest: FlaskClient) -> None:
    assert "sign-in" in guest.get("/box/school").headers["Location"]
    for place in ("backup", "restore", "code"):
        assert guest.post(f"/box/school/{place}").status_code == 403
