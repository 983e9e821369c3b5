"""Logs that leave the box: bounded, whole on the stick, and without anything that opens a door."""

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import courier
from sync_node import courier_visits
from sync_node.box_clock import BoxClock
from sync_node.box_state import BoxStates
from sync_node.catalogue import Catalogue
from sync_node.courier_visits import Visit
from sync_node.lan.visitor import SESSION_COOKIE
from sync_node.limits import LOG_BYTES_MAX
from sync_node.log_export import LogExport
from sync_node.log_files import LogFile
from sync_node.school.school import School as SchoolData
from tests.support import node_process
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.box import CONFIG
from tests.sync_node.lan.technician.conftest import NOW

PUPIL, CHINESE_PUPIL, TEACHER, CLASS = "Gao Min", "欧阳娜娜", "Ms Okonkwo", "4 Bluebirds"
PASSPHRASE = "four words nobody knows"
KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----"


def files_of(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        assert zipped.testzip() is None
        return {name: zipped.read(name).decode() for name in zipped.namelist()}


@pytest.fixture
def secrets_of(at_work: School, data: SchoolData, technician: FlaskClient) -> list[str]:
    """Fill school.db and the logs with all that must not leave; return it."""
    school_class = data.people.add_class(CLASS, "4")
    pupil = data.people.add_learner(school_class.id, PUPIL)
    data.people.add_learner(school_class.id, CHINESE_PUPIL)
    pin = data.people.set_pin(pupil.id, "4711", "digits")
    data.teachers.add(TEACHER, PASSPHRASE)
    code = data.teachers.make_code("teacher")
    cookie = technician.get_cookie(SESSION_COOKIE)
    assert cookie
    log = LogFile(at_work.data_dir, "site", clock=lambda: NOW)
    for line in (
        f"a fault at the page of {PUPIL} and of {CHINESE_PUPIL}同学, class {CLASS}",
        f"Cookie: session={cookie.value}; language=zh", f"the token {cookie.value} was seen",
        f"pin={pin.pin}", f"PIN: {pin.pin}", f'{{"passphrase": "{PASSPHRASE}"}}', f"code {code}",
        KEY, "https://tech:hunter22@hub.example/", f"teacher {TEACHER.upper()} came in",
    ):  # fmt: skip
        log(line)
    at_work.data_dir.config.write_text(
        CONFIG.replace("https://hub", "https://node:pa55word@hub"), encoding="utf-8"
    )
    return [
        PUPIL, CHINESE_PUPIL, TEACHER, TEACHER.upper(), CLASS, cookie.value, f"={pin.pin}",
        f": {pin.pin}", "nobody knows", code, "MC4CAQ", "hunter22", "pa55word", "scrypt",
    ]  # fmt: skip


def test_a_technicians_browser_gets_them_without_a_secret(
    technician: FlaskClient, secrets_of: list[str]
) -> None:
    answer = technician.get("/box/logs.zip")
    assert answer.mimetype == "application/zip"
    assert "satchel-logs-box-20260901-060300.zip" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    files = files_of(answer.data)
    assert {"README.txt", "state.json", "ticks.csv", "node.toml", "site.log"} <= files.keys()
    for secret in secrets_of:
        for name, text in files.items():
            assert secret not in text, (secret, name)
    state = json.loads(files["state.json"])
    assert state["power"]["cuts_in_all"] == 4
    assert state["made_at"] == "2026-09-01T06:03:00Z"
    assert files["site.log"].count("\n") >= 10
    assert files["ticks.csv"].count("\n") == 31


def test_they_are_bounded(at_work: School, technician: FlaskClient) -> None:
    folder = at_work.data_dir.root / "logs"
    folder.mkdir()
    (folder / "engine.log").write_bytes(b"a line of the log\n" * 400_000)
    files = files_of(technician.get("/box/logs.zip").data)
    assert len(files["engine.log"]) <= 2 * LOG_BYTES_MAX
    assert files["engine.log"].startswith("a line")


def a_stick(folder: Path, name: str = "RED") -> Path:
    root = folder / "media" / name
    (root / courier.REPOSITORY).mkdir(parents=True)
    return root


def exporting(school: School, data: SchoolData) -> LogExport:
    states = BoxStates(
        school.data_dir, Catalogue(school.data_dir), lambda known: BoxClock(lambda: NOW, known)
    )
    return LogExport(school.data_dir, states, data)


def wait_for(logs: LogExport) -> None:
    until = time.monotonic() + 20
    while logs.written.state == "writing":
        assert time.monotonic() < until
        time.sleep(0.02)


def mounted_under(school: School, folder: Path) -> None:
    text = CONFIG.replace("couriers = []", f'couriers = ["{folder}/media"]')
    school.data_dir.config.write_text(text, encoding="utf-8")


def test_a_stick_gets_them_whole(at_work: School, data: SchoolData, tmp_path: Path) -> None:
    mounted_under(at_work, tmp_path)
    logs = exporting(at_work, data)
    assert logs.sticks() == []
    root = a_stick(tmp_path)
    assert logs.sticks() == [root]
    logs.begin(str(root))
    wait_for(logs)
    assert logs.written.state == "done"
    assert {path.name for path in root.iterdir()} == {"satchel", logs.written.name}
    assert "README.txt" in files_of((root / logs.written.name).read_bytes())


def test_the_page_says_when_the_stick_may_be_pulled(
    at_work: School, technician: FlaskClient, tmp_path: Path
) -> None:
    mounted_under(at_work, tmp_path)
    assert "No courier" in technician.get("/box/logs").text
    root = a_stick(tmp_path, "<i>RED")
    page = technician.get("/box/logs").text
    assert "&lt;i&gt;RED" in page
    answer = technician.post("/box/logs", data={"stick": str(root)})
    assert answer.headers["Location"] == "/box/logs?done=logs"
    for _ in range(400):
        page = technician.get("/box/logs").text
        if "data-busy" not in page:
            break
        time.sleep(0.02)
    assert "Written and read back: the stick may be pulled" in page
    courier_visits.note(at_work.data_dir, Visit(str(root), "reading", "2026-09-01T06:00:00Z"))
    assert "but the engine is at work with this stick" in technician.get("/box/logs").text


def test_only_a_couriers_stick_is_written_to(
    at_work: School, technician: FlaskClient, tmp_path: Path
) -> None:
    mounted_under(at_work, tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for place in (str(elsewhere), "/etc", "", "../..", "\0"):
        answer = technician.post("/box/logs", data={"stick": place})
        assert answer.headers["Location"] == "/box/logs?failed=logs"
    assert list(elsewhere.iterdir()) == []


def test_a_stick_that_fails_is_told_of(at_work: School, data: SchoolData, tmp_path: Path) -> None:
    mounted_under(at_work, tmp_path)
    root = a_stick(tmp_path)
    logs = exporting(at_work, data)
    (root / "satchel-logs-box-20260901-060300.zip").mkdir()  # in the way
    logs.begin(str(root))
    wait_for(logs)
    assert logs.written.state == "failed"
    assert logs.written.trouble


def test_where_names_cannot_be_read_nothing_leaves(
    at_work: School, data: SchoolData, tmp_path: Path
) -> None:
    mounted_under(at_work, tmp_path)
    root = a_stick(tmp_path)
    data.close()
    at_work.data_dir.school_db.unlink(missing_ok=True)
    at_work.data_dir.school_db.mkdir()
    logs = exporting(at_work, data)
    logs.begin(str(root))
    wait_for(logs)
    assert logs.written.state == "failed"
    assert [path.name for path in root.iterdir()] == ["satchel"]


def test_the_console_writes_the_same(at_work: School, tmp_path: Path) -> None:
    place = tmp_path / "logs.zip"
    done = node_process.run("logs", place, "--data", at_work.data_dir.root)
    assert done.returncode == 0, done.stderr
    assert "state.json" in files_of(place.read_bytes())
    done = node_process.run("logs", tmp_path / "no" / "x.zip", "--data", at_work.data_dir.root)
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr
