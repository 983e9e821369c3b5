"""The portal on the site: a phone's way from its probe to the lessons, and who isn't led at all."""

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from sync_node.lan.app import create_app
from sync_node.school_network import NetworkReader, read
from tests.support.browser import follow, visit
from tests.support.site import site_at
from tests.sync_node.lan.school import School, furnished_school

SAID = {
    "format": 1, "captive": True, "address": "172.27.0.1", "network": "172.27.0.0/22",
    "name": "satchel.lan", "wifi": "Hope Primary",
}  # fmt: skip
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = "Mozilla/5.0 (Linux; Android 12; M2010J19; wv) AppleWebKit/537.36 Chrome/120 Mobile"
PHONE = "172.27.0.60"

Ask = Callable[..., TestResponse]


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """The file in which the network's program says what network there is."""
    place = tmp_path / "portal.json"
    place.write_text(json.dumps(SAID), encoding="utf-8")
    return place


@pytest.fixture
def ask(school: School, said: Path) -> Ask:
    networks = NetworkReader(monotonic, said)
    client: FlaskClient = create_app(school.data_dir, networks=networks).test_client()

    def ask(
        address: str, *, phone: str = PHONE, agent: str = ANDROID, accept: str = "*/*",
        method: str = "GET", language: str = "en",
    ) -> TestResponse:  # fmt: skip
        return client.open(
            address, method=method, environ_overrides={"REMOTE_ADDR": phone},
            headers={"Accept": accept, "User-Agent": agent, "Accept-Language": language},
        )  # fmt: skip

    return ask


def test_a_phone_is_shown_the_page_and_stays_once_its_reader_says_so(ask: Ask) -> None:
    probe = "http://connectivitycheck.gstatic.com/generate_204"
    led = ask(probe)
    assert (led.status_code, led.location) == (302, "http://satchel.lan/portal")
    assert led.headers["Cache-Control"] == "no-store"
    page = ask(led.location, accept="text/html,*/*")
    assert page.status_code == 200
    assert "satchel.lan" in page.text
    assert ask(probe).status_code == 302  # seen, and not read yet
    assert ask("http://satchel.lan/portal/go", accept="text/html").status_code == 200
    assert ask(probe).status_code == 204
    assert ask(probe, phone="172.27.0.61").status_code == 302


def test_apple_looking_for_itself_is_nobody_who_saw_the_page(ask: Ask) -> None:
    probe = "http://captive.apple.com/hotspot-detect.html"
    for_itself = "CaptiveNetworkSupport-443 wispr"
    assert ask(probe, agent=for_itself).status_code == 302
    ask("http://satchel.lan/portal", agent=for_itself, accept="text/html")
    assert ask(probe, agent=for_itself).status_code == 302
    ask("http://satchel.lan/portal/go", agent=IPHONE, accept="text/html")
    answer = ask(probe, agent=for_itself)
    assert (answer.status_code, b"Success" in answer.data) == (200, True)
    assert answer.mimetype == "text/html"


def test_the_page_speaks_of_the_phone_that_shows_it(ask: Ask) -> None:
    apple = ask("http://satchel.lan/portal", agent=IPHONE).text
    android = ask("http://satchel.lan/portal", agent=ANDROID).text
    assert "Safari" in apple
    assert "Done" in apple
    assert "Chrome" in android
    assert "stay without internet" in android
    assert "Safari" not in android
    assert "请在浏览器中打开课程" in ask("http://satchel.lan/portal", language="zh-CN").text
    assert "Hope Primary" in apple


def test_windows_opens_the_lessons_and_is_content_from_then_on(ask: Ask) -> None:
    probe = "http://www.msftconnecttest.com/connecttest.txt"
    assert ask(probe, agent="Microsoft NCSI").status_code == 302
    led = ask("http://www.msftconnecttest.com/redirect", accept="text/html")
    assert led.location == "http://satchel.lan/"
    assert ask(probe, agent="Microsoft NCSI").data == b"Microsoft Connect Test"


def test_whoever_comes_from_elsewhere_is_not_led(ask: Ask) -> None:
    """The box's other side is no school: there the site has whatever name it was given."""
    assert ask("http://box.district.example/", phone="192.168.1.9").status_code == 200
    assert ask("http://box.district.example/generate_204", phone="10.0.0.9").status_code == 404


def test_what_apps_send_costs_little(ask: Ask) -> None:
    for method in ("GET", "POST", "HEAD"):
        answer = ask("http://api.example.com/v1/ping", method=method)
        assert answer.status_code == 404
        assert len(answer.data) < 100


def test_a_network_without_a_portal_is_left_alone(school: School, said: Path) -> None:
    said.write_text(json.dumps(SAID | {"captive": False}), encoding="utf-8")
    for place in (said, said.with_name("none.json")):
        app = create_app(school.data_dir, networks=NetworkReader(monotonic, place))
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = PHONE
        assert client.get("http://www.example.com/generate_204").status_code == 404
        assert client.get("http://www.example.com/").status_code == 200
        assert client.get("http://satchel.lan/portal").status_code == 200


def test_probes_are_answered_whatever_becomes_of_the_database(school: School, said: Path) -> None:
    school.data_dir.node_db.unlink()
    app = create_app(school.data_dir, networks=NetworkReader(monotonic, said))
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = PHONE
    assert client.get("http://satchel.lan/").status_code == 503
    assert client.get("http://satchel.lan/portal/go").status_code == 200
    assert client.get("http://connect.rom.miui.com/generate_204").status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": 2}, {"address": "nowhere"}, {"network": "172.27.0.1/22"}, {"network": "::/0x"},
        {"name": "a b"}, {"name": "evil.example/\n"}, {"captive": "yes"}, {"wifi": "x" * 33},
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_counts_for_nothing(tmp_path: Path, wrong: object) -> None:
    place = tmp_path / "portal.json"
    assert isinstance(wrong, dict)
    place.write_text(json.dumps(SAID | wrong), encoding="utf-8")
    assert read(place) is None
    place.write_text(json.dumps(SAID), encoding="utf-8")
    assert read(place) is not None


@pytest.mark.browser
def test_it_fits_a_small_window(browser: Browser, school: School) -> None:
    with site_at(create_app(school.data_dir)) as address:
        for language in ("en", "zh-CN"):
            with visit(browser, address, language=language, script=False) as here:
                here.open("/portal")
                assert here.page.evaluate("document.documentElement.scrollWidth") <= 360
                assert here.page.get_by_text("satchel.lan", exact=True).is_visible()
                button = here.page.locator("a.button").bounding_box()
                assert button
                assert button["y"] + button["height"] < 640  # seen without scrolling
                assert 44 <= button["height"] < 60
                assert button["width"] > 120
                here.screenshot(f"portal-{language}")
                follow(here.page.locator("a.button"))
                assert here.page.evaluate("document.documentElement.scrollWidth") <= 360
                assert here.page.get_by_text("satchel.lan", exact=True).is_visible()
                here.screenshot(f"portal-go-{language}")
                assert here.outside_requests() == here.failures == []
