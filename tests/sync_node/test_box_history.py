"""What links gave and cost, day by day: true to the ledger, and bounded."""

from datetime import date, timedelta
from typing import Any

from sync_node import budget
from sync_node.box_history import histories
from sync_node.limits import HISTORY_DAYS, HISTORY_LINKS_MAX
from sync_node.link import LinkObservation
from sync_node.ticks import Record
from sync_node.windows import Rules
from sync_node.zones import zone_of

TODAY = date(2026, 9, 1)
HUB = "https://hub.example/"
ZONE = zone_of("+08:00", what="test")


def record(ended_at: str, size: int, *, seconds: int = 100, cuts: int = 0) -> Record:
    return Record(
        ended_at, ended_at, seconds, 1, size, 10, 3, cuts, "updated", "",
        {HUB: [size, 10, 3, cuts]}, {}, [],
    )  # fmt: skip


def history(**changes: Any) -> Any:
    known: dict[str, Any] = {
        "rules": {HUB: Rules(bytes_per_day=60, bytes_per_month=600)}, "spent": {}, "records": [],
        "observed": {}, "today": TODAY, "zone": ZONE,
    }  # fmt: skip
    return histories(**{**known, **changes})


def test_a_link_that_was_never_used_has_empty_days() -> None:
    (link,) = history()
    assert link.host == "hub.example"
    assert (len(link.days), link.days[-1].day, link.size) == (HISTORY_DAYS, TODAY, 0)
    assert (link.per_day, link.per_month) == (60, 600)


def test_what_it_cost_is_what_the_ledger_says() -> None:
    spent = {HUB: {TODAY: 5, TODAY - timedelta(days=3): 7, TODAY - timedelta(days=50): 1_000}}
    (link,) = history(spent=spent)
    assert (link.spent_today, link.spent_in_month, link.size) == (5, 5, 12)


def test_days_of_a_clock_that_ran_ahead_count_as_today() -> None:
    (link,) = history(
        spent={HUB: {TODAY + timedelta(days=900): 9}},
        records=[record("2031-01-01T00:00:00Z", 1_000_000, cuts=2)],
    )
    assert link.spent_today == 9
    assert link.days[-1].cuts == 2


def test_rates_are_of_ticks_in_which_enough_came_and_days_are_the_schools() -> None:
    records = [
        record("2026-08-31T17:00:00Z", 1_000_000),  # September already, at school
        record("2026-08-31T18:00:00Z", 3_000_000),
        record("2026-08-31T19:00:00Z", 1_000, cuts=4),
        record("nonsense", 1_000_000),
    ]
    (link,) = history(records=records, observed={HUB: LinkObservation(5.0, 0.5, 1)})
    assert link.days[-1].rate == 20_000
    assert link.days[-2].rate == 0
    assert link.cuts == 4
    assert link.observed.rate == 5.0


def test_links_of_other_days_and_neighbours() -> None:
    other = "http://old.example/"
    peer = Record(
        "2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z", 9, 1, 9, 9, 9, 0, "updated", "",
        {"peer n-2 (10.0.0.2:8080)": [9_000_000, 9, 9, 0], "/media/RED": [9, 9, 9, 0]}, {}, [],
    )  # fmt: skip
    found = history(spent={other: {TODAY: 1}, "x": {date(2020, 1, 1): 4}}, records=[peer])
    assert [link.name for link in found] == [HUB, other]
    many = {f"http://h{number}/": {TODAY: 1} for number in range(40)}
    assert len(history(spent=many)) == HISTORY_LINKS_MAX


def test_a_damaged_ledger_is_an_empty_one(tmp_path: Any) -> None:
    place = tmp_path / budget.NAME
    assert budget.recorded(place) == {}
    for data in (b"", b"{", b'{"format": 9}', b"\xff"):
        place.write_bytes(data)
        assert budget.recorded(place) == {}
    place.write_bytes(b'{"format": 1, "sources": {"h": {"2026-09-01": 5}}}')
    assert budget.recorded(place) == {"h": {TODAY: 5}}
