"""The technician sees when a courier's disk may be pulled, in English and in Chinese."""

import time

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from sync_node import courier_visits
from sync_node.courier_visits import Visit
from sync_node.progress_file import Progress, ProgressFile
from tests.support.browser import DESKTOP, PHONE, visit
from tests.sync_node.lan.conftest import serving
from tests.sync_node.lan.school import School

CHINESE = {"Accept-Language": "zh"}


def page(client: FlaskClient, headers: dict[str, str] | None = None) -> str:
    return " ".join(client.get("/box", headers=headers or {}).text.split())


@pytest.mark.parametrize(
    ("state", "english", "chinese"),
    [("reading", "It is being read: don't pull it", "正在读取，请勿拔出"),
     ("writing", "It is being written to: don't pull it", "正在写入，请勿拔出"),
     ("done", "It may be pulled", "可以拔出"),
     ("kept-back", "nothing could be left on it", "但无法往上写入内容"),
     ("failed", "It couldn't be used, and may be pulled", "无法使用，可以拔出"),
     ("pulled", "put it in again, it goes on", "拔得太早了")],
)  # fmt: skip
def test_what_to_do_with_a_disk_is_said(
    school: School, client: FlaskClient, state: courier_visits.State, english: str, chinese: str
) -> None:
    courier_visits.note(school.data_dir, Visit("/media/stick", state, "2026-06-01T08:00:00Z"))
    assert english in page(client)
    assert chinese in page(client, CHINESE)
    assert "/media/stick" in page(client)


def test_what_it_brought_and_took_along_is_said(school: School, client: FlaskClient) -> None:
    courier_visits.note(
        school.data_dir,
        Visit(
            "/media/stick", "done", "2026-06-01T08:00:00Z", bytes_in=5_000_000, lessons=2,
            taken=("receipt",), batches=3, report=True,
        ),
    )  # fmt: skip
    words = page(client)
    for said in ("2 lessons opened", "A receipt for batches", "A report", "3 sealed batches"):
        assert said in words
    assert "3 个密封批次" in page(client, CHINESE)


def test_how_far_a_disk_is_that_is_being_read_is_said(school: School, client: FlaskClient) -> None:
    courier_visits.note(school.data_dir, Visit("/media/RED", "reading", "2026-09-01T06:01:00Z"))
    assert "Has come" not in page(client), "nobody knows yet how far it is"
    ProgressFile(school.data_dir, monotonic=time.monotonic, time=time.time).show(
        Progress("fractions", 2, 41_000_000, 212_000_000, 1, 3)
    )
    words = page(client)
    for said in ('value="41000000" max="212000000"', "41.0 MB of 212.0 MB have come.",
                 "Look again", "<h3>RED", "2 minutes ago"):  # fmt: skip
        assert said in words
    assert "已到 41.0 MB，共 212.0 MB。" in page(client, CHINESE)
    courier_visits.note(school.data_dir, Visit("/media/RED", "done", "2026-09-01T06:02:00Z"))
    assert "Has come" not in page(client)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(PHONE, "zh-CN", id="phone-zh"),
        pytest.param(DESKTOP, "en", id="desktop-en", marks=pytest.mark.long),
        pytest.param(PHONE, "en", id="phone-en", marks=pytest.mark.long),
        pytest.param(DESKTOP, "zh-CN", id="desktop-zh", marks=pytest.mark.long),
    ],
)
def test_disks_are_shown_well(
    browser: Browser, school: School, size: tuple[int, int], language: str
) -> None:
    for name, state in (("OLD-STICK", "pulled"), ("4A2B-19F0", "done"), ("RED", "reading")):
        courier_visits.note(
            school.data_dir,
            Visit(
                f"/media/pupil/{name}", state, "2026-09-01T06:01:00Z", bytes_in=5_000_000,
                taken=("receipt",), batches=3, report=True, trouble="x" * 200,
            ),
        )  # fmt: skip
    with serving(school) as address, visit(browser, address, size=size, language=language) as here:
        here.open("/box")
        width = here.page.evaluate("document.documentElement.scrollWidth")
        assert width <= here.page.evaluate("innerWidth")
        assert here.page.locator(".disks h3").count() == 3
        assert here.failures == []
        here.screenshot(f"site-disks-{language[:2]}-{size[0]}")


def test_what_a_stick_says_of_itself_is_no_html(school: School, client: FlaskClient) -> None:
    courier_visits.note(
        school.data_dir,
        Visit("/media/<b>x</b>", "failed", "2026", trouble="<script>alert(1)</script>"),
    )
    assert "<script>alert" not in page(client)
    assert "<b>x" not in page(client)


def test_without_a_disk_nothing_is_said(client: FlaskClient) -> None:
    assert "Disks of couriers" not in page(client)
