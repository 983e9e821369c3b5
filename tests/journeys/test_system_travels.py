"""A system's way: a hub offers it, a node fetches it, root writes it, and it is good or goes back.

All but the firmware and the reboot is the real thing: a hub with its keys, the node's own sync, the
steward that asks root, root's helper on a card as an image.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from content_packs import reports, systems
from content_packs.errors import Refused
from deploy.node.update import asking
from hub.channels import add_channel
from hub.hub import Hub, open_hub
from hub.initialising import initialise as initialise_hub
from hub.publishing import publish
from hub.releasing import Terms, release
from sync_node import config
from sync_node.catalogue import Catalogue
from sync_node.config import Config, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.initialising import initialise
from sync_node.syncing import sync_once
from sync_node.system import box_slots, requests
from sync_node.system.steward import Steward
from sync_node.trusted_time import Uptime
from tests.support.packs import make_demo
from tests.support.systems import ARCH, PACK, Box, CardImage, system_cpack

NOON = datetime(2026, 6, 2, 12, 0, tzinfo=UTC)


@dataclass
class School:
    """A box on its card, the node on it, and the hub that it follows."""

    hub: Hub
    box: Box
    now: datetime = NOON
    seconds: float = 3_600.0  # for which the box is on
    log: list[str] = field(default_factory=list)

    @property
    def data(self) -> DataDir:
        return DataDir(self.box.data)

    def sync(self) -> str:
        return sync_once(self.data, clock=lambda: self.now).outcome

    def steward(self) -> Steward:
        return Steward(
            self.data,
            clock=lambda: self.now,
            uptime=lambda: Uptime(self.box.boot_id, self.seconds),
            monotonic=lambda: self.seconds,
            log=self.log.append,
        )

    def look(self) -> str:
        """Let the steward look, and root do what it asks for; return what that was."""
        self.steward().look()
        request = asking.take(self.box.data / "run", self.box.boot_id)
        if request is None:
            return ""
        self.box.updater().take(request)
        asking.end(self.box.data / "run")
        return request.do

    def offer_lessons(self, folder: Path) -> None:
        make_demo(folder / "demo.cpack")
        publish(self.hub, folder / "demo.cpack")
        release(self.hub, "demo", 1, "main", Terms())

    def offer(self, folder: Path, version: int) -> None:
        cpack, _ = system_cpack(folder, version)
        publish(self.hub, cpack)
        release(self.hub, PACK, version, systems.CHANNEL, Terms())


@pytest.fixture
def school(tmp_path: Path) -> School:
    now = [NOON - timedelta(hours=1)]
    initialise_hub(tmp_path / "hub", "main", lambda: now[0])
    hub = open_hub(tmp_path / "hub", lambda: now[0])
    add_channel(hub, systems.CHANNEL)
    root = (hub.data.metadata / "1.root.json").read_bytes()
    card = CardImage.build(tmp_path / "card")
    (card.mount() / "satchel").mkdir()
    (card.mounted / "satchel/root.json").write_bytes(root)
    card.unmount()
    box = Box(card, tmp_path / "node")
    wanted = Config(1, (SourceConfig(folder=str(hub.data.repository)),), ("main",))
    initialise(DataDir(box.data), root, wanted, now=NOON)
    return School(hub, box)


def test_a_system_comes_in_a_quiet_hour_and_serves(school: School, tmp_path: Path) -> None:
    box = school.box
    school.offer_lessons(tmp_path)
    school.offer(tmp_path, 2)
    with box.on():
        box.updater().begin()
        assert school.sync() == "updated"
        assert school.look() == "write"  # at any time
        assert school.look() == ""  # not now: somebody may come to learn
        school.seconds += 4 * 3_600  # without a lesson being opened
        assert school.look() == "start"
    assert school.log == [
        "system 2 is to be written into the other slot", "system 2 is started"
    ]  # fmt: skip
    with box.on():
        assert (box.slot, box.version) == ("b", 2)
        updater = box.updater()
        updater.begin()
        assert school.look() == ""  # while it is tried, nothing else happens
        assert updater.try_out(lambda: True)
        found = box_slots.read(school.data)
        assert found
        assert (found.slot, found.version, found.doing) == ("b", 2, "idle")
        assert school.sync() == "nothing-new"
        assert school.look() == ""


def test_one_that_does_not_serve_is_left_for_good(school: School, tmp_path: Path) -> None:
    box = school.box
    school.offer(tmp_path, 2)
    school.seconds += 4 * 3_600
    with box.on():
        box.updater().begin()
        school.sync()
        assert [school.look(), school.look()] == ["write", "start"]
    with box.on():
        updater = box.updater()
        updater.begin()
        updater.try_out(lambda: False)
    with box.on():
        assert (box.slot, box.version) == ("a", 1)
        box.updater().begin()
        school.sync()
        assert school.look() == ""
        found = box_slots.read(school.data)
        assert found
        assert found.failed == ((2, "it started, and the site didn't serve"),)
        school.offer(tmp_path, 3)
        school.sync()
        assert [school.look(), school.look()] == ["write", "start"]
    with box.on():
        assert box.version == 3


def test_pupils_never_see_it(school: School, tmp_path: Path) -> None:
    school.offer(tmp_path, 2)
    school.offer_lessons(tmp_path)
    with school.box.on():
        school.box.updater().begin()
        school.sync()
        assert [card.pack for card in Catalogue(school.data).packs(("en",))] == ["demo"]


def test_a_box_that_synced_before_root_said_anything_takes_systems_afterwards(
    school: School, tmp_path: Path
) -> None:
    """At its first start the node is up before root's file is there; its seed names the channel."""
    found = config.read(school.data)
    following = msgspec.structs.replace(found, channels=("main", systems.CHANNEL))
    config.write(school.data, following)
    school.offer(tmp_path, 2)
    with school.box.on():
        school.sync()
        school.box.updater().begin()
        assert school.sync() == "updated"
        assert school.look() == "write"


def test_a_box_without_slots_fetches_no_system(school: School, tmp_path: Path) -> None:
    school.offer(tmp_path, 2)
    assert school.sync() in {"nothing-new", "updated"}
    assert list((school.box.data / "store").rglob("*/*")) == []
    assert school.look() == ""


def test_one_for_another_machine_is_not_fetched(school: School, tmp_path: Path) -> None:
    other = "riscv64"
    cpack, found = system_cpack(tmp_path, 2, arch=other)
    publish(school.hub, cpack)
    release(school.hub, found.pack, 2, systems.CHANNEL, Terms())
    with school.box.on():
        school.box.updater().begin()
        assert school.sync() in {"nothing-new", "updated"}
    assert list((school.box.data / "store").rglob("*/*")) == []


def test_the_hub_keeps_systems_and_lessons_apart(school: School, tmp_path: Path) -> None:
    hub = school.hub
    school.offer_lessons(tmp_path)
    with pytest.raises(Refused, match="demo 1 is no system, and the channel 'system' is for"):
        release(hub, "demo", 1, systems.CHANNEL, Terms())
    cpack, found = system_cpack(tmp_path, 2)
    publish(hub, cpack)
    with pytest.raises(Refused, match="which goes on the channel 'system' only"):
        release(hub, PACK, 2, "main", Terms())
    assert found.system
    assert found.system.arch == ARCH


def test_the_report_says_how_the_slots_are(school: School, tmp_path: Path) -> None:
    school.offer(tmp_path, 2)
    with school.box.on():
        school.box.updater().begin()
        school.sync()
        school.look()
        found = box_slots.read(school.data)
        assert found
        said = box_slots.reported(found)
        assert said == reports.SystemSlots(
            arch=ARCH, slot="a", version=1, ready=2, satchel="0.1", doing="idle"
        )
        assert not requests.is_under_way(school.data)
