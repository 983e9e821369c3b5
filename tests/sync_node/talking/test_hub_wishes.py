"""A hub tells a node what to hold, and which nodes count no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from content_packs.hub_keys import keyid_of
from content_packs.messages import to_second
from content_packs.protocol import StatusList
from content_packs.reports import PackReadiness
from sync_node import state
from sync_node.database import using_database
from sync_node.in_force import config_in_force
from sync_node.orders import Orders
from tests.support.identities import Box, enrolled
from tests.support.nodes import publish
from tests.support.protocol import OTHER_KEY, hub_keys
from tests.support.repositories import Repository
from tests.support.scripted_hub import JSON, ScriptedHub


def a_desired_state(**said: object) -> DesiredState:
    fields = {"number": 1, "issued_at": to_second(datetime.now(UTC)), "node": "qamdo-1"} | said
    return DesiredState(**fields)  # type: ignore[arg-type]  # as a test gives them


def test_a_desired_state_counts_from_the_next_tick(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub).sync()
    hub.desired = a_desired_state(packs=(), time_zone="+08:00", pins=(DesiredPin(pack="demo"),))
    box.sync()
    assert Orders(box.data_dir).tick_asked_for  # at once
    assert box.standing().desired_state == 1
    assert config_in_force(box.data_dir).time_zone == "+08:00"
    box.tick()
    with using_database(box.data_dir):
        from_db = state.renditions()
    assert from_db is None
    assert hub.check_ins[-1].desired_state == 1
    report = hub.check_ins[-1].report
    assert report
    assert report.desired_state == 1
    assert [pack.retired for pack in report.packs] == [True]


def test_a_new_box_fetches_nothing_that_the_hub_doesnt_want(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(packs=())
    box.sync()
    assert box.standing().desired_state == 1
    assert not [each for each in hub.gets if each.startswith(("manifests/", "bundles/"))]
    hub.desired = a_desired_state(number=2, time_zone="+08:00")
    box.sync()
    box.sync()
    assert [each for each in hub.gets if each.startswith("bundles/")]


def test_packs_that_are_wanted_again_come_back_without_a_byte(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub).sync()
    hub.desired = a_desired_state(packs=())
    box.sync()
    box.sync()
    before = [each for each in hub.gets if each.startswith("bundles/")]
    hub.desired = a_desired_state(number=2, packs=("demo",))
    box.sync()
    box.sync()
    report = hub.check_ins[-1].report
    assert report
    assert [pack.retired for pack in report.packs] == [False]
    assert [each for each in hub.gets if each.startswith("bundles/")] == before


def test_it_never_goes_back(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(number=5, time_zone="+08:00")
    box.sync()
    hub.desired = a_desired_state(number=4, time_zone="+07:00")
    hub.check_ins.clear()
    old = hub.take_check_in(b'{"format":1,"nonce":"' + b"0" * 32 + b'"}')[2]
    hub.answers["check-ins"] = (200, JSON, old)
    box.sync()
    assert box.standing().desired_state == 5


@pytest.mark.parametrize(
    "wrong", [{"node": "another"}, {"node": "", "group": "others"}, {"windows": (
        Window(opens="08:00", closes="08:00"),)}],
)  # fmt: skip
def test_one_for_others_or_that_shuts_the_link_for_good_is_refused(
    box: Box, hub: ScriptedHub, wrong: dict[str, object]
) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(**wrong)
    assert any(note.startswith("desired-state") for note in box.sync().notes)
    assert box.standing().desired_state == 0


def test_one_for_a_group_of_it_counts(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(node="", group="pilot", budget=Budget(megabytes_per_month=300))
    box.sync()
    source = config_in_force(box.data_dir).sources[0]
    assert source.megabytes_per_month == 300


def test_a_key_that_is_revoked_takes_its_desired_state_with_it(
    box: Box, hub: ScriptedHub, repository: Repository
) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(number=2**53 - 1, time_zone="+08:00")
    box.sync()
    assert box.standing().desired_state == 2**53 - 1
    raw = OTHER_KEY.public_key().public_bytes_raw()
    repository.hub_keys = replace(hub_keys(), service={keyid_of(raw): raw})
    repository.sign()
    hub.service = OTHER_KEY
    hub.desired = a_desired_state(number=3, time_zone="+07:00")
    box.sync()
    assert box.standing().desired_state == 3


def test_a_revoked_node_serves_what_it_has_and_asks_for_no_content(
    box: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    enrolled(box, hub)
    box.sync()
    since = to_second(datetime.now(UTC)) + timedelta(seconds=1)
    repository.revoked = StatusList(number=1, revoked={"qamdo-1": since})
    repository.offer("main", publish(repository, tmp_path, 1, version=2))
    hub.gets.clear()
    tick = box.sync()
    assert tick.trouble
    assert tick.trouble.code == "revoked"
    assert not [each for each in hub.gets if not each.startswith(("metadata/", "status/"))]
    assert box.standing().revoked
    assert hub.check_ins[-1].status == 1
    assert box.sync().trouble
    report = hub.check_ins[-1].report
    assert report
    assert report.packs[0].lessons_older > 0
    assert report.troubles[0].code == "revoked"


def test_a_node_that_is_enrolled_anew_counts_again(
    box: Box, hub: ScriptedHub, repository: Repository
) -> None:
    enrolled(box, hub)
    since = to_second(datetime.now(UTC)) + timedelta(seconds=1)
    repository.revoked = StatusList(number=1, revoked={"qamdo-1": since})
    repository.sign()
    assert box.sync().trouble
    hub.now = datetime.now(UTC) + timedelta(seconds=10)
    assert box.enrol(again=True).state == "enrolled"
    assert box.sync().outcome == "updated"
    assert not box.standing().revoked


def test_a_list_of_others_changes_nothing(
    box: Box, hub: ScriptedHub, repository: Repository
) -> None:
    enrolled(box, hub)
    repository.revoked = StatusList(number=1, revoked={"kham-3": to_second(datetime.now(UTC))})
    repository.sign()
    assert box.sync().outcome == "updated"
    assert not box.standing().revoked


def test_no_channel_at_all_hides_all_and_can_be_taken_back(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(channels=())
    box.sync()
    box.sync()
    report = hub.check_ins[-1].report
    assert report
    assert [pack.retired for pack in report.packs] == [True]
    hub.desired = a_desired_state(number=2)
    box.sync()
    box.sync()
    report = hub.check_ins[-1].report
    assert report
    assert [pack.retired for pack in report.packs] == [False]


def test_renditions_that_arent_wanted_arent_fetched_and_nothing_waits_for_them(
    box: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(renditions=("240p",))
    box.sync()
    offer = publish(repository, tmp_path, pack="films", video_bytes=300_000)
    repository.offer("main", offer)
    assert box.sync().outcome == "updated"
    assert box.sync().outcome == "nothing-new"
    with using_database(box.data_dir):
        films = [each for each in reported(hub) if each.pack == "films"]
    assert [(each.lessons_ready, each.bytes_to_come) for each in films] == [
        (films[0].lessons_total, 0)
    ]
    held = sum(1 for _ in box.data_dir.stored_digests())
    hub.desired = a_desired_state(number=2, renditions=("480p",))
    box.sync()
    assert box.sync().kinds["video"] > 500_000
    assert sum(1 for _ in box.data_dir.stored_digests()) > held


def reported(hub: ScriptedHub) -> tuple[PackReadiness, ...]:
    report = hub.check_ins[-1].report
    assert report
    return report.packs
