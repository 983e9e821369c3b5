"""What a rollout would cost, from what each school holds and what its link carried."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.edition import read_edition
from hub.fleet import calendars
from hub.fleet.limits import ESTIMATE_DAYS_LOOKED_AT
from hub.fleet.links import LinkDay, carried
from hub.fleet.rhythm import Rhythm
from hub.fleet.state_tables import NodeDayRow, NodeStateRow
from hub.fleet.tables import SchoolRow
from hub.fleet.targets import Offered
from hub.hub import Hub
from hub.rollouts.groups import Nodes
from hub.rollouts.limits import ROWS_AT_A_TIME
from hub.rollouts.model import Plan
from hub.rollouts.price import Priced, School, priced
from hub.versions import expect_version


def price_of(hub: Hub, plan: Plan, nodes: Nodes, of: Mapping[str, int]) -> Priced:
    """Return what a rollout costs that begins now and reaches the nodes `of`, by their stages.

    Raises `Missing`, `Damaged`, `StorageFailed`.
    """
    new = expect_version(hub, plan.pack, plan.version)
    now = hub.clock()
    today = now.astimezone(ZoneInfo(hub.config.zone)).date()
    names = sorted(of)
    offered = Offered(read_edition(hub.data.metadata))
    with hub.database.transaction():
        held = _held(plan.pack)
        silent = _rhythms()
        days = _carried(names, nodes, today)
        schools = [
            School(
                node,
                of[node],
                _fetches(offered, plan, held.get(node), new.size),
                days.get(node, ()),
                silent.get(node),
            )
            for node in names
        ]
    needed_by = datetime.fromisoformat(plan.needed_by) if plan.needed_by else None
    return priced(plan.stages, schools, start=now, needed_by=needed_by)


def _fetches(offered: Offered, plan: Plan, held: int | None, size: int) -> int:
    if held is not None and held >= plan.version:
        return 0
    return offered.cost(plan.pack, held, plan.version, size)


def _held(pack: str) -> dict[str, int]:
    """Return the version of a pack that each node holds whole, where it said so."""
    rows: Any = NodeStateRow.select(NodeStateRow.node, NodeStateRow.packs).tuples()
    return {
        node: standing["held"]
        for node, standings in rows
        for standing in standings
        if standing["pack"] == pack and standing["held"] is not None
    }


def _rhythms() -> dict[str, Rhythm]:
    """Return how long each node is silent as a rule."""
    row = NodeStateRow
    rows: Any = row.select(row.node, row.silence_median, row.silence_p95, row.rhythm_learnt)
    return {
        node: Rhythm(median, p95, bool(learnt))
        for node, median, p95, learnt in rows.where(row.silence_p95 > 0).tuples()
    }


def _carried(names: Sequence[str], nodes: Nodes, today: date) -> dict[str, list[int]]:
    """Return what each node's link carried on its days."""
    known = calendars.by_name()
    schools: Any = SchoolRow.select(SchoolRow.school, SchoolRow.calendar).tuples()
    of_school: dict[str, str] = dict(schools)
    since = (today - timedelta(days=ESTIMATE_DAYS_LOOKED_AT)).isoformat()
    found: dict[str, list[LinkDay]] = {}
    for start in range(0, len(names), ROWS_AT_A_TIME):
        some = names[start : start + ROWS_AT_A_TIME]
        for node, *said in _rows(some, since):
            found.setdefault(node, []).append(_link_day(*said))
    return {
        node: carried(each, calendars.of_school(known, of_school[nodes[node]]), today)
        for node, each in found.items()
    }


def _rows(names: Sequence[str], since: str) -> Any:
    row = NodeDayRow
    columns = (row.day, row.hours, row.bytes_in, row.goodput, row.minutes_up, row.behind)
    of_them = (row.node << list(names)) & (row.day >= since)
    return row.select(row.node, *columns).where(of_them).order_by(row.node, row.day).tuples()


def _link_day(  # noqa: PLR0913, PLR0917  # the columns of a row
    day: str, hours: int, bytes_in: int, goodput: int, minutes_up: int, behind: int
) -> LinkDay:
    parsed = date.fromisoformat(day)
    return LinkDay(parsed, hours.bit_count(), bytes_in, goodput, minutes_up, behind)
