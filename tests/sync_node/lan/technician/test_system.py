"""The box's own system on the technician's page: what runs, what comes next, a start at once."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from content_packs import systems
from sync_node.box_clock import uptime
from sync_node.database import using_database
from sync_node.models import LessonRow, PackRow, VersionRow
from sync_node.system import requests
from sync_node.system.requests import ASKED
from tests.support.axe import violations
from tests.support.browser import visit
from tests.support.systems import PACK
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.conftest import BOOT
from tests.sync_node.lan.technician.test_technicians_browser import a_box, come_in

WHY = "it started, and the site didn't serve"


def root_says(school: School, *, boot: str = BOOT.boot, **changed: Any) -> None:
    plain = {"format": 1, "boot": boot, "arch": "arm64", "slot": "a", "version": 3}
    plain |= {"satchel": "0.1.0", **changed}
    school.data_dir.run.mkdir(exist_ok=True)
    (school.data_dir.run / "system.json").write_text(json.dumps(plain))


def offered(school: School, version: int, *, whole: bool) -> None:
    """Note that a system is offered, and that all of it is here."""
    digest = f"{version:064x}"
    with using_database(school.data_dir):
        PackRow.create(pack=PACK, channel=systems.CHANNEL, offered_version=version, offer="")
        VersionRow.create(pack=PACK, version=version, manifest=digest)
        if whole:
            LessonRow.create(pack=PACK, lesson="system", version=version, activated_at="")


def page(technician: FlaskClient, language: str = "en") -> str:
    answer = technician.get("/box", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_box_without_two_systems_says_nothing_of_them(technician: FlaskClient) -> None:
    assert "own system" not in page(technician)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("said", "whole", "english", "chinese"),
    [
        ({}, None, "Nothing newer is offered.", "没有更新的版本。"),
        ({}, False, "System 4 is on its way.", "系统 4 正在到来。"),
        ({}, True, "System 4 is here.", "系统 4 已到。"),
        ({"doing": "writing", "wanted": 4}, True, "System 4 is being written", "正在把系统 4 写入"),
        ({"ready": 4}, True, "System 4 is ready.", "系统 4 已备好。"),
        ({"doing": "trying", "version": 4, "slot": "b"}, True, "is being tried", "正在试用系统 4"),
        (
            {"wanted": 4, "trouble": {"code": "refused", "text": "no room"}}, True,
            "System 4 couldn't be taken.", "系统 4 未能采用",
        ),
        ({"failed": [[4, WHY]]}, True, "It isn't tried again.", "不会再试"),
        ({"boot": "another"}, None, "Not known yet", "还不知道"),
        ({"boot": "another"}, None, "Ran before this start", "本次启动之前运行"),
    ],
)  # fmt: skip
def test_it_says_how_far_a_newer_one_is(  # noqa: PLR0917
    technician: FlaskClient,
    at_work: School,
    said: dict[str, Any],
    whole: bool | None,
    english: str,
    chinese: str,
) -> None:
    root_says(at_work, **said)
    if whole is not None:
        offered(at_work, 4, whole=whole)
    assert english in page(technician)
    assert chinese in page(technician, "zh")


def test_one_that_is_ready_is_started_at_once(technician: FlaskClient, at_work: School) -> None:
    root_says(at_work, ready=4)
    offered(at_work, 4, whole=True)
    assert "Start it with system 4 now" in page(technician)
    answer = technician.post("/box/system/start")
    assert answer.headers["Location"] == "/box?done=system"
    asked = json.loads((at_work.data_dir.run / ASKED).read_bytes())
    assert asked == {
        "format": 1, "boot": BOOT.boot, "do": "start", "pack": PACK, "version": 4,
        "manifest": f"{4:064x}",
    }  # fmt: skip
    answer = technician.post("/box/system/start")  # sent twice, it is one request
    assert answer.headers["Location"] == "/box?failed=system"


def test_none_is_started_that_is_not_ready(technician: FlaskClient, at_work: School) -> None:
    root_says(at_work)
    offered(at_work, 4, whole=True)
    answer = technician.post("/box/system/start")
    assert answer.headers["Location"] == "/box?failed=system"
    assert not requests.is_under_way(at_work.data_dir)


def test_only_a_technician_may(guest: FlaskClient, at_work: School) -> None:
    root_says(at_work, ready=4)
    offered(at_work, 4, whole=True)
    assert guest.post("/box/system/start").status_code in {302, 303, 401, 403}
    assert not requests.is_under_way(at_work.data_dir)


@pytest.mark.browser
def test_it_looks_well_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    with a_box(tmp_path) as box, visit(browser, box.address) as here:
        root_says(box.school, boot=uptime().boot, ready=4, failed=[[2, WHY]])
        offered(box.school, 4, whole=True)
        come_in(here, box)
        panel = here.page.locator("#system")
        panel.scroll_into_view_if_needed()
        here.screenshot("technician-system")
        assert here.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(here.page) == []
        here.page.get_by_role("button", name="Start it with system 4 now").click()
        here.page.get_by_text("Asked for. The box goes off within a minute").wait_for()
