"""What months leave in a hub: boxes in every state, their days, rollouts, visits, alerts, wishes.

The pages are measured on this. A fleet that is all well, heard of for the first time a minute ago,
would be easier to list than any real one. Made up, and seeded: the same each time.
"""

import random
from typing import Any

from peewee import chunked

from hub.alerts import sources, watching
from hub.clock import in_words
from hub.edition import read_edition
from hub.fleet.limits import HISTORY_DAYS_KEPT
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.rollouts import deciding
from hub.rollouts import planning as of_rollouts
from hub.rollouts.model import Group, Plan, Stage
from hub.rollouts.outcomes import KINDS
from hub.rollouts.tables import RolloutNodeRow
from hub.school_requests.tables import RequestRow
from hub.visits import planning as of_visits
from scripts.bench.storming.fleet import CHANNEL, ROWS_AT_ONCE, name_of, township_of
from tests.hub.fleet.made_up_fleet import state_row
from tests.support.packs import make_demo

SEED = 6
WITHOUT_BOX = 50  # one school more for so many
REACHED_PERCENT = 50  # of the boxes, by the rollout that is looked at
STOPS, VISITS = 12, 20
WISHING = 5  # each so many-th school wishes for something
PLANNED = 5  # rollouts that nobody has approved yet

# Each box was heard of on most days, in two hours of the evening; of some the bytes to come are the
# same on all of them, and of the others they fell.
_DAYS = """
WITH RECURSIVE back(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM back WHERE n < ?)
INSERT OR IGNORE INTO node_day_row (node, day, hours, contacts, bytes_in, bytes_counted, goodput,
  minutes_up, behind, disk_free, lessons_ready, lessons_total, records)
SELECT node, date('now', '-' || n || ' days'), 3 << (12 + (s.rowid + n) % 6), 8,
  (s.rowid * 7919 + n * 104729) % 90000000, 0, 4000 + s.rowid % 9000, 118,
  s.behind + CASE WHEN s.rowid % 9 = 0 THEN 0 ELSE n * 1000000 END, s.disk_free,
  s.lessons_ready, s.lessons_total, (s.rowid + n) % 300
FROM node_state_row s, back WHERE s.heard_at <> '' AND (s.rowid * 31 + n * 17) % 10 < 8
"""


def make(hub: Hub, nodes: int) -> str:
    """Write it all down, of a hub with so many enrolled nodes; return the rollout to look at."""
    rollout = _rollouts(hub, nodes)
    _states(hub, nodes)
    with hub.database.writing():
        NodeStateRow._meta.database.execute_sql(_DAYS, (HISTORY_DAYS_KEPT - 1,))  # noqa: SLF001  # peewee's own way to it
    _wishes(hub, nodes)
    _visits(hub)
    watching.watch(hub, sources.SOURCES)
    return rollout


def _rollouts(hub: Hub, nodes: int) -> str:
    """Leave one rollout that half of the boxes were reached by, paused; and some planned ones."""
    cpack = hub.data.root.parent / "second.cpack"
    make_demo(cpack, version=2, pages={"one": "<p>Now with rivers.</p>"})
    publish(hub, cpack)
    me = of_this_machine()
    stages = (Stage(Group(percent=REACHED_PERCENT)), Stage(Group(percent=100)))
    plan = Plan("demo", 2, CHANNEL, stages)
    planned = [of_rollouts.plan(hub, me, plan).rollout for _ in range(PLANNED + 1)]
    found = deciding.approve(hub, me, planned[0])
    deciding.pause(hub, me, found.rollout)
    now = in_words(hub.clock())
    chance = random.Random(SEED)  # noqa: S311  # the same fleet each time
    reached: list[dict[str, Any]] = [
        {"rollout": found.rollout, "node": f"{name_of(number)}-1", "stage": 1, "since": now,
         "outcome": chance.choice(KINDS), "have": 1_000_000, "wanted": 14_000_000,
         "changed_at": now}
        for number in range(nodes * REACHED_PERCENT // 100)
    ]  # fmt: skip
    with hub.database.writing():
        for lot in chunked(reached, ROWS_AT_ONCE):
            RolloutNodeRow.insert_many(lot).on_conflict("REPLACE").execute()
    return found.rollout


def _states(hub: Hub, nodes: int) -> None:
    """Have boxes in every state there is; and schools without one."""
    chance = random.Random(SEED)  # noqa: S311  # the same fleet each time
    edition = read_edition(hub.data.metadata).snapshot.version
    rows = []
    for number in range(nodes + nodes // WITHOUT_BOX):
        row = state_row(hub, chance, number, edition)
        row |= {"district": "east", "township": township_of(number)}
        row["found_by"] = f"{row['school']} {row['title']} {row['township']} east".casefold()
        row["packs"] = [pack | {"pack": "demo", "version": 2, "held": 1} for pack in row["packs"]]
        row["node"] = f"{row['school']}-1" if number < nodes else ""
        if not row["node"]:
            row |= {"state": "no-box", "heard_at": "", "overdue_at": "", "behind": 0, "packs": []}
        elif row["state"] == "no-box":
            row["state"] = "unheard"
        rows.append(row)
    new = [row for row in rows if not row["node"]]
    now = in_words(hub.clock())
    with hub.database.writing():
        for row in new:
            SchoolRow.create(
                force_insert=True, school=row["school"], district="east", added_at=now,
                township=row["township"], title=row["title"],
            )  # fmt: skip
        NodeStateRow.delete().execute()
        for lot in chunked(rows, ROWS_AT_ONCE):
            NodeStateRow.insert_many(lot).execute()
            of_pilot = [row["node"] for row in lot if row["groups"] and row["node"]]
            NodeRow.update(groups=["pilot"]).where(NodeRow.node << of_pilot).execute()


def _wishes(hub: Hub, nodes: int) -> None:
    now = in_words(hub.clock())
    rows = [
        {"school": name_of(number), "node": f"{name_of(number)}-1", "id": f"wish-{number}",
         "what": "wish", "state": "open", "pack": "demo" if number % 3 else "", "text": "more maps",
         "lesson": ("", "one", "two")[number % 3], "asked_at": now, "taken_at": now}
        for number in range(0, nodes, WISHING)
    ]  # fmt: skip
    with hub.database.writing():
        for lot in chunked(rows, ROWS_AT_ONCE):
            RequestRow.insert_many(lot).execute()


def _visits(hub: Hub) -> None:
    """Plan a visit in each of some townships, to schools that something is to come to."""
    row = NodeStateRow
    for number in range(VISITS):
        with hub.database.transaction():
            wanted = (row.township == township_of(number)) & (row.behind > 0)
            nodes = [str(one.node) for one in row.select(row.node).where(wanted).limit(STOPS)]
        if nodes:
            of_visits.plan(hub, of_this_machine(), nodes=nodes, courier="Tashi")
