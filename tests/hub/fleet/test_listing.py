"""The list of schools: whole, in order, within what is theirs, and quick with 10,000 of them."""

import time

import pytest

from content_packs.errors import Refused, UsageError
from hub.fleet import listing
from hub.fleet.listing import SORTS, Listed, counts, find, nodes_matching
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from tests.hub.fleet.made_up_fleet import make_up

pytestmark = pytest.mark.both_databases

MANY = 10_000
PATIENCE = 5  # times: the machine that runs this may be busy
ASKED = (
    "", "township:north", "township:north behind>0 overdue", "-courier failed", "silent>3d",
    "age>14d", "valley 7", "stick", "group:pilot state:downloading", "done>2026-01-05",
)  # fmt: skip
ANYONE = of_this_machine()
OPERATOR = Actor("wang", "operator", "console", townships=frozenset({"north", "lakeside"}))
PUBLISHER = Actor("li", "publisher", "console", publisher="press")


@pytest.fixture
def fleet(hub: Hub) -> Hub:
    make_up(hub, 400)
    return hub


def everything(
    hub: Hub, query: str, sort: str, *, limit: int, actor: Actor = ANYONE
) -> list[Listed]:
    found: list[Listed] = []
    after = ""
    while True:
        page = find(hub, actor, query, sort=sort, after=after, limit=limit)
        found += page.items
        if not page.next:
            assert len(found) == page.total
            return found
        after = page.next


@pytest.mark.sampled(4)
@pytest.mark.parametrize("sort", [*SORTS[::2], *(f"-{name}" for name in SORTS[1::2])])
def test_pages_together_are_the_whole_list_in_order(fleet: Hub, sort: str) -> None:
    whole = find(fleet, ANYONE, sort=sort, limit=500).items
    assert everything(fleet, "", sort, limit=97) == list(whole)
    assert len({(row.school, row.node) for row in whole}) == 400


def test_filters_keep_what_they_say(fleet: Hub) -> None:
    whole = find(fleet, ANYONE, limit=500).items
    for query, holds in {
        "township:north": lambda row: row.township == "north",
        "township:north,south": lambda row: row.township in {"north", "south"},
        "behind>100MB": lambda row: row.behind > 100_000_000,
        "overdue": lambda row: row.overdue,
        "-overdue": lambda row: not row.overdue,
        "failed": lambda row: bool(row.trouble),
        "state:downloading,staged": lambda row: row.state in {"downloading", "staged"},
        "group:pilot": lambda row: "pilot" in row.groups,
        "by:stick": lambda row: row.heard_by == "stick",
        "records>0 stations<10": lambda row: row.records > 0 and row.stations < 10,
        "claim": lambda row: row.claim,
        "stalled": lambda row: bool(row.stalled_since),
        '"School No. 7"': lambda row: "School No. 7" in row.title,
        "SCHOOL-00012": lambda row: row.school == "school-00012",
        "100%": lambda _row: False,
    }.items():
        expected = {row.school for row in whole if holds(row)}
        found = find(fleet, ANYONE, query, limit=500)
        assert {row.school for row in found.items} == expected, query
        assert found.total == len(expected)
        nodes = {row.node for row in whole if holds(row) and row.node}
        assert set(nodes_matching(fleet, ANYONE, query)) == nodes, query


def test_an_operator_sees_the_schools_of_their_townships_and_no_others(fleet: Hub) -> None:
    mine = everything(fleet, "", "school", limit=50, actor=OPERATOR)
    assert {row.township for row in mine} == {"north", "lakeside"}
    assert find(fleet, OPERATOR, "township:south").items == ()
    assert nodes_matching(fleet, OPERATOR, "township:south") == ()
    other = find(fleet, ANYONE, "township:south", limit=1).items[0].school
    assert listing.of_school(fleet, OPERATOR, other) == ()
    assert counts(fleet, OPERATOR).schools == len(mine)
    assert listing.townships(fleet, OPERATOR) == ("lakeside", "north")


def test_who_may_not_see_the_fleet_is_refused(fleet: Hub) -> None:
    for ask in (find, counts, nodes_matching, listing.townships):
        with pytest.raises(Refused):
            ask(fleet, PUBLISHER, "") if ask in {find, nodes_matching} else ask(fleet, PUBLISHER)


def test_counts_are_those_of_the_filters_that_they_lead_to(fleet: Hub) -> None:
    found = counts(fleet, ANYONE)
    for query, count in {
        "failed": found.failed,
        "overdue": found.overdue,
        "claim": found.claims,
        "disk": found.disk_trouble,
        "age>14d": found.records_in_danger,
        "stick": found.needs_stick,
        "state:unheard": found.unheard,
        "stalled -failed": found.stalled,
        "state:no-box": found.no_box,
        "": found.schools,
    }.items():
        assert find(fleet, ANYONE, query, limit=1).total == count, query
    assert found.overdue > 0
    assert found.needs_stick > 0


@pytest.mark.parametrize("after", ["x", "W10", "WzEsMiwzXQ", "bm9wZQ", "W3RydWUsImEiLCJiIl0", "é"])
def test_a_place_that_no_page_gave_is_refused(fleet: Hub, after: str) -> None:
    for sort in ("school", "behind"):
        with pytest.raises(UsageError, match="after"):
            find(fleet, ANYONE, sort=sort, after=after)


def test_what_cant_be_asked_is_refused(fleet: Hub) -> None:
    for wrong in ({"limit": 0}, {"limit": 501}, {"sort": "height"}):
        with pytest.raises(UsageError):
            find(fleet, ANYONE, **wrong)


@pytest.mark.long
def test_ten_thousand_schools_are_sorted_filtered_and_opened_at_once(hub: Hub) -> None:
    make_up(hub, MANY)
    took = []
    for number, query in enumerate(ASKED):
        for sort in SORTS[number % 3 :: 3]:
            began = time.process_time()
            page = find(hub, ANYONE, query, sort=sort)
            took.append((time.process_time() - began, query, sort))
            if page.next:
                began = time.process_time()
                find(hub, ANYONE, query, sort=sort, after=page.next)
                took.append((time.process_time() - began, query, f"{sort}, second page"))
    began = time.process_time()
    assert counts(hub, ANYONE).schools == MANY
    took.append((time.process_time() - began, "counts", ""))
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    assert p99[0] < 0.3 * PATIENCE, p99
