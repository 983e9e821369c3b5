"""A made-up fleet of any size: schools with a box each, in every state there is, seeded."""

import random
from datetime import timedelta
from typing import Any

from hub.clock import in_words
from hub.edition import read_edition
from hub.fleet.standing import NOT_WITHIN_A_YEAR
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.states import STATES
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub

TOWNSHIPS = ("north", "south", "upper-valley", "lower-valley", "lakeside")
LOT = 500  # rows in one statement: SQLite takes 32,766 values


def make_up(hub: Hub, schools: int, *, seed: int = 1) -> None:
    """Write down so many schools, as if their boxes had been heard of for months."""
    chance = random.Random(seed)
    edition = read_edition(hub.data.metadata).snapshot.version
    rows = [state_row(hub, chance, number, edition) for number in range(schools)]
    now = in_words(hub.clock())
    with hub.database.writing():
        for first in range(0, schools, LOT):
            lot = rows[first : first + LOT]
            SchoolRow.insert_many(
                [
                    {name: row[name] for name in ("school", "district", "title", "township")}
                    | {"added_at": now}
                    for row in lot
                ]
            ).execute()
            nodes = [row for row in lot if row["node"]]
            NodeRow.insert_many(
                [
                    {
                        "node": row["node"],
                        "school": row["school"],
                        "added_at": now,
                        "groups": row["groups"].split(),
                    }
                    for row in nodes
                ]
            ).execute()
            NodeStateRow.insert_many(lot).execute()


def state_row(hub: Hub, chance: random.Random, number: int, edition: int) -> dict[str, Any]:
    """Return where the box of a school stands, of whichever state chance gives it."""
    state = chance.choices(STATES, [1, 1, 1, 2, 3, 4, 5, 5, 12, 3, 3, 40, 20])[0]
    has_box = state != "no-box"
    heard = hub.clock() - timedelta(minutes=chance.expovariate(1 / 900))
    is_heard = has_box and state not in {"waits", "unheard"}
    school, title = f"school-{number:05}", f"Primary School No. {number}"
    township = TOWNSHIPS[number % len(TOWNSHIPS)]
    behind = chance.randrange(1, 400_000_000) if state in {"targeted", "downloading"} else 0
    due = heard + timedelta(hours=chance.choice((26, 72, 96)))
    records = chance.choice((0, 0, 0, 12, 900)) if is_heard else 0
    oldest = hub.clock() - timedelta(days=chance.uniform(0, 40))
    slow = chance.random() < 0.1
    late = NOT_WITHIN_A_YEAR if slow else in_words(hub.clock() + timedelta(days=9))
    pack = {
        "pack": "grade4-maths", "channel": "main", "version": 3, "held": 2, "stage": "downloading",
        "have": 41_000_000, "wanted": 212_000_000, "to_come": behind, "ready": 12, "total": 44,
        "unreached": False, "superseded": False, "rolled_back": False,
    }  # fmt: skip
    return {
        "school": school, "node": f"{school}-1" if has_box else "", "district": "east",
        "township": township, "title": title,
        "found_by": f"{school} {title} {township} east {school}-1".casefold(),
        "groups": " pilot " if has_box and number % 7 == 0 else "", "state": state,
        "urgency": 90 if state == "failed" else 20,
        "trouble": "disk-full" if state == "failed" else "",
        "reason": "", "heard_at": in_words(heard) if is_heard else "",
        "heard_by": chance.choice(("check-in", "check-in", "stick")) if is_heard else "",
        "reported_at": in_words(heard) if is_heard else "",
        "expected_at": in_words(heard + timedelta(hours=12)) if is_heard else "",
        "overdue_at": in_words(due) if is_heard else "", "silence_median": 80_000,
        "silence_p95": 90_000, "rhythm_learnt": 1, "behind": behind,
        "packs_behind": int(behind > 0), "lessons_ready": chance.randrange(45),
        "lessons_total": 44, "done_p50": late if behind else "", "done_p90": late if behind else "",
        "records": records, "records_oldest": in_words(oldest) if records else "",
        "disk_free": chance.randrange(10**10), "disk_total": 32 * 10**9,
        "disk_trouble": "full" if state == "failed" else "", "stations": chance.randrange(40),
        "power_cuts": chance.choice((0, 0, 0, 3)), "undervoltage": 0, "software": "0.1.0",
        "unreached": int(state == "targeted"), "courier": 0, "superseded": 0, "rolled_back": 0,
        "paused": 0, "alarm": 0, "claim": int(state == "waits"),
        "packs": [pack] if behind else [], "edition": edition,
    }  # fmt: skip
