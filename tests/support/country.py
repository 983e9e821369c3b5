"""A district's hub, a school's box, and the stick that goes between them: all that they share.

Hub and node run as they do, and meet nowhere but in the folder of the stick.
"""

import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from content_packs import reports
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


def make_country(tmp_path: Path) -> Country:
    """Return a district with a hub, a school and a box that knows nothing yet."""
    make_hub(tmp_path / "hub", "main", lambda: NOW)
    hub = open_hub(tmp_path / "hub", lambda: NOW)
    schools.add(hub, "qamdo", district="east")
    return at_another_school(hub, tmp_path)


def at_another_school(hub: Hub, tmp_path: Path) -> Country:
    """Return the same hub, another box that knows nothing yet, and a stick of its own."""
    for name in ("stick", "media"):
        (tmp_path / name).mkdir(parents=True)
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
    claim_on(country)
    assert country.home_again().claims == 1
    [waiting] = nodes.list_nodes(country.hub, pending=True)
    nodes.confirm(country.hub, waiting.node)
    assert country.home_again().documents == 1
    country.at_the_school()
    credential = identity.credential(country.box.data_dir)
    assert credential
    return credential.node


def claim_on(country: Country) -> None:
    """Let the box put its claim onto the stick."""
    country.at_the_hub()
    country.at_the_school()  # it learns the hub's keys
    [code] = codes.make(country.hub, ["qamdo"], count=1, days=30, randomness=secrets.token_bytes)
    enrolling.enrol(
        country.box.data_dir, code.code, hub="", stick=country.stick, again=False,
        hardware=Hardware(), randomness=secrets.token_bytes, say=lambda _: None,
    )  # fmt: skip


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
