"""All that a school's page shows: the school, its boxes with their past, its codes."""

from dataclasses import dataclass

from content_packs.reports import SystemSlots
from hub.clock import in_words
from hub.fleet import days, listing, nodes, reports, rhythm, schools
from hub.fleet.days import Day
from hub.fleet.listing import Listed
from hub.fleet.nodes import Node
from hub.fleet.schools import School
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import CodeRow
from hub.hub import Hub
from hub.people.actor import Actor


@dataclass(frozen=True)
class Rhythm:
    """How long a box is usually silent, in seconds of open days. `learnt`: from its own past.

    `rare`: a silence as it has one in `OVERDUE_WEEKS`, 0 while nothing is learnt. It is overdue
    after `overdue_after`, which `decided_by` says why: `median` (three of them), `p95`, `rare`, or
    `least` (nobody is before).
    """

    median: int
    p95: int
    learnt: bool
    rare: int
    overdue_after: int
    decided_by: rhythm.Bound


@dataclass(frozen=True)
class BoxView:
    """A box: how it stands, who it is, and its days, the oldest first.

    `slots`: the systems of a box that has two, `phones_max`: how many its radio takes, 0 where it
    can't tell; as its newest report says.
    """

    row: Listed
    node: Node
    days: tuple[Day, ...]
    rhythm: Rhythm
    slots: SystemSlots | None = None
    phones_max: int = 0


@dataclass(frozen=True)
class SchoolView:
    """A school. `codes_unused` of its codes are good still; `codes_expire`: the last of them."""

    school: School
    boxes: tuple[BoxView, ...]
    codes_unused: int
    codes_expire: str


def show(hub: Hub, actor: Actor, school: str) -> SchoolView:
    """Return a school as its page shows it. Raises `Missing`, `Refused`, `StorageFailed`."""
    found = schools.show(hub, actor, school)
    rows = {row.node: row for row in listing.of_school(hub, actor, school) if row.node}
    known = nodes.list_nodes(hub, school=school)
    with hub.database.transaction():
        good = (CodeRow.school == school) & (CodeRow.used_at == "")
        good &= CodeRow.expires_at > in_words(hub.clock())
        codes = sorted(str(row.expires_at) for row in CodeRow.select().where(good))
        boxes = tuple(
            BoxView(
                rows[node.node],
                node,
                tuple(days.history(node.node)),
                _rhythm(school, node.node),
                *_of_report(node.node),
            )
            for node in known
            if node.node in rows
        )
    return SchoolView(found, boxes, len(codes), codes[-1] if codes else "")


def _of_report(node: str) -> tuple[SystemSlots | None, int]:
    newest = reports.newest(node)
    if newest is None:
        return None, 0
    wifi = newest.report.stations
    return newest.report.slots, (wifi.limit or 0) if wifi else 0


def _rhythm(school: str, node: str) -> Rhythm:
    row = NodeStateRow.get_by_id((school, node))
    known = bool(row.rhythm_learnt)
    found = rhythm.Rhythm(row.silence_median, row.silence_p95, known, row.silence_rare)
    after, by = found.overdue_after, found.decided_by
    return Rhythm(found.median, found.p95, known, found.rare, after, by)
