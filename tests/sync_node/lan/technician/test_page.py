"""How the box is, in a sentence, and why: for everybody, and without naming anybody."""

from datetime import timedelta
from html import unescape

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs import durable
from sync_node import power_cuts
from sync_node.box_clock import BoxClock
from sync_node.box_state import BoxStates
from sync_node.catalogue import Catalogue
from sync_node.database import using_database
from sync_node.held_manifests import HeldManifest, HeldManifests
from sync_node.models import PackRow, TickRow
from sync_node.power_cuts import Cut, Power
from sync_node.school.school import School as SchoolData
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.box import put_stations, words
from tests.sync_node.lan.technician.conftest import NOW

CHINESE = {"Accept-Language": "zh-CN"}


def text_of(client: FlaskClient, address: str = "/box") -> str:
    return " ".join(unescape(client.get(address).text).split())


def test_anybody_may_see_how_the_box_is(guest: FlaskClient) -> None:
    text = text_of(guest)
    for said in (
        "All is well", "The link to hub.county.example", "Gives about 81.0 kB a second",
        "of 60.0 MB spent", "of 600.0 MB spent", "Power cuts seen", "42 phones are connected.",
        "1 of them is hardly heard", "1204 files, all as they should be",
        "All files last looked at", "School's data", "Last check-in", "not enrolled", "SQLite",
    ):  # fmt: skip
        assert said in text, said
    assert "Sync now" not in text
    assert "Technicians sign in" in text
    assert "已连接 42 台手机" in guest.get("/box", headers=CHINESE).text


def test_nobody_is_named(technician: FlaskClient, data: SchoolData) -> None:
    school_class = data.people.add_class("Class Nine", "4")
    data.people.add_learner(school_class.id, "Gao Min")
    for address in ("/box", "/box/packs", "/box/sign-in", "/box/off", "/box/logs"):
        text = text_of(technician, address)
        assert "Gao Min" not in text
        assert "Class Nine" not in text


def test_the_charts_say_the_same_in_a_table(guest: FlaskClient) -> None:
    text = guest.get("/box").text
    assert text.count('class="chart"') == 2
    assert "Bytes of each of the last 30 days:" in text
    assert "The same in numbers" in text
    assert " style=" not in text, "the policy of the page lets none through"
    assert text.count("<svg") < 60


def test_what_needs_a_person_stands_first(at_work: School, guest: FlaskClient) -> None:
    cuts = tuple(
        Cut("power", words(NOW - timedelta(days=day, hours=1)), words(NOW - timedelta(days=day)))
        for day in range(4)
    )
    durable.write(
        at_work.data_dir.root / power_cuts.NAME,
        msgspec.json.encode(Power(boot="b", cuts_in_all=9, cuts=cuts)),
    )
    with using_database(at_work.data_dir):
        TickRow.update(outcome="untrusted").execute()
    text = text_of(guest)
    assert "2 things need you" in text
    assert text.index("A source offered what isn't signed") < text.index("Power was cut 4 times")
    assert "Look at the plug" in text
    assert "有 2 件事需要您处理" in guest.get("/box", headers=CHINESE).text


def test_a_school_whose_data_was_salvaged_is_told_of(
    at_work: School, guest: FlaskClient, data: SchoolData
) -> None:
    data.people.add_class("4 B")
    data.back_up()
    data.close()
    place = at_work.data_dir.school_db
    place.write_bytes(b"SQLite format 3\0" + b"rot" * 4_000)
    for ending in ("-wal", "-shm"):
        place.with_name(place.name + ending).unlink(missing_ok=True)
    assert guest.get("/").status_code == 200
    text = text_of(guest)
    assert "put together again on 2026-09-01" in text
    assert "1 damaged file is kept" in text


@pytest.mark.parametrize("data", [b"{", b"<script>alert(1)</script>", b'{"format": 1}'])
def test_what_an_access_point_says_does_no_harm(
    at_work: School, guest: FlaskClient, data: bytes
) -> None:
    durable.write(at_work.data_dir.run / "stations.json", data)
    text = guest.get("/box").text
    assert "be understood" in text
    assert "<script>alert" not in text
    put_stations(at_work, NOW, [])
    assert "0 phones are connected." in text_of(guest)


@pytest.mark.parametrize(
    ("by", "is_up", "said"),
    [
        ("radio", True, "The box's own radio carries it."),
        ("radio", False, "The box's own radio isn't on the air."),
        ("cable", True, "Access points on the box's cable carry it."),
        ("cable", False, "nothing is alive at the cable's other end"),
    ],
)
def test_who_carries_the_wifi_and_whether_it_is_there(
    at_work: School, guest: FlaskClient, by: str, is_up: bool, said: str
) -> None:
    put_stations(at_work, NOW, [{}, {}], by=by, is_up=is_up)
    text = text_of(guest)
    assert said in text
    assert "2 phones are connected." in text


def test_every_page_is_light(guest: FlaskClient, technician: FlaskClient) -> None:
    for address in ("/box", "/box/packs", "/box/off", "/box/logs", "/box/enrol"):
        answer = technician.get(address)
        files = {
            each.split('"')[0] for each in answer.text.split('="/static/')[1:]
        }  # fmt: skip
        weight = len(answer.data) + sum(len(guest.get(f"/static/{file}").data) for file in files)
        assert weight < 60_000, (address, weight)


class Counting(HeldManifests):
    """Manifests, and how often one was asked for."""

    asked = 0

    def get(self, digest: str) -> HeldManifest:
        self.asked += 1
        return super().get(digest)


def test_a_large_catalogue_is_shown_without_reading_it(at_work: School, guest: FlaskClient) -> None:
    with using_database(at_work.data_dir):
        PackRow.insert_many(
            [
                {"pack": f"pack-{number:05}", "channel": "county-primary", "offered_version": 1}
                for number in range(3_000)
            ]
        ).execute()
    catalogue = Catalogue(at_work.data_dir)
    catalogue._manifests = counting = Counting(at_work.data_dir)
    states = BoxStates(at_work.data_dir, catalogue, lambda known: BoxClock(lambda: NOW, known))
    view = states.view(("en",))
    assert (view.counts.packs, view.packs) == (3_002, ())
    assert counting.asked == 0
    assert len(states.packs(("en",), offset=0, limit=24)) == 24
    assert counting.asked <= 24
    text = text_of(guest)
    assert "3002 packs are offered" in text
    assert "pack-00005" not in text
    assert len(guest.get("/box").data) < 25_000
    page = text_of(guest, "/box/packs?from=24")
    assert "25 to 48 of 3002" in page
    assert "pack-00030" in page
    assert "There are no more." in text_of(guest, "/box/packs?from=99999999")
    for wrong in ("-5", "x", "9" * 40):
        assert guest.get(f"/box/packs?from={wrong}").status_code == 200
