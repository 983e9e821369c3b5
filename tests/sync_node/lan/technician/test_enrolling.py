"""A box without a console becomes a node: a technician types the district's code on its page."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import enrolment_codes
from sync_node import enrolment, identity
from sync_node.config import SourceConfig
from sync_node.database import creating_database
from sync_node.lan.app import create_app
from sync_node.lock import engine_lock
from sync_node.orders import Orders
from sync_node.school.school import open_school
from tests.support.identities import Box, a_repository, enrolled
from tests.support.nodes import publish
from tests.support.protocol import hub_keys
from tests.support.scripted_hub import CODE, JSON, ScriptedHub, problem, scripted_hub
from tests.sync_node.lan.technician.conftest import NOW

PRINT = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")
CHINESE = {"Accept-Language": "zh-CN"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ScriptedHub]:
    found = a_repository(tmp_path / "repository", hub_keys=hub_keys())
    found.offer("main", publish(found, tmp_path))
    with scripted_hub(found) as hub:
        yield hub


@pytest.fixture
def box(tmp_path: Path, hub: ScriptedHub) -> Box:
    """A box that has synced, and so knows by which keys its hub signs."""
    found = Box(tmp_path / "node").initialise(hub.repository, SourceConfig(hub=hub.url))
    found.sync()
    hub.calls.clear()
    return found


@dataclass
class Page:
    """The page of a technician who is signed in."""

    client: FlaskClient

    def text(self, address: str = "/box") -> str:
        return " ".join(unescape(self.client.get(address).text).split())

    def look(self) -> str:
        """Return what the page of codes says once the hub isn't being asked any more."""
        for _ in range(300):
            text = self.text("/box/enrol")
            if "data-busy" not in text:
                return text
            time.sleep(0.02)
        raise AssertionError("the hub is asked for ever")

    def enrol(self, code: str = CODE, **fields: str) -> str:
        answer = self.client.post("/box/enrol", data={"code": code, **fields})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/box/enrol?done=enrol")
        return self.look()


@pytest.fixture
def page(box: Box) -> Iterator[Page]:
    data = open_school(box.data_dir, clock=lambda: NOW, system_clock=lambda: NOW)
    client = create_app(box.data_dir, clock=lambda: NOW, school=data).test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    client.post("/box/sign-in", data={"code": data.teachers.make_code("technician")})
    yield Page(client)
    data.close()


def test_a_code_is_asked_about_at_once_and_the_district_confirms(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    assert "This box isn't enrolled" in page.look()
    Orders(box.data_dir).done(Orders(box.data_dir).tick_asked_for)
    text = page.enrol("0000 000-oooo")
    assert "The hub knows the code. The district has to confirm this box" in text
    asks = identity.claiming(box.data_dir)
    assert asks
    assert asks.fingerprint in text
    assert hub.claims[0].code == CODE
    assert asks.fingerprint in page.text()
    hub.confirmed = True
    box.tick()
    assert "This box is qamdo-1 of the school Qamdo No. 7." in page.look()
    assert (
        "这台小盒子是 Qamdo No. 7 的 qamdo-1" in page.client.get("/box/enrol", headers=CHINESE).text
    )
    assert "code of the district" not in page.text().lower()


def test_a_box_that_is_known_beforehand_is_a_node_at_once_and_the_engine_goes_on(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    hub.confirmed = True
    assert "This box is qamdo-1" in page.enrol()
    assert Orders(box.data_dir).tick_asked_for
    assert not Orders(box.data_dir).unbound_asked_for, "it costs no more than it may"


def test_while_the_engine_is_at_work_or_paused_a_person_waits_for_no_tick(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    hub.confirmed = True
    Orders(box.data_dir).pause(None)
    with engine_lock(box.data_dir, wait_seconds=0):
        assert "This box is qamdo-1" in page.enrol()


def test_a_code_that_the_hub_refuses_is_told_until_another_one_is_typed(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    hub.answers["claims"] = problem(403, detail="the code isn't good")
    assert "The hub refused the code of this box" in page.enrol()
    assert enrolment.state_of(box.data_dir).state == "refused"
    first = page.text()
    assert "One thing needs you" in first
    assert "The hub refused the code of this box" in first
    assert 'href="/box/enrol">Type a new code' in page.client.get("/box").text
    box.tick()
    assert hub.calls == ["claims"], "it isn't sent again"
    assert "not enrolled" in page.text()
    del hub.answers["claims"]
    hub.confirmed = True
    assert "This box is qamdo-1" in page.enrol(enrolment_codes.generate(b"another"))
    assert "refused the code" not in page.text()


def test_what_the_engine_was_refused_is_told_after_a_start_too(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    """The seed's code had expired: nobody was there when the hub said so."""
    hub.answers["claims"] = (503, JSON, b"")
    assert "No hub has answered" in page.enrol()
    hub.answers["claims"] = problem(403)
    box.tick()
    other = create_app(box.data_dir, clock=lambda: NOW).test_client()
    assert "The hub refused the code of this box" in unescape(other.get("/box").text)


@pytest.mark.parametrize("answer", [(503, JSON, b""), (200, JSON, b"{}"), problem(429)])
def test_where_no_hub_answers_well_the_code_is_kept_and_asked_again(
    page: Page, box: Box, hub: ScriptedHub, answer: tuple[int, str, bytes]
) -> None:
    hub.answers["claims"] = answer
    text = page.enrol()
    assert "The code is kept" in text
    assert "No hub has answered:" in text
    assert "each courier's stick takes the claim along" in text
    assert PRINT.search(text)
    del hub.answers["claims"]
    hub.confirmed = True
    box.tick()
    assert "This box is qamdo-1" in page.look()


def test_a_box_that_never_heard_a_hub_leaves_it_to_the_engine(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    box.data_dir.node_db.unlink()
    with creating_database(box.data_dir):
        pass
    text = page.enrol()
    assert "The code is kept, and the claim waits for the hub." in text
    assert "No hub has answered" not in text
    assert hub.calls == []
    hub.confirmed = True
    assert Orders(box.data_dir).tick_asked_for
    box.tick()
    assert "This box is qamdo-1" in page.look()


@pytest.mark.parametrize("code", ["", "0000 000-000", '"><script>1</script>', "U" * 11, "0" * 500])
def test_what_is_no_code_never_leaves_the_box(
    page: Page, box: Box, hub: ScriptedHub, code: str
) -> None:
    answer = page.client.post("/box/enrol", data={"code": code})
    assert answer.status_code == 400
    assert 'role="alert" id="problem"' in answer.text
    assert "<script>1" not in answer.text
    assert hub.calls == []
    assert enrolment.state_of(box.data_dir).state == "none"


def test_a_node_stays_what_it_is_unless_it_is_enrolled_anew(
    page: Page, box: Box, hub: ScriptedHub
) -> None:
    enrolled(box, hub)
    before = identity.current(box.data_dir)
    assert 'name="again"' in page.client.get("/box/enrol").text
    page.enrol(enrolment_codes.generate(b"another"))
    assert len(hub.claims) == 1
    hub.confirmed = False
    text = page.enrol(enrolment_codes.generate(b"another"), again="yes")
    assert "This box is qamdo-1" in text, "until then it goes on"
    assert "The district has to confirm this box" in text
    assert len({claim.key for claim in hub.claims}) == 2
    now = identity.current(box.data_dir)
    assert before
    assert now
    assert before.keyid == now.keyid


def test_a_key_that_rotted_is_told_of_and_replaced(page: Page, box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    found = identity.current(box.data_dir)
    assert found
    (found.folder / "key.pem").write_bytes(b"rotten")
    first = page.text()
    assert "Something is wrong with what this box is to its hub" in first
    assert "sync-node" not in first, "there is no console"
    assert "Enrol it anew" in page.look()
    hub.now += timedelta(seconds=5)
    assert "This box is qamdo-1" in page.enrol(enrolment_codes.generate(b"another"), again="yes")


def test_a_disk_that_takes_nothing_is_told_of(page: Page, box: Box, hub: ScriptedHub) -> None:
    box.data_dir.identity.parent.joinpath("identity").write_bytes(b"in the way")
    answer = page.client.post("/box/enrol", data={"code": CODE})
    assert answer.headers["Location"] == "/box/enrol?failed=enrol"
    assert "Nothing was begun." in unescape(page.client.get("/box/enrol?failed=enrol").text)
    assert hub.calls == []
