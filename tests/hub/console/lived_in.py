"""A hub with schools that were lived in: one for weeks, one with a claim, and many more."""

from datetime import timedelta
from typing import Any

import msgspec

from content_packs.reports import Disk, HubLink, PackReadiness, Power, RecordsWaiting, WifiStations
from hub.app import create_app
from hub.fleet import calendars, desired, nodes, reports, schools
from hub.fleet.schools import Facts
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import a_code, claimed, enrolled
from tests.hub.fleet.made_up_fleet import make_up
from tests.support.protocol import a_report

GB = 10**9
DAYS = 24
THEIRS = "qamdo"  # with a box that was heard of for weeks
NEW = "nagqu"  # with a box that waits to be confirmed


def live_in(hub: Hub, clock: MovableClock, *, township: str, others: int = 120) -> None:
    """Let some weeks pass at a school, another claim a box, and many others be there."""
    web = create_app(hub).test_client()
    for school, title in ((THEIRS, "Qamdo No. 7"), (NEW, "Nagqu Valley School")):
        facts = Facts(title, township, "Tashi, 139 0000 0000", None, 31.1, 97.2)
        schools.add(hub, school, district="east", facts=facts)
    box = enrolled(hub, web, a_code(hub, THEIRS))
    nodes.set_groups(hub, box.node, ["pilot"])
    desired.set_for(hub, {"channels": ["main"], "packs": ["demo"]}, group="pilot")
    closures = calendars.read_closures("2026-02-10 2026-03-01 Winter holidays")
    calendars.set_calendar(
        hub, of_this_machine(), "default", weekdays=calendars.DAYS[:6], closures=closures
    )
    for day in range(DAYS):
        for hour in (0, 1):
            clock.go_on(hours=1 + 22 * (hour == 0))
            if day % 7 != 6:
                _say(hub, box.node, day)
    claimed(hub, web, a_code(hub, NEW))
    make_up(hub, others)


def _say(hub: Hub, node: str, day: int) -> None:
    now = hub.clock()
    pack: dict[str, Any] = {"pack": "demo", "channel": "main", "version": 1, "lessons_total": 2}
    said = msgspec.structs.replace(
        a_report(),
        at=now,
        packs=(
            PackReadiness(
                **pack,
                bytes_wanted=200_000,
                bytes_to_come=max(200_000 - day * 7_000, 0),
                lessons_ready=day // 12,
            ),
        ),
        troubles=(),
        ticks=msgspec.structs.replace(a_report().ticks, bytes_in=day * 7_000),
        disk=Disk(total=32 * GB, free=20 * GB - day * GB // 9),
        link=HubLink(since=now - timedelta(days=7), bytes_per_second=9, minutes_per_day=110),
        records=RecordsWaiting(count=214 + day, oldest_at=now - timedelta(days=day)),
        stations=WifiStations(count=11 + day, limit=24),
        power=Power(since=now - timedelta(days=30), cuts=3, undervoltage=True),
    )
    with hub.database.writing():
        reports.keep(hub, node, [said], "check-in")
        Judge(hub).heard(NodeRow.get_by_id(node), "check-in")
