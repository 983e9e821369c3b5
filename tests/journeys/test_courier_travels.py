"""A school that never saw a network: a stick enrols its node, updates it, and brings its word home.

Hub and node run as they do, and meet nowhere but in the folder of a stick.
"""

import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from content_packs import courier, reports
from content_packs.stick import Stick
from hub.couriers.fleet import CourierFleet
from hub.couriers.intake import TakenIn, read
from hub.couriers.writing import Written, write
from hub.fleet import codes, nodes, schools
from hub.hub import Hub, open_hub
from hub.initialising import initialise as make_hub
from hub.publishing import publish
from hub.releasing import Terms, release
from sync_node import config, courier_visits, enrolling, identity, state
from sync_node.data_dir import DataDir
from sync_node.hardware import Hardware
from sync_node.initialising import initialise
from sync_node.outbox import Outbox
from sync_node.syncing import sync_once
from sync_node.ticks import Tick
from tests.support.nodes import Node
from tests.support.packs import make_demo
from tests.support.protocol import a_report

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Country:
    """A district's hub, a school's box, and the stick between them; `now` is everybody's time."""

    hub: Hub
    box: Node
    folder: Path
    now: datetime = NOW

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    def at_the_hub(self, *named: str) -> Written:
        fleet = CourierFleet(self.hub)
        return write(self.hub, Stick(self.stick), fleet.schools(named), fleet)

    def home_again(self) -> TakenIn:
        return read(Stick(self.stick), CourierFleet(self.hub))

    def at_the_school(self) -> Tick:
        """Plug the stick in, let the box do a tick, pull it."""
        shutil.move(self.stick, self.folder / "media" / "stick")
        try:
            return sync_once(self.box.data_dir, clock=lambda: self.now)
        finally:
            shutil.move(self.folder / "media" / "stick", self.stick)

    def visit(self) -> courier_visits.Visit:
        return courier_visits.read(self.box.data_dir)[0]

    def publish(self, version: int, **options: object) -> None:
        cpack = self.folder / f"{version}.cpack"
        make_demo(cpack, version=version, **options)  # type: ignore[arg-type]  # passed on
        publish(self.hub, cpack)
        release(self.hub, "demo", version, "main", Terms())


@pytest.fixture
def country(tmp_path: Path) -> Country:
    make_hub(tmp_path / "hub", "main", lambda: NOW)
    hub = open_hub(tmp_path / "hub", lambda: NOW)
    schools.add(hub, "qamdo", district="east")
    for name in ("stick", "media"):
        (tmp_path / name).mkdir()
    box = Node(tmp_path / "box", [])
    wanted = msgspec.structs.replace(
        box.config,
        sources=(config.SourceConfig(folder="/nowhere"),),
        couriers=(str(tmp_path / "media"),),
    )
    root = (hub.data.metadata / "1.root.json").read_bytes()
    initialise(DataDir(tmp_path / "box"), root, wanted, now=NOW)
    return Country(hub, box, tmp_path)


def enrolled(country: Country) -> str:
    """Enrol the box with nothing but the stick; return its node's id."""
    country.at_the_hub()
    country.at_the_school()  # it learns the hub's keys
    [code] = codes.make(country.hub, ["qamdo"], count=1, days=30, randomness=secrets.token_bytes)
    enrolling.enrol(
        country.box.data_dir, code.code, hub="", stick=country.stick, again=False,
        hardware=Hardware(), randomness=secrets.token_bytes, say=lambda _: None,
    )  # fmt: skip
    assert country.home_again().claims == 1
    [waiting] = nodes.list_nodes(country.hub, pending=True)
    nodes.confirm(country.hub, waiting.node)
    assert country.home_again().documents == 1
    country.at_the_school()
    credential = identity.credential(country.box.data_dir)
    assert credential
    return credential.node


def test_a_box_becomes_a_node_by_stick_alone(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    assert "credential" in country.visit().taken
    up = country.stick / courier.UP
    assert not list(up.glob("*/claim.json")), "an answered claim names its code to nobody"
    assert (up / node / courier.REPORT).is_file()


def test_lessons_come_down_and_the_report_goes_home(country: Country) -> None:
    country.publish(1, video_bytes=50_000)
    node = enrolled(country)
    assert country.box.lessons() == {"one": 1, "two": 1}
    assert country.home_again().reports == 1
    [school] = CourierFleet(country.hub).schools([node])
    assert school.report
    assert [(pack.pack, pack.version) for pack in school.report.packs] == [("demo", 1)]


def test_the_next_stick_carries_only_what_the_school_lacks(country: Country) -> None:
    country.publish(1, video_bytes=300_000)
    node = enrolled(country)
    country.at_the_school()
    country.home_again()
    country.publish(2, video_bytes=300_000, seeds={"two": 9})
    shutil.rmtree(country.stick / courier.FOLDER)
    written = country.at_the_hub(node)
    assert written.size < 1_200_000, "one lesson's films, not those of both"
    country.at_the_school()
    assert country.box.lessons() == {"one": 2, "two": 2}
    country.box.check_nothing_false()


def test_batches_go_up_and_their_receipt_takes_them_off_stick_and_box(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    box = country.box.data_dir
    seal(country, 3)
    country.at_the_school()
    folder = country.stick / courier.UP / node / courier.BATCHES
    assert len(list(folder.iterdir())) == 3
    taken = country.home_again()
    assert taken.troubles == []
    assert taken.batches == 3
    country.at_the_school()
    assert "receipt" in country.visit().taken
    assert list(folder.iterdir()) == []
    assert len(list((box.root / "outbox").glob("*/*.json"))) == 1, "the chain's end"
    assert country.home_again().batches == 0


def seal(country: Country, count: int) -> None:
    """Let the node seal reports, as it does where it can't reach its hub for long."""
    who = identity.current(country.box.data_dir)
    assert who
    with country.box.opened():
        keys = state.hub_keys()
    assert keys
    for _ in range(count):
        Outbox(country.box.data_dir, who).add(
            reports.encode_batch((a_report(),)), "reports", keys,
            receipt=None, randomness=secrets.token_bytes,
        )  # fmt: skip


def test_another_schools_letters_on_the_same_stick_are_left_alone(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    for path, text in {"down/other-1/credential.json": "x", "up/other-1/report.json": "y"}.items():
        (country.stick / courier.FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (country.stick / courier.FOLDER / path).write_text(text, encoding="utf-8")
    country.at_the_school()
    assert country.visit().state == "done"
    assert (country.stick / "satchel/up/other-1/report.json").read_text(encoding="utf-8") == "y"
    assert country.home_again().troubles
    assert [each.node for each in nodes.list_nodes(country.hub)] == [node]


def test_a_letter_that_was_changed_on_its_way_is_refused_and_the_rest_is_taken(
    country: Country,
) -> None:
    country.publish(1)
    node = enrolled(country)
    country.publish(2, seeds={"one": 5})
    country.at_the_hub(node)
    for kind in courier.DOWN_KINDS:
        path = country.stick / courier.down_path(node, kind)
        if path.exists():
            path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"AAAA')[:-4] + b'"}]}')
    country.at_the_school()
    assert country.visit().taken == ()
    assert country.visit().trouble
    assert country.box.lessons() == {"one": 2, "two": 2}


def test_a_revoked_node_gets_nothing_more_by_stick(country: Country) -> None:
    country.publish(1)
    node = enrolled(country)
    nodes.revoke(country.hub, node)
    country.publish(2, seeds={"one": 5})
    country.at_the_hub()
    tick = country.at_the_school()
    tick = country.at_the_school()
    assert country.box.lessons() == {"one": 1, "two": 1}, tick.detail
    country.home_again()
    assert country.home_again().reports == 0
