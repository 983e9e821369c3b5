"""What a person sees and decides; what every other node hears of it; the audit log."""

from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs import protocol, repository
from content_packs.errors import KeyLocked, Missing, Refused, StorageFailed, UsageError
from content_packs.hub_keys import STATUS_TARGET
from hub.edition import read_edition
from hub.errors import KeyAbsent
from hub.fleet import audit, nodes, reports, schools, status_lists
from hub.fleet.limits import (
    AUDIT_TEXT_CHARACTERS_MAX,
    REFUSALS_KEPT_MAX,
    REFUSALS_NOTED_AT_ONCE_OVERALL,
    REPORTS_KEPT_MAX,
)
from hub.hub import Hub
from hub.releasing import Terms, release
from hub.renewing import renew
from tests.hub.clients import MovableClock, client_of
from tests.hub.fleet.boxes import a_school, enrolled
from tests.support.hub_databases import HubDatabases
from tests.support.protocol import a_report

pytestmark = pytest.mark.both_databases


def test_the_list_of_revoked_nodes_reaches_every_client(
    hub: Hub, web: FlaskClient, clock: MovableClock, tmp_path: Path
) -> None:
    client = client_of(hub.data.root, tmp_path / "client")
    assert client.status() == []
    box, other = enrolled(hub, web), enrolled(hub, web)
    nodes.revoke(hub, box.node)
    assert client.status() == [STATUS_TARGET]
    edition = read_edition(hub.data.metadata)
    assert edition.status is not None
    digest = edition.status.targets[STATUS_TARGET].hashes["sha256"]
    place = repository.status_path(digest)
    assert repository.is_place(place)
    served = web.get(f"/{place}")
    assert served.status_code == 200
    listed = protocol.read_status_list(served.data)
    assert (listed.number, listed.revoked) == (1, {box.node: clock.now})
    heard = protocol.read_check_in_answer(other.check_in(web).data)
    assert heard.status == 1
    nodes.revoke(hub, other.node)
    assert status_lists.current(hub, read_edition(hub.data.metadata)).number == 2


def test_a_list_that_could_not_be_signed_is_signed_by_the_next_renewal(
    hub: Hub, web: FlaskClient
) -> None:
    box = enrolled(hub, web)
    key = hub.keys.path("status")
    key.rename(key.with_suffix(".offline"))
    with pytest.raises((KeyAbsent, KeyLocked)):
        nodes.revoke(hub, box.node)
    assert box.check_in(web).status_code == 401  # this hub refuses it all the same
    assert status_lists.current(hub, read_edition(hub.data.metadata)).revoked == {}
    key.with_suffix(".offline").rename(key)
    assert "status" in renew(hub)
    assert status_lists.current(hub, read_edition(hub.data.metadata)).revoked.keys() == {box.node}
    assert renew(hub) == []


def test_an_older_database_revokes_whom_the_signed_list_revokes(
    hub: Hub, web: FlaskClient, clock: MovableClock, databases: HubDatabases
) -> None:
    stolen, sound, anew = enrolled(hub, web), enrolled(hub, web), enrolled(hub, web)
    backup = databases.keep(hub)
    clock.go_on(hours=1)
    for box in (stolen, anew):
        nodes.revoke(hub, box.node)
    databases.back(hub, backup)
    assert stolen.check_in(web).status_code == 200  # until the hub has looked: it does at its start
    renew(hub)
    assert stolen.check_in(web).status_code == 401
    assert sound.check_in(web).status_code == 200
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert listed.revoked.keys() == {stolen.node, anew.node}
    assert not status_lists.publish(hub)


def test_a_release_keeps_the_list(filled: Hub, clock: MovableClock) -> None:
    del clock
    a_school(filled)
    with filled.database.writing():
        nodes.NodeRow.insert(
            node="qamdo-1", school="qamdo", groups=[], serial=0, added_at="x",
            revoked_at="2026-01-01T00:00:00Z", alarm="", alarm_at="",
        ).execute()  # fmt: skip
    assert status_lists.publish(filled)
    release(filled, "demo", 2, "main", Terms())
    listed = status_lists.current(filled, read_edition(filled.data.metadata))
    assert listed.revoked.keys() == {"qamdo-1"}
    assert not status_lists.publish(filled)


def test_reports_are_kept_within_bounds(hub: Hub, web: FlaskClient, clock: MovableClock) -> None:
    box = enrolled(hub, web)
    for _ in range(REPORTS_KEPT_MAX + 5):
        clock.go_on(hours=1)
        with hub.database.writing():
            report = msgspec.structs.replace(a_report(), at=clock.now)
            reports.keep(hub, box.node, [report], "check-in")
    node, kept = nodes.show(hub, box.node)
    assert len(kept) == REPORTS_KEPT_MAX
    assert kept[0].report.at == clock.now
    assert node.last_heard == kept[0].taken_at


def test_groups_make_a_new_credential(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    held = nodes.show(hub, box.node)[0].serial
    assert nodes.set_groups(hub, box.node, ["b", "a", "b"]) == ("a", "b")
    assert nodes.set_groups(hub, box.node, ["a", "b"]) == ("a", "b")
    assert nodes.show(hub, box.node)[0].serial == held + 1
    answer = protocol.read_check_in_answer(box.check_in(web, credential=held).data)
    assert answer.credential is not None
    for groups in (["Not a name"], [f"g{number}" for number in range(17)]):
        with pytest.raises(UsageError):
            nodes.set_groups(hub, box.node, groups)


def test_schools_are_of_one_district(hub: Hub) -> None:
    assert schools.add(hub, "qamdo", district="east")
    assert not schools.add(hub, "qamdo", district="east")
    assert schools.add(hub, "qamdo", district="east", title="昌都小学")
    with pytest.raises(Refused, match="district east"):
        schools.add(hub, "qamdo", district="west")
    for name, title in (("Not a name", ""), ("q" * 60, ""), ("q", "a\nb"), ("q", "x" * 121)):
        with pytest.raises(UsageError):
            schools.add(hub, name, district="east", title=title)
    assert [(each.school, each.title) for each in schools.list_schools(hub)] == [
        ("qamdo", "昌都小学")
    ]


@pytest.mark.parametrize("act", [nodes.confirm, nodes.deny, nodes.revoke, nodes.clear_alarm])
def test_a_node_that_is_not_there_is_missed(hub: Hub, act: object) -> None:
    with pytest.raises(Missing):
        act(hub, "qamdo-9")  # type: ignore[operator]  # each is one of those named


def test_the_audit_log_is_never_changed(hub: Hub) -> None:
    a_school(hub)
    with pytest.raises(StorageFailed, match="never changed"), hub.database.writing():
        audit.AuditRow.update(reason="nothing happened").execute()
    assert audit.entries(hub, most=9)[0].reason == "qamdo of the district east"


@pytest.mark.long
def test_refusals_push_out_nothing_but_refusals(hub: Hub) -> None:
    a_school(hub)
    flood = {"at": "x", "refusal": True, "event": "claim-refused", "reason": "forged"}
    empty = {"node": "", "keyid": "", "origin": ""}
    with hub.database.writing():
        for _ in range(22):
            audit.AuditRow.insert_many([flood | empty] * 1_000).execute()
    for _ in range(70):
        with hub.database.writing():
            audit.note(hub, "claim-refused", refusal=True, reason="\x1b[31m" + "x" * 1_000)
    found = audit.entries(hub, most=100_000)
    assert REFUSALS_KEPT_MAX <= sum(entry.refusal for entry in found) < REFUSALS_KEPT_MAX + 64
    assert [entry.event for entry in found if not entry.refusal] == ["school-added"]
    assert len(found[0].reason) == AUDIT_TEXT_CHARACTERS_MAX
    assert "\x1b" not in found[0].reason


def test_what_was_left_out_is_counted(hub: Hub) -> None:
    now = [0.0]
    refusals = audit.Refusals(lambda: now[0])
    for _ in range(25):
        refusals.note(hub, "request-refused", origin="192.0.2.1", reason="forged")
    refusals.note(hub, "request-refused", origin="198.51.100.1", reason="forged")
    now[0] = 60.0
    refusals.note(hub, "request-refused", origin="192.0.2.1", reason="forged")
    found = audit.entries(hub, most=100, refusals=True)
    assert len(found) == 22
    assert found[0].reason == "forged (and 5 more of this origin before, not written down)"


@pytest.mark.long
def test_a_flood_from_thousands_of_addresses_is_no_flood_of_writes(hub: Hub) -> None:
    now = [0.0]
    refusals = audit.Refusals(lambda: now[0])
    for number in range(REFUSALS_NOTED_AT_ONCE_OVERALL + 500):
        refusals.note(hub, "request-refused", origin=f"2001:db8:{number:x}::1", reason="forged")
    found = audit.entries(hub, most=100_000, refusals=True)
    assert len(found) == REFUSALS_NOTED_AT_ONCE_OVERALL
    now[0] = 10.0
    refusals.note(hub, "request-refused", origin="2001:db8:ffff::1", reason="forged")
    (newest,) = audit.entries(hub, most=1)
    assert newest.reason == "forged (and 500 more of any, not written down)"


def test_the_tables_are_as_the_migration_makes_them(hub: Hub) -> None:
    with hub.database.transaction():
        for table in (
            nodes.NodeRow, nodes.NodeKeyRow, nodes.SchoolRow, nodes.ApprovalRow,
            reports.ReportRow, audit.AuditRow,
        ):  # fmt: skip
            names = {column.name for column in table._meta.database.get_columns(
                table._meta.table_name
            )}  # fmt: skip
            assert names == {field.column_name for field in table._meta.sorted_fields}
