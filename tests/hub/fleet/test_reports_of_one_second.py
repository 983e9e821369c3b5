"""Of two reports of one second the later made is kept, whichever comes first, by whatever."""

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs.reports import Disk, Report
from hub.fleet import reports
from hub.fleet.listing import find
from hub.fleet.reports import By
from hub.fleet.standing import Judge
from hub.hub import Hub
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import enrolled
from tests.support.protocol import a_report

WAYS: tuple[By, ...] = ("check-in", "batch", "stick")


def a_pair(clock: MovableClock) -> tuple[Report, Report]:
    """Two reports of one second: before a tick and after it, which filled the disk."""
    first = msgspec.structs.replace(a_report(), at=clock())
    ticks = msgspec.structs.replace(first.ticks, ticks=first.ticks.ticks + 1)
    disk = Disk(total=first.disk.total, free=0, trouble="full")
    return first, msgspec.structs.replace(first, ticks=ticks, disk=disk)


def keep(hub: Hub, node: str, report: Report, by: By) -> None:
    with hub.database.writing():
        reports.keep(hub, node, [report], by)
        Judge(hub).judge(node)


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("then", WAYS)
def test_the_later_made_is_kept(
    hub: Hub, web: FlaskClient, clock: MovableClock, by: By, then: By
) -> None:
    box = enrolled(hub, web)
    clock.go_on(hours=1)
    first, second = a_pair(clock)
    for one, other in ((first, second), (second, first)):
        clock.go_on(hours=1)
        pair = [msgspec.structs.replace(report, at=clock()) for report in (one, other)]
        keep(hub, box.node, pair[0], by)
        keep(hub, box.node, pair[1], then)
        found = reports.of_node(hub, box.node, most=1)[0]
        assert found.report.disk.trouble == "full"
        assert found.by == (by if one is second else then)


def test_the_same_report_by_two_ways_is_kept_once_as_it_first_came(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    box = enrolled(hub, web)
    clock.go_on(hours=1)
    report, _later = a_pair(clock)
    before = len(reports.of_node(hub, box.node))
    keep(hub, box.node, report, "stick")
    keep(hub, box.node, report, "batch")
    found = reports.of_node(hub, box.node)
    assert (len(found), found[0].by) == (before + 1, "stick")


def test_a_box_stands_as_the_later_made_says(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    """The later one came by stick, and the box checks in with the one before."""
    box = enrolled(hub, web)
    clock.go_on(hours=1)
    first, second = a_pair(clock)
    keep(hub, box.node, second, "stick")
    assert box.check_in(web, report=first).status_code == 200
    (row,) = find(hub, of_this_machine(), "").items
    assert row.disk_trouble == "full"
