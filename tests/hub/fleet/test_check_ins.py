"""A node checks in: it hears the time and what is newer, and the hub keeps what it says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs import protocol
from content_packs.protocol import CheckInRequest, Credential
from content_packs.reports import Report
from content_packs.signed_documents import public_keyid
from hub.edition import read_edition
from hub.fleet import desired, nodes
from hub.fleet.limits import REPORTS_KEPT_MAX
from hub.hub import Hub
from hub.keyring.rotating import revoke, rotate
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import JSON, NONCE, Box, enrolled
from tests.support.hub_databases import HubDatabases
from tests.support.protocol import a_report

pytestmark = pytest.mark.both_databases


def credential_of(hub: Hub, web: FlaskClient, box: Box) -> Credential:
    answer = box.ask(web, "GET", "/api/v1/credential")
    assert answer.status_code == 200, answer.text
    service = read_edition(hub.data.metadata).hub_keys.service_keys()
    return protocol.open_credential(answer.data, service, key=box.key.public_key())


def test_a_node_hears_the_time_and_what_is_newer(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    box = enrolled(hub, web)
    set_ = desired.set_for(hub, {"channels": ["main"]}, node=box.node)
    answer = box.check_in(web, report=a_report())
    assert answer.status_code == 200, answer.text
    heard = protocol.read_check_in_answer(answer.data)
    service = read_edition(hub.data.metadata).hub_keys.service_keys()
    time = protocol.open_time(heard.time.document, service, node=box.node, nonce=NONCE)
    assert time.time == clock.now
    assert heard.credential is not None
    credential = protocol.open_credential(
        heard.credential.document, service, key=box.key.public_key()
    )
    assert (credential.node, credential.school, credential.district) == ("qamdo-1", "qamdo", "east")
    assert heard.desired_state is not None
    state = protocol.open_desired_state(
        heard.desired_state.document, service, credential=credential
    )
    assert (state.number, state.channels) == (set_.number, ("main",))
    assert heard.receipt is None
    again = box.check_in(web, credential=credential.serial, desired_state=set_.number)
    assert protocol.read_check_in_answer(again.data).credential is None
    assert protocol.read_check_in_answer(again.data).desired_state is None
    _, reports = nodes.show(hub, box.node)
    assert [kept.report for kept in reports] == [a_report()]


def test_the_request_by_which_a_credential_is_signed_anew_counts_once(
    hub: Hub, web: FlaskClient
) -> None:
    box = enrolled(hub, web)
    rotate(hub, "service")
    body = protocol.check_in_request_bytes(CheckInRequest(nonce=NONCE))
    call = box.signed("POST", "/api/v1/check-ins", body)
    assert web.open(**call, content_type=JSON).status_code == 200
    assert web.open(**call, content_type=JSON).status_code == 401


@pytest.mark.parametrize("change", [rotate, revoke])
def test_what_an_earlier_service_key_signed_is_signed_anew(
    hub: Hub, web: FlaskClient, change: Callable[[Hub, str], object]
) -> None:
    box = enrolled(hub, web)
    before = desired.set_for(hub, {"channels": ["main"]}, node=box.node)
    change(hub, "service")
    current = hub.keys.signing_key("service").public_key()
    service = {public_keyid(current): current}
    held = credential_serial(hub, box)
    answer = box.check_in(web, credential=held, desired_state=before.number)
    heard = protocol.read_check_in_answer(answer.data)
    assert heard.credential is not None
    credential = protocol.open_credential(
        heard.credential.document, service, key=box.key.public_key()
    )
    assert credential.serial == held + 1
    assert heard.desired_state is not None
    state = protocol.open_desired_state(
        heard.desired_state.document, service, credential=credential
    )
    assert state.channels == ("main",)
    again = box.check_in(web, credential=held + 1, desired_state=state.number)
    assert protocol.read_check_in_answer(again.data).credential is None
    assert protocol.read_check_in_answer(again.data).desired_state is None
    assert credential_of(hub, web, box) == credential


def test_a_node_that_lost_its_credential_asks_for_it(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    assert credential_of(hub, web, box).node == box.node


def test_of_two_reports_of_one_second_the_last_counts(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    box = enrolled(hub, web)
    before = report_at(clock.now)
    after = msgspec.structs.replace(before, desired_state=7)
    for said in (before, after):
        assert box.check_in(web, report=said).status_code == 200
    assert [kept.report for kept in nodes.show(hub, box.node)[1]] == [after]


def test_a_box_whose_clock_once_said_2040_is_heard_of_again(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    box = enrolled(hub, web)
    for second in range(REPORTS_KEPT_MAX):
        wrong = datetime(2040, 1, 1, second=second, tzinfo=UTC)
        assert box.check_in(web, report=report_at(wrong)).status_code == 200
    clock.go_on(hours=1)
    assert box.check_in(web, report=report_at(clock.now)).status_code == 200
    found, (newest, *others) = nodes.show(hub, box.node)
    assert newest.report.at == clock.now
    assert found.last_heard == newest.taken_at
    assert len(others) == REPORTS_KEPT_MAX - 1
    # What an earlier batch brings late is older all the same.
    assert box.check_in(web, report=report_at(clock.now - timedelta(days=1))).status_code == 200
    assert nodes.show(hub, box.node)[1][0] == newest


def test_a_hub_that_was_restored_gives_no_credential_that_its_node_takes_for_an_old_one(
    hub: Hub, web: FlaskClient, clock: MovableClock, databases: HubDatabases
) -> None:
    box = enrolled(hub, web)
    backup = databases.keep(hub)
    for group in ("a", "b", "c"):
        clock.go_on(hours=1)
        nodes.set_groups(hub, box.node, [group])
    held = credential_serial(hub, box)
    databases.back(hub, backup)
    clock.go_on(hours=1)
    nodes.set_groups(hub, box.node, ["d"])
    heard = protocol.read_check_in_answer(box.check_in(web, credential=held).data)
    assert heard.credential is not None
    assert credential_of(hub, web, box).groups == ("d",)


def credential_serial(hub: Hub, box: Box) -> int:
    return nodes.show(hub, box.node)[0].serial


def report_at(time: datetime) -> Report:
    return msgspec.structs.replace(a_report(), at=time)
