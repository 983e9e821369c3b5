"""A report says what a district asks of a school, and leaves out what the box can't tell."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from content_packs.reports import Report
from content_packs.signed_documents import open_signed
from content_packs.stick import Stick
from sync_node import courier_export, courier_visits, identity, power_cuts
from sync_node.courier_visits import Visit
from sync_node.hardware import hardware
from sync_node.orders import Orders
from tests.support.identities import Box, enrolled
from tests.support.nodes import publish
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub


def said(box: Box, hub: ScriptedHub) -> Report:
    """What the box says when somebody asks for a tick."""
    box.sync()
    found = hub.check_ins[-1].report
    assert found
    return found


@pytest.fixture
def node(box: Box, hub: ScriptedHub) -> Box:
    return enrolled(box, hub)


def test_a_pack_is_verified_and_open_when_all_of_it_has_come(node: Box, hub: ScriptedHub) -> None:
    node.sync()
    (pack,) = said(node, hub).packs
    assert (pack.version, pack.verified_version, pack.opened, pack.used) == (1, 1, 2, 0)
    assert pack.bytes_to_come == 0
    assert pack.bytes_wanted
    assert said(node, hub).coming is None


def test_the_version_before_is_verified_until_the_new_one_is(
    node: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    node.sync()
    offer = publish(repository, tmp_path, 1, version=2, seeds={"one": 9, "two": 8})
    repository.offer("main", offer)
    for bundle in (repository.root / "bundles").iterdir():
        bundle.unlink()
    for delta in (repository.root / "deltas").rglob("*.delta"):
        delta.unlink()
    (pack,) = said(node, hub).packs
    assert (pack.version, pack.verified_version, pack.opened) == (2, 1, pack.lessons_older)
    assert pack.lessons_ready < 2
    assert pack.bytes_wanted
    assert pack.bytes_to_come
    assert pack.bytes_to_come <= pack.bytes_wanted


def test_a_version_that_waits_for_its_time_is_verified_and_not_open(
    node: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    offer = publish(repository, tmp_path, 1, version=2, seeds={"one": 9, "two": 8})
    repository.offer("main", replace(offer, activate_at=tomorrow))
    node.sync()
    (pack,) = said(node, hub).packs
    assert (pack.version, pack.verified_version, pack.opened, pack.lessons_ready) == (2, 2, 0, 0)
    coming = said(node, hub).coming
    assert coming
    assert (coming.bytes, coming.waits_for) == (0, "activate-at")


def test_power_phones_and_couriers_are_said_where_they_are_known(
    node: Box, hub: ScriptedHub
) -> None:
    first = said(node, hub)
    assert first.power
    assert (first.power.cuts, first.power.cuts_in_all, first.power.last_at) == (0, 0, None)
    assert (first.stations, first.courier) == (None, None)
    now = datetime.now(UTC)
    for boot in ("one", "two", "three"):
        power_cuts.begin(node.data_dir, boot=boot, now=now, last_sign="")
    node.data_dir.run.mkdir(exist_ok=True)
    phones = [{"signal": -50}, {"signal": -81}, {}]
    (node.data_dir.run / "stations.json").write_text(json.dumps({"format": 1, "stations": phones}))
    visit = Visit("/media/x", "done", now.strftime("%Y-%m-%dT%H:%M:%SZ"), bytes_in=7, batches=2)
    courier_visits.note(node.data_dir, visit)
    then = said(node, hub)
    assert then.power
    assert (then.power.cuts, then.power.cuts_in_all) == (2, 2)
    assert then.power.last_at
    assert then.stations
    assert (then.stations.count, then.stations.weak, then.stations.weakest_dbm) == (3, 1, -81)
    assert then.courier
    assert (then.courier.state, then.courier.bytes_in, then.courier.batches) == ("done", 7, 2)


def test_the_link_is_measured_and_the_next_contact_foretold(node: Box, hub: ScriptedHub) -> None:
    now = datetime.now(UTC)
    link = said(node, hub).link
    assert link
    assert link.next_contact
    assert abs(link.next_contact - now - timedelta(minutes=15)) < timedelta(minutes=1)
    assert 0 <= link.minutes_per_day < 10
    assert link.duty_percent == 100


def test_a_pause_puts_the_next_contact_off(node: Box, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    Orders(node.data_dir).pause(until=now + timedelta(hours=3))
    courier_export.export(
        node.data_dir, Stick(tmp_path), clock=lambda: datetime.now(UTC), lock_wait_seconds=0
    )
    who = identity.current(node.data_dir)
    assert who
    assert who.credential
    document = (tmp_path / "satchel/up/qamdo-1/report.json").read_bytes()
    keys = {who.keyid: who.credential.public_key()}
    link = open_signed(document, "report", Report, keys).link
    assert link
    assert link.next_contact
    assert link.next_contact > now + timedelta(hours=2)


def test_no_word_of_it_is_about_anybody(node: Box, hub: ScriptedHub) -> None:
    report = said(node, hub)
    assert "learner" not in repr(report)


@pytest.mark.parametrize(("alarm", "is_weak"), [("1\n", True), ("0\n", False), ("x", None)])
def test_a_weak_supply_is_told_where_the_box_has_a_sensor(
    tmp_path: Path, alarm: str, is_weak: bool | None
) -> None:
    for number, name in enumerate(("cpu_thermal", "rpi_volt")):
        folder = tmp_path / f"sys/class/hwmon/hwmon{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "in0_lcrit_alarm").write_text(alarm)
    assert hardware(tmp_path).undervoltage is is_weak
    assert hardware(tmp_path / "elsewhere").undervoltage is None
