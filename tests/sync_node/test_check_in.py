"""A box and its hub: enrolled by a code, heard at the end of a tick, and told what to hold."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from content_packs import batches, enrolment_codes, protocol, reports
from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from content_packs.errors import InvalidContent, Missing, SourceUnavailable, Untrusted, UsageError
from content_packs.hub_keys import keyid_of
from content_packs.messages import to_second
from content_packs.protocol import StatusList
from sync_node import identity, state
from sync_node.config import SourceConfig
from sync_node.database import using_database
from sync_node.errors import HubRefused
from sync_node.in_force import config_in_force
from sync_node.last_check_in import LastCheckIn
from sync_node.limits import BATCH_REPORT_SECONDS, CHECK_IN_SECONDS
from sync_node.lock import engine_lock
from sync_node.orders import Orders
from sync_node.outbox import Outbox
from tests.support.identities import Box, a_repository, enrolled
from tests.support.nodes import publish
from tests.support.protocol import OTHER_KEY, SEAL_KEY, hub_keys, seal_keyid
from tests.support.repositories import Repository
from tests.support.scripted_hub import CODE, JSON, ScriptedHub, problem, scripted_hub


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = a_repository(tmp_path / "repository", hub_keys=hub_keys())
    found.offer("main", publish(found, tmp_path))
    return found


@pytest.fixture
def hub(repository: Repository) -> Iterator[ScriptedHub]:
    with scripted_hub(repository) as found:
        yield found


@pytest.fixture
def box(tmp_path: Path, hub: ScriptedHub) -> Box:
    return Box(tmp_path / "node").initialise(hub.repository, SourceConfig(hub=hub.url))


def a_desired_state(**said: object) -> DesiredState:
    fields = {"number": 1, "issued_at": to_second(datetime.now(UTC)), "node": "qamdo-1"} | said
    return DesiredState(**fields)  # type: ignore[arg-type]  # as a test gives them


def forget_last(box: Box, **changes: object) -> None:
    """Make the last check-in as if it had been otherwise."""
    with using_database(box.data_dir):
        last = msgspec.structs.replace(box_last(), **changes)
        state.remember_check_in(msgspec.json.encode(last).decode())


def box_last() -> LastCheckIn:
    return msgspec.json.decode(state.check_in(), type=LastCheckIn)


# Enrolment


def test_a_code_makes_a_box_a_node(box: Box, hub: ScriptedHub) -> None:
    hub.confirmed = True
    found = box.enrol("0000 000-oooo")
    assert found.state == "enrolled"
    assert found.credential
    assert found.credential.node == "qamdo-1"
    assert hub.claims[0].code == CODE
    assert hub.claims[0].model == "Raspberry Pi 5"
    assert box.standing().school_title == "Qamdo No. 7"


def test_the_fingerprint_is_shown_until_a_person_confirms(box: Box, hub: ScriptedHub) -> None:
    found = box.enrol()
    assert found.state == "pending"
    assert len(found.fingerprint) == 19
    assert box.standing().enrolment == "claimed"
    hub.confirmed = True
    tick = box.tick()
    assert "enrolled as qamdo-1 of qamdo" in tick.detail
    assert box.standing().node == "qamdo-1"
    assert len(hub.check_ins) == 1  # and it is heard at once


def test_the_same_claim_is_sent_again_and_another_code_makes_another(
    box: Box, hub: ScriptedHub
) -> None:
    box.enrol()
    box.enrol()
    box.tick()
    assert len({claim.nonce for claim in hub.claims}) == 1
    other = enrolment_codes.generate(b"another")
    box.enrol(other)
    assert hub.claims[-1].code == other
    assert len({claim.key for claim in hub.claims}) == 1


def test_enrolling_twice_does_nothing(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    found = box.enrol()
    assert (found.state, found.before) == ("enrolled", True)
    assert len(hub.claims) == 1


def test_enrolled_again_it_has_another_key_and_goes_on_as_the_old_node_until_then(
    box: Box, hub: ScriptedHub
) -> None:
    enrolled(box, hub)
    before = identity.current(box.data_dir)
    hub.confirmed = False
    hub.now += timedelta(seconds=5)
    assert box.enrol(again=True).state == "pending"
    box.sync()
    assert len(hub.check_ins) == 1
    hub.confirmed = True
    box.sync()
    after = identity.current(box.data_dir)
    assert before
    assert after
    assert before.keyid != after.keyid
    assert len(hub.check_ins) == 2


def test_a_code_that_is_no_code_never_leaves_the_box(box: Box, hub: ScriptedHub) -> None:
    with pytest.raises(InvalidContent):
        box.enrol("7K3M-Q8T-X2YB")
    assert hub.calls == []
    assert identity.claiming(box.data_dir) is None


def test_a_code_that_the_hub_refuses_is_told_and_not_tried_again(
    box: Box, hub: ScriptedHub
) -> None:
    hub.answers["claims"] = problem(403, detail="the code isn't good")
    with pytest.raises(HubRefused, match="the code isn't good") as caught:
        box.enrol()
    assert caught.value.exit_code == 5
    box.tick()
    assert hub.calls == ["claims"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((404, "text/html", b"<h1>not here</h1>"), Missing),
        (problem(404), Missing),
        ((200, "text/html", b"<h1>log in</h1>"), InvalidContent),
        ((200, JSON, b"{}"), InvalidContent),
        ((202, JSON, b"[]"), InvalidContent),
        ((200, JSON, b"x" * 300_000), InvalidContent),
        ((503, JSON, b""), SourceUnavailable),
        ((302, JSON, b""), SourceUnavailable),
        (problem(429), SourceUnavailable),
    ],
)
def test_whatever_else_is_answered_the_claim_stays(
    box: Box, hub: ScriptedHub, answer: tuple[int, str, bytes], error: type[Exception]
) -> None:
    hub.answers["claims"] = answer
    with pytest.raises(error):
        box.enrol()
    hub.answers.clear()
    hub.confirmed = True
    box.tick()
    assert box.standing().node == "qamdo-1"


def test_a_credential_by_another_key_is_refused(box: Box, hub: ScriptedHub) -> None:
    hub.confirmed, hub.service = True, OTHER_KEY
    with pytest.raises(Untrusted):
        box.enrol()
    assert box.standing().node == ""


def test_a_fingerprint_that_isnt_ours_is_told(box: Box, hub: ScriptedHub) -> None:
    other = b'{"fingerprint":"AAAA-AAAA-AAAA-AAAA","format":1}'
    hub.answers["claims"] = (202, JSON, other)
    with pytest.raises(Untrusted, match="expected"):
        box.enrol()


def test_beside_a_tick_that_is_at_work_the_engine_is_asked(box: Box, hub: ScriptedHub) -> None:
    with engine_lock(box.data_dir, wait_seconds=0):
        assert box.enrol().state == "asked"
    assert Orders(box.data_dir).tick_asked_for
    hub.confirmed = True
    box.tick()
    assert box.standing().node == "qamdo-1"


def test_a_claim_goes_onto_a_stick(box: Box, hub: ScriptedHub, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    found = box.enrol(stick=stick)
    assert found.state == "carried"
    status, _, _ = hub.take_claim((stick / found.claim).read_bytes())
    assert status == 202


def test_a_hub_that_node_toml_doesnt_name_isnt_asked(box: Box) -> None:
    with pytest.raises(UsageError, match="isn't a source"):
        box.enrol(hub="http://127.0.0.1:9/")


# Check-ins


def test_a_node_reports_what_it_holds(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    tick = box.sync()
    assert tick.outcome == "updated"
    said = hub.check_ins[-1]
    assert said.credential == 1
    assert said.report
    assert said.report.packs[0].pack == "demo"
    assert said.report.ticks.last_outcome == "updated"
    assert len(said.nonce) == 32


def test_the_hubs_time_counts_from_then_on(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.now = datetime.now(UTC) + timedelta(days=40)
    box.sync()
    with using_database(box.data_dir):
        known = state.time_known()
    assert known
    newest = next(each for each in known.evidence if each.kind == "hub-time")
    assert abs(newest.time - hub.now) < timedelta(seconds=2)
    assert newest.source == hub.url


def test_nobody_is_told_twice_within_the_hour_unless_something_changed(
    box: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    enrolled(box, hub)
    box.tick()
    box.tick()  # the first one's outcome was another
    count = len(hub.check_ins)
    box.tick()
    assert len(hub.check_ins) == count
    repository.offer("main", publish(repository, tmp_path, 1, version=2))
    box.tick()
    assert len(hub.check_ins) == count + 1


def test_an_hour_of_being_on_is_enough(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.tick()
    box.tick()
    count = len(hub.check_ins)
    forget_last(box, on=box.last_check_in().on - CHECK_IN_SECONDS)
    box.tick()
    assert len(hub.check_ins) == count + 1


def test_every_start_of_the_box_asks_for_the_time(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.tick()
    box.tick()
    count = len(hub.check_ins)
    forget_last(box, boot="the start before")
    box.tick()
    assert len(hub.check_ins) == count + 1


def test_a_dead_connection_costs_a_number_and_nothing_else(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.forget_connections = True
    for _ in range(3):
        assert box.sync().notes == []
    assert hub.sequences == sorted(set(hub.sequences))


@pytest.mark.parametrize(
    "answer",
    [
        (200, JSON, b"{}"),
        (200, JSON, b"\xff"),
        (200, JSON, b"[" * 100_000),
        (200, JSON, b" " * 2_000_000),
        (500, JSON, b""),
        (404, "text/html", b""),
        problem(401),
        problem(400),
        (301, JSON, b""),
    ],
)
def test_no_answer_fails_a_tick(box: Box, hub: ScriptedHub, answer: tuple[int, str, bytes]) -> None:
    enrolled(box, hub)
    hub.answers["check-ins"] = answer
    tick = box.sync()
    assert tick.outcome == "updated"
    assert tick.troubles == []


def test_a_node_that_isnt_accepted_says_so_and_doesnt_insist(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.answers["check-ins"] = problem(401)
    assert "doesn't accept this node" in box.tick().detail
    count = len(hub.calls)
    box.tick()
    box.tick()
    assert len(hub.calls) == count
    assert box.standing().refused == 1


@pytest.mark.parametrize("what", ["nonce", "node", "key"])
def test_a_time_that_isnt_for_this_question_counts_for_nothing(
    box: Box, hub: ScriptedHub, what: str
) -> None:
    enrolled(box, hub)
    box.sync()
    request = hub.check_ins[-1]
    if what == "nonce":
        body = hub.take_check_in(b'{"format":1,"nonce":"' + (b"0" * 32) + b'"}')[2]
    elif what == "node":
        hub.node = "another"
        body = hub.take_check_in(protocol.check_in_request_bytes(request))[2]
    else:
        hub.service = OTHER_KEY
        body = hub.take_check_in(protocol.check_in_request_bytes(request))[2]
    hub.answers["check-ins"] = (200, JSON, body)
    tick = box.sync()
    assert any(note.startswith("time:") for note in tick.notes)


# Desired state


def test_a_desired_state_counts_from_the_next_tick(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.desired = a_desired_state(packs=(), time_zone="+08:00", pins=(DesiredPin(pack="demo"),))
    box.tick()
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


def test_packs_that_are_wanted_again_come_back_without_a_byte(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
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


# Batches


def test_a_node_that_hears_no_hub_seals_a_report_a_day(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.sync()
    hub.answers["check-ins"] = (503, JSON, b"")
    on = box.last_check_in().on - BATCH_REPORT_SECONDS
    forget_last(box, on=on, sealed_on=on)
    box.tick()
    box.tick()
    who = identity.current(box.data_dir)
    assert who
    outbox = Outbox(box.data_dir, who)
    assert outbox.sequences() == [1]
    batch = batches.read(outbox.document(1), hub.keys(), node="qamdo-1")
    content = batches.content_of(batch, {seal_keyid(SEAL_KEY): SEAL_KEY})
    assert reports.decode_batch(content)[0].packs[0].pack == "demo"
    hub.answers.clear()
    box.sync()
    assert len(hub.batches) == 1
    assert hub.check_ins[-1].receipt == 1
    assert box.standing().batches_waiting == 0


# Revocation


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
