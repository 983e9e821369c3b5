"""Rows of where nodes stand, judged anew after a release, a calendar's change, or on demand.

Rows say which edition they were judged against. Some are done at a time, each lot in a transaction
of its own, so that check-ins go on in between; what a cut leaves is done the next time.
"""

from collections.abc import Callable
from typing import Any

from hub.edition import read_edition
from hub.fleet.limits import STATES_AT_ONCE
from hub.fleet.standing import Judge
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

Progress = Callable[[int, int], None]


def waiting(hub: Hub) -> int:
    """Return how many rows aren't judged against the edition in force.

    Raises `Damaged`, `StorageFailed`.
    """
    edition = read_edition(hub.data.metadata).snapshot.version
    with hub.database.transaction():
        return int(_stale(edition).count()) + _lacking_count()


def bring_up(hub: Hub, *, most: int | None = None) -> int:
    """Judge anew what isn't judged against the edition in force; return how many rows were.

    `most`: no more than about so many. Raises `Damaged`, `StorageFailed`.
    """
    edition = read_edition(hub.data.metadata)
    with hub.database.transaction():
        if not _stale(edition.snapshot.version).count() and not _lacking_count():
            return 0
    done = 0
    while most is None or done < most:
        with hub.database.writing():
            judge = Judge(hub, edition)
            lot = [(row.school, row.node) for row in _stale(judge.edition).limit(STATES_AT_ONCE)]
            schools = [] if lot else _lacking()[:STATES_AT_ONCE]
            for school, node in lot:
                _judge(judge, school, node)
            for school in schools:
                judge.judge_school(school)
        if not lot and not schools:
            break
        done += len(lot) + len(schools)
    return done


def rebuild(hub: Hub, actor: Actor, progress: Progress = lambda _done, _total: None) -> int:
    """Make every row anew from reports and days; return how many there are.

    Raises `Refused`, `Damaged`, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    edition = read_edition(hub.data.metadata)
    with hub.database.transaction():
        schools = [row.school for row in SchoolRow.select(SchoolRow.school)]
    for first in range(0, len(schools), STATES_AT_ONCE):
        lot = schools[first : first + STATES_AT_ONCE]
        with hub.database.writing():
            NodeStateRow.delete().where(NodeStateRow.school << lot).execute()
            judge = Judge(hub, edition)
            for school in lot:
                judge.judge_school(school)
        progress(first + len(lot), len(schools))
    with hub.database.transaction():
        return int(NodeStateRow.select().count())


def _judge(judge: Judge, school: str, node: str) -> None:
    if node:
        judge.judge(node)
    else:
        judge.judge_school(school)


def _stale(edition: int) -> Any:
    return NodeStateRow.select(NodeStateRow.school, NodeStateRow.node).where(
        NodeStateRow.edition != edition
    )


def _lacking_count() -> int:
    """Return how many rows are missing: one for each node, one for each school without any."""
    row = NodeStateRow
    schools = SchoolRow.select().count() - row.select(row.school).distinct().count()
    nodes = NodeRow.select().count() - row.select().where(row.node != "").count()
    return int(max(schools, 0) + max(nodes, 0))


def _lacking() -> list[str]:
    """Return the schools that have no row, or have nodes without one."""
    rows = SchoolRow.select(SchoolRow.school).where(
        SchoolRow.school.not_in(NodeStateRow.select(NodeStateRow.school))
    )
    nodes = NodeRow.select(NodeRow.school).where(
        NodeRow.node.not_in(NodeStateRow.select(NodeStateRow.node))
    )
    return sorted({row.school for row in rows} | {row.school for row in nodes})
