"""Signing in: what a nine-year-old relies on, and what a guesser gets."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_node.lan.app import create_app
from sync_node.lan.faces import drawings
from sync_node.lan.visitor import DEVICE_COOKIE, SESSION_COOKIE
from sync_node.school.limits import TRIES_FREE
from sync_node.school.people_model import Learner, SchoolClass
from sync_node.school.pins import PICTURES
from sync_node.school.school import School as SchoolData
from sync_node.school.school import open_school
from tests.sync_node.lan.school import School, furnished_school

NOW = datetime(2026, 9, 1, 6, 3, tzinfo=UTC)


class Class4b:
    """A class of three: with a PIN of digits, one of pictures, and none."""

    def __init__(self, data: SchoolData) -> None:
        self.data = data
        people = data.people
        self.school_class: SchoolClass = people.add_class("4b", "4")
        self.digits = self._add("Mei")
        self.digits_pin = people.make_pins(self.school_class.id, "digits")[0].pin
        self.pictures = self._add("Ana")
        made = people.make_pins(self.school_class.id, "pictures", only_missing=True)
        self.pictures_pin = made[0].pin.split("-")
        self.none = self._add("Tom")

    def _add(self, name: str) -> Learner:
        return self.data.people.add_learner(self.school_class.id, name)

    def at(self, who: Learner) -> str:
        return f"/sign-in/{self.school_class.id}/{who.id}"


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


@pytest.fixture
def data(school: School) -> SchoolData:
    return open_school(school.data_dir, clock=lambda: NOW, hash_cost=2)


@pytest.fixture
def app(school: School, data: SchoolData) -> Flask:
    return create_app(school.data_dir, clock=lambda: NOW, school=data)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return _phone(app)


@pytest.fixture
def class_4b(data: SchoolData) -> Class4b:
    return Class4b(data)


def _phone(app: Flask) -> FlaskClient:
    found = app.test_client()
    found.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return found


def _is_signed_in(client: FlaskClient, name: str) -> bool:
    return f"<span>{name}</span>" in client.get("/").text


def test_a_pupil_finds_class_name_and_picture_and_types_a_pin(
    client: FlaskClient, class_4b: Class4b
) -> None:
    classes = client.get("/sign-in?next=/packs/fractions").text
    found = re.search(r'href="(/sign-in/[^"?]+)\?next=/packs/fractions"', classes)
    assert found
    names = client.get(found[1] + "?next=/packs/fractions").text
    assert drawings()[class_4b.digits.picture] in names
    answer = client.post(
        class_4b.at(class_4b.digits), data={"pin": class_4b.digits_pin, "next": "/packs/fractions"}
    )
    assert (answer.status_code, answer.location) == (303, "/packs/fractions")
    assert _is_signed_in(client, "Mei")


def test_a_pin_of_pictures_is_tapped_picture_by_picture(
    client: FlaskClient, class_4b: Class4b
) -> None:
    here, (first, second, third) = class_4b.at(class_4b.pictures), class_4b.pictures_pin
    page = client.post(here, data={"picture": [first]}).text
    assert f'<input type="hidden" name="picture" value="{first}">' in page
    assert "1 of 3 pictures chosen" in page
    assert client.post(here, data={"picture": [first, second]}).status_code == 200
    assert client.post(here, data={"picture": [first, second, third]}).status_code == 303
    assert _is_signed_in(client, "Ana")


def test_a_pin_of_pictures_never_stands_in_an_address(
    client: FlaskClient, class_4b: Class4b
) -> None:
    page = client.post(class_4b.at(class_4b.pictures), data={"picture": ["cat"]}).text
    assert 'method="post"' in page
    assert "picture=" not in page


def test_who_needs_no_pin_is_in_with_one_tap(client: FlaskClient, class_4b: Class4b) -> None:
    names = client.get(f"/sign-in/{class_4b.school_class.id}").text
    assert f'action="{class_4b.at(class_4b.none)}"' in names
    assert client.post(class_4b.at(class_4b.none)).status_code == 303
    assert _is_signed_in(client, "Tom")


def test_a_wrong_pin_is_said_kindly_and_too_many_wait(
    client: FlaskClient, class_4b: Class4b
) -> None:
    here = class_4b.at(class_4b.digits)
    wrong = "0000" if class_4b.digits_pin != "0000" else "0001"
    for _ in range(TRIES_FREE):
        answer = client.post(here, data={"pin": wrong})
        assert answer.status_code == 200
        assert "try again" in answer.text
    shut = client.post(here, data={"pin": class_4b.digits_pin})
    assert shut.status_code == 429
    assert int(shut.headers["Retry-After"]) > 0
    assert not _is_signed_in(client, "Mei")


def test_a_guesser_on_one_phone_keeps_nobody_from_signing_in_on_another(
    app: Flask, class_4b: Class4b
) -> None:
    guesser = _phone(app)
    for number in range(TRIES_FREE + 1):
        guesser.post(class_4b.at(class_4b.digits), data={"pin": f"000{number}"})
    own = _phone(app)
    assert own.post(
        class_4b.at(class_4b.digits), data={"pin": class_4b.digits_pin}
    ).status_code == 303  # fmt: skip


def test_the_cookies_are_out_of_reach_of_scripts(client: FlaskClient, class_4b: Class4b) -> None:
    answer = client.post(class_4b.at(class_4b.none))
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {SESSION_COOKIE, DEVICE_COOKIE}
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_that_is_not_me_ends_the_session_for_good(client: FlaskClient, class_4b: Class4b) -> None:
    client.post(class_4b.at(class_4b.none))
    token = client.get_cookie(SESSION_COOKIE)
    assert token
    assert "not me" in client.get("/").text
    answer = client.post("/sign-out")
    assert answer.location == f"/sign-in/{class_4b.school_class.id}"
    assert not _is_signed_in(client, "Tom")
    client.set_cookie(SESSION_COOKIE, token.value)
    assert not _is_signed_in(client, "Tom"), "the old token is worth nothing"


def test_nobody_is_led_away_by_an_address(client: FlaskClient, class_4b: Class4b) -> None:
    for evil in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x()"):
        page = client.get(f"/sign-in?next={evil}").text
        assert f'"{evil}' not in page, "no link and no form leads there"
        answer = client.post(class_4b.at(class_4b.none), data={"next": evil})
        assert answer.location == "/"


def test_pages_that_lead_back_have_an_end_of_addresses(client: FlaskClient) -> None:
    found, seen = {"/packs/fractions?part=2"}, set[str]()
    while found - seen and len(seen) < 20:
        address = (found - seen).pop()
        seen.add(address)
        found |= set(re.findall(r'href="([^"]*[?&]next=[^"]*)"', client.get(address).text))
    assert sorted(found) == [
        "/packs/fractions?part=2",
        "/reading?next=/packs/fractions?part%3D2",
        "/sign-in?next=/packs/fractions?part%3D2",
    ]


def test_another_site_can_sign_nobody_in_or_out(client: FlaskClient, class_4b: Class4b) -> None:
    client.environ_base["HTTP_ORIGIN"] = "http://evil.example"
    assert client.post(class_4b.at(class_4b.none)).status_code == 403
    assert client.post("/sign-out").status_code == 403


def test_a_pupil_of_another_class_or_who_left_is_not_found(
    client: FlaskClient, class_4b: Class4b
) -> None:
    other = class_4b.data.people.add_class("5a", "5")
    assert client.get(f"/sign-in/{other.id}/{class_4b.none.id}").status_code == 404
    class_4b.data.people.archive_learner(class_4b.none.id)
    assert client.get(class_4b.at(class_4b.none)).status_code == 404
    class_4b.data.people.archive_class(class_4b.school_class.id)
    assert client.get(f"/sign-in/{class_4b.school_class.id}").status_code == 404
    assert client.get("/sign-in/nonsense").status_code == 404


def test_looking_around_leaves_a_browser_without_a_name(client: FlaskClient) -> None:
    for path in ("/", "/sign-in", "/search?q=x", "/packs/fractions", "/reading"):
        assert "Set-Cookie" not in client.get(path).headers, path


def test_every_picture_is_drawn() -> None:
    assert set(drawings()) == set(PICTURES)


def test_without_school_db_everybody_is_a_guest_and_lessons_open(
    client: FlaskClient, class_4b: Class4b, school: School
) -> None:
    client.post(class_4b.at(class_4b.none))
    class_4b.data.close()
    place = school.data_dir.school_db
    for name in (place, place.with_name(place.name + "-wal"), place.with_name(place.name + "-shm")):
        name.unlink(missing_ok=True)
    place.mkdir()
    later = _phone(create_app(school.data_dir, clock=lambda: NOW))
    later.set_cookie(SESSION_COOKIE, "anything")
    assert later.get("/").status_code == 200
    assert later.get("/packs/fractions/what-is-a-fraction/intro").status_code == 200
