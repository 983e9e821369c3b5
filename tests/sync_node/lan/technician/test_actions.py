"""Buttons: for technicians alone, done once, never lost, and told of as they are."""

import os
from html import unescape

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs import durable
from sync_node import asked_check, courier_visits
from sync_node.asked_check import Checked
from sync_node.courier_visits import Visit
from sync_node.limits import POWEROFF_END_SECONDS, POWEROFF_TAKEN_SECONDS
from sync_node.orders import Orders
from sync_node.school.school import School as SchoolData
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.conftest import NOW, Started

FORMS = ("/box/sync-now", "/box/resume", "/box/check", "/box/off", "/box/logs", "/box/enrol")
PAGES = ("/box/off", "/box/off/state", "/box/logs", "/box/logs.zip", "/box/enrol")


def words(client: FlaskClient, address: str = "/box") -> str:
    return " ".join(unescape(client.get(address).text).split())


@pytest.mark.parametrize("address", FORMS)
def test_forms_are_technicians(at_work: School, guest: FlaskClient, address: str) -> None:
    assert guest.post(address).status_code == 403
    orders = Orders(at_work.data_dir)
    assert orders.tick_asked_for is None
    assert orders.check_asked_for is None
    assert not (at_work.data_dir.run / "poweroff").exists()


@pytest.mark.parametrize("address", PAGES)
def test_pages_lead_to_the_sign_in(guest: FlaskClient, address: str) -> None:
    answer = guest.get(address)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/box/sign-in?next={address.replace('/', '%2F')}"


@pytest.mark.parametrize("address", FORMS)
def test_a_form_of_another_site_does_nothing(
    at_work: School, technician: FlaskClient, address: str
) -> None:
    answer = technician.post(address, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert Orders(at_work.data_dir).tick_asked_for is None


def test_a_code_lets_in_once_and_wrong_ones_are_slowed_down(
    guest: FlaskClient, data: SchoolData
) -> None:
    code = data.teachers.make_code("technician")
    assert guest.post("/box/sign-in", data={"code": "0000-0000-0000"}).status_code == 403
    assert guest.post("/box/sign-in", data={"code": code, "next": "/box/off"}).headers[
        "Location"
    ] == "/box/off"  # fmt: skip
    guest.post("/box/sign-out")
    for _ in range(8):
        answer = guest.post("/box/sign-in", data={"code": code})
        assert answer.status_code in {403, 429}
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    teachers = data.teachers.make_code("teacher")
    assert guest.post("/box/sign-in", data={"code": teachers}).status_code == 429


def test_a_teachers_code_and_a_pupil_open_nothing_here(
    guest: FlaskClient, data: SchoolData
) -> None:
    code = data.teachers.make_code("teacher")
    assert guest.post("/box/sign-in", data={"code": code}).status_code == 403
    assert "Sync now" not in words(guest)


def test_sync_now_is_asked_for_durably_and_acknowledged(
    at_work: School, technician: FlaskClient
) -> None:
    answer = technician.post("/box/sync-now")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/box?done=sync")
    orders = Orders(at_work.data_dir)
    asked = orders.tick_asked_for
    assert asked
    assert not orders.unbound_asked_for
    assert "Asked for. The engine begins within seconds" in words(technician, "/box?done=sync")
    assert "A sync was asked for" in words(technician)
    assert orders.tick_asked_for == asked, "a reload asks for nothing"
    technician.post("/box/sync-now", data={"unbound": "1"})
    assert orders.unbound_asked_for


def test_a_pause_is_ended_by_a_button_that_is_there_while_there_is_one(
    at_work: School, technician: FlaskClient
) -> None:
    assert "End the pause" not in words(technician)
    orders = Orders(at_work.data_dir)
    orders.pause(None)
    assert technician.get("/box").text.count('action="/box/resume"') == 1
    assert technician.post("/box/resume").headers["Location"] == "/box?done=resume"
    assert not orders.is_paused
    asked = orders.tick_asked_for
    assert asked, "and goes on at once"
    assert not orders.unbound_asked_for
    assert "The pause has ended." in words(technician, "/box?done=resume")
    orders.done(asked)
    technician.post("/box/resume")  # sent once more, there is nothing to end
    assert orders.tick_asked_for is None


def test_a_pause_that_cannot_be_ended_is_told_of(at_work: School, technician: FlaskClient) -> None:
    (at_work.data_dir.root / "pause.json").mkdir()  # nothing that can be removed
    assert technician.post("/box/resume").headers["Location"] == "/box?failed=resume"
    assert "Nothing was begun." in words(technician, "/box?failed=resume")


def test_an_engine_that_does_not_begin_is_told_of(at_work: School, technician: FlaskClient) -> None:
    technician.post("/box/sync-now")
    place = at_work.data_dir.root / "sync-now"
    now = NOW.timestamp()
    os.utime(place, (now - 300, now - 300))
    text = words(technician)
    assert "A sync was asked for 5 minutes ago, and the engine hasn't begun" in text
    assert "The engine isn't at work, as it should be" in text


def test_a_check_is_asked_for_once_and_its_progress_and_result_are_told(
    at_work: School, technician: FlaskClient
) -> None:
    assert technician.post("/box/check").headers["Location"] == "/box?done=check"
    first = Orders(at_work.data_dir).check_asked_for
    technician.post("/box/check")
    assert Orders(at_work.data_dir).check_asked_for == first
    assert "A check was asked for: it begins within seconds." in words(technician)
    durable.write(
        at_work.data_dir.root / asked_check.PROGRESS_NAME,
        msgspec.json.encode((os.getpid(), 5_000_000, 20_000_000)),
    )
    text = words(technician)
    assert "Checking: 5.0 MB of 20.0 MB looked at." in text
    assert "data-busy" in text
    (at_work.data_dir.root / asked_check.PROGRESS_NAME).unlink()
    Orders(at_work.data_dir).check_done(first)
    mended = Checked(
        "mended", "2026-09-01T05:00:00Z", "2026-09-01T05:20:00Z", files=90, rotten=2,
        lessons=("fractions: lesson <b> is closed",),
    )  # fmt: skip
    asked_check.note(at_work.data_dir, mended)
    text = words(technician)
    assert "2 files had rotted." in text
    assert "&lt;b&gt;" in technician.get("/box").text
    assert "data-busy" not in text


def test_a_disk_that_cannot_take_an_order_is_told_of(
    at_work: School, technician: FlaskClient
) -> None:
    (at_work.data_dir.root / "sync-now.part").mkdir()  # no file can be written there
    answer = technician.post("/box/sync-now")
    assert answer.headers["Location"] == "/box?failed=sync"
    assert "Nothing was begun." in words(technician, "/box?failed=sync")


def test_switching_off_is_confirmed_first(at_work: School, technician: FlaskClient) -> None:
    courier_visits.note(at_work.data_dir, Visit("/media/RED", "writing", "2026-09-01T06:00:00Z"))
    text = words(technician, "/box/off")
    assert "The disk RED is in use" in text
    assert not at_work.data_dir.run.joinpath("poweroff").exists(), "looking asks for nothing"


def test_a_request_that_nobody_takes_is_told_of(technician: FlaskClient, started: Started) -> None:
    assert technician.post("/box/off").headers["Location"] == "/box/off"
    assert "Asked for: it begins within seconds" in words(technician, "/box/off")
    assert technician.get("/box/off/state").json == {"state": "asked"}
    started.goes_on(POWEROFF_TAKEN_SECONDS + 1)
    text = words(technician, "/box/off")
    assert "Nothing on this machine carries the request out" in text
    assert "small light beside the card has been still for ten seconds, pull the plug" in text


def test_a_request_that_is_taken_says_when_to_pull_the_plug(
    at_work: School, technician: FlaskClient, started: Started
) -> None:
    technician.post("/box/off")
    run = at_work.data_dir.run
    (run / "poweroff").rename(run / "poweroff-taken")
    technician.post("/box/off")  # sent once more: it is one request
    assert not (run / "poweroff").exists()
    text = words(technician, "/box/off")
    assert "The box is being shut down" in text
    assert "until the small light beside the card has been still for ten seconds" in text
    started.goes_on(POWEROFF_END_SECONDS + 10)
    assert "still answers" in words(technician, "/box/off")
