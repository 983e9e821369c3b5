"""What the technician's page says of what is to come."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from sync_node import outlook
from sync_node.database import using_database
from sync_node.models import StateRow
from sync_node.orders import Orders
from sync_node.outlook import ComingLesson, ComingStep, Outlook
from tests.support.browser import DESKTOP, PHONE, visit
from tests.sync_node.lan.conftest import serving
from tests.sync_node.lan.school import School


def furnish(school: School, **changes: object) -> None:
    """Leave in node.db what a tick would leave."""
    lesson = school.manifests["fractions", 1].lessons[-1].id
    coming = Outlook(
        made_at="2026-09-01T06:00:00Z",
        size=212_000_000,
        round_trips=900,
        lessons_to_come=1,
        done="2026-09-04T02:10:00Z",
        waits_for="window",
        goes_on="2026-09-01T22:00:00Z",
        nightly=True,
        steps=(
            ComingStep(
                "fractions", lesson, "video", 3_000_000, False,
                "2026-09-01T22:00:00Z", "2026-09-01T22:40:00Z", "window", "lesson 3 of 3",
            ),
            ComingStep("fractions", "", "text", 20_000, True, "", "", "space", "for all"),
        ),
        lessons=(
            ComingLesson("fractions", lesson, 3_000_000, "2026-09-01T22:40:00Z", "window"),
            ComingLesson("fractions", lesson, 0, "2026-09-02T08:00:00Z", "activate-at"),
        ),
        unknown=(),
    )  # fmt: skip
    coming = msgspec.structs.replace(coming, **changes)
    with using_database(school.data_dir):
        StateRow.replace(key="outlook", value=outlook.encode(coming)).execute()


def test_nothing_is_said_of_what_is_to_come_where_nothing_is(client: FlaskClient) -> None:
    assert "What comes next" not in client.get("/box").text


def test_what_comes_when_and_why_not_now(client: FlaskClient, school: School) -> None:
    furnish(school)
    text = " ".join(client.get("/box").text.split())
    for words in (
        "What comes next",
        "212.0 MB to come.",
        "All of it is expected in about 3 nights.",
        "Why not now: waits for its window, tonight 22:00",
        "tonight 22:40",
        "tomorrow 08:00",
        "waits for the time from which it may be opened",
        "not known yet",
        "waits for room on the disk",
    ):
        assert words in text
    chinese = client.get("/box", headers={"Accept-Language": "zh-CN"}).text
    assert "预计大约 3 个晚上后全部到达。" in chinese
    assert "今晚 22:40" in chinese


def test_by_the_schools_clock(client: FlaskClient, school: School) -> None:
    furnish(school)
    school.data_dir.config.write_text(
        'format = 1\ntime_zone = "+08:00"\n[[sources]]\nhub = "http://hub/"\n', encoding="utf-8"
    )
    assert "tomorrow 06:40" in client.get("/box").text


def test_a_pause_is_said(client: FlaskClient, school: School) -> None:
    Orders(school.data_dir).pause(None)
    text = client.get("/box").text
    assert "Paused: no link is used." in text
    assert "It goes on when a technician ends the pause." in text
    assert "It goes on by itself" not in text
    Orders(school.data_dir).pause(datetime(2026, 9, 1, 18, 30, tzinfo=UTC))
    assert "It goes on by itself tonight 18:30." in client.get("/box").text


def test_what_another_version_left_is_not_shown(client: FlaskClient, school: School) -> None:
    with using_database(school.data_dir):
        StateRow.replace(key="outlook", value=json.dumps({"of": "old"})).execute()
    assert "What comes next" not in client.get("/box").text


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_it_is_shown_well(
    browser: Browser, school: School, size: tuple[int, int], language: str
) -> None:
    furnish(school)
    with serving(school) as address, visit(browser, address, size=size, language=language) as here:
        here.open("/box")
        width = here.page.evaluate("document.documentElement.scrollWidth")
        assert width <= here.page.evaluate("innerWidth")
        heading = {"en": "What comes next", "zh-CN": "接下来"}[language]
        assert here.page.get_by_role("heading", name=heading).is_visible()
        assert here.failures == []
        here.screenshot(f"site-coming-{language[:2]}-{size[0]}")
