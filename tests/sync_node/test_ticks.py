"""What the ticks did is kept for more than a year, in bounded room, and adds up."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from content_packs.errors import SourceUnavailable, StorageFailed
from sync_node import ticks
from sync_node.activator import Activation
from sync_node.data_dir import DataDir
from sync_node.database import close_database, creating_database
from sync_node.errors import NotNow
from sync_node.limits import TICKS_SINGLE_MAX, TICKS_THINNED_AFTER
from sync_node.models import TickRow, database_proxy
from sync_node.source import Traffic
from sync_node.ticks import Tick

START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NotNow("http://hub/: no window", reason="window", until=START)


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with creating_database(DataDir(tmp_path)):
        pass
    yield
    close_database()


def tick(at: datetime, size: int, *troubles: Exception, **changes: object) -> Tick:
    found = Tick(at, ended_at=at + timedelta(seconds=90))
    found.traffic = Traffic(size, size // 100, 3)
    found.links = {"http://hub/": (Traffic(size, size // 100, 3), 1)}
    found.kinds = {"text": size // 2, "video": size - size // 2}
    found.activated = [Activation("demo", lesson, 1) for lesson in ("one", "two")]
    found.troubles = [
        error for error in troubles if isinstance(error, SourceUnavailable | StorageFailed)
    ]
    for name, value in changes.items():
        setattr(found, name, value)
    found.settle(changed=bool(found.activated), waiting=False)
    return found


def quiet(at: datetime, *troubles: Exception) -> Tick:
    return tick(at, 300, *troubles, activated=[], kinds={})


def test_a_record_says_all_of_a_tick() -> None:
    ticks.record(tick(START, 1_000_000, SourceUnavailable("cut")))
    (found,) = ticks.records()
    assert (found.outcome, found.detail, found.seconds, found.cuts) == ("cut", "cut", 90, 1)
    assert found.links == {"http://hub/": [1_000_000, 10_000, 3, 1]}
    assert found.kinds == {"text": 500_000, "video": 500_000}
    assert found.opened == [("demo", 1, 2)]
    row = TickRow.get()
    assert json.loads(row.opened) == [["demo", 1, 2]]


def test_quiet_ticks_share_a_row_and_are_counted() -> None:
    for number in range(5):
        ticks.record(quiet(START + timedelta(minutes=15 * number)))
    for number in range(5, 8):
        ticks.record(quiet(START + timedelta(minutes=15 * number), LATER))
    found = ticks.records()
    assert [(each.outcome, each.ticks) for each in found] == [("nothing-new", 5), ("not-now", 3)]
    assert found[0].bytes_in == 5 * 300
    assert found[0].started_at == "2026-01-01T00:00:00Z"
    assert found[0].ended_at == "2026-01-01T01:01:30Z"


def test_what_was_fetched_before_a_window_closed_has_its_own_row() -> None:
    ticks.record(tick(START, 5_000_000, LATER))
    ticks.record(quiet(START + timedelta(hours=1), LATER))
    ticks.record(tick(START + timedelta(days=1), 5_000_000, LATER))
    assert [each.bytes_in for each in ticks.records()] == [5_000_000, 300, 5_000_000]


def test_months_of_ticks_stay_in_bounded_room_and_add_up() -> None:
    at, count, size = START, 0, 0
    with database_proxy.atomic():  # one flush for all
        while at < START + timedelta(days=40):
            trouble = [SourceUnavailable("cut")] if count % 2 else []
            ticks.record(tick(at, count, *trouble))
            size += count
            count += 1
            at += timedelta(minutes=15)
    found = ticks.records()
    assert len(found) <= TICKS_THINNED_AFTER
    assert sum(each.bytes_in for each in found) == size
    assert sum(each.ticks for each in found) == count
    assert sum(each.links["http://hub/"][0] for each in found) == size
    assert sum(sum(each.kinds.values()) for each in found) == size
    assert sum(n for each in found for _, _, n in each.opened) == 2 * count
    assert [each.ended_at for each in found] == sorted(each.ended_at for each in found)
    assert all(each.ticks == 1 for each in found[-TICKS_SINGLE_MAX:])
    assert found[0].ticks == 96
    assert found[0].outcome == "cut"
    recent = ticks.records(since=at - timedelta(days=1))
    assert len(recent) < len(found)


def test_what_is_older_than_a_year_and_more_goes() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert ticks.period("2025-01-01T00:00:00Z", now) == ""
    assert ticks.period("nonsense", now) == ""
    assert ticks.period("2026-05-31T09:10:00Z", now) == "2026-05-31T09"
    assert ticks.period("2026-03-31T09:10:00Z", now) == "2026-03-31"


def test_a_clock_that_was_set_meanwhile_is_no_time_taken() -> None:
    assert Tick(START, ended_at=START - timedelta(days=400)).seconds == 0
    assert Tick(START, ended_at=START + timedelta(days=400)).seconds == 0


def test_a_window_is_no_trouble_beside_a_real_one() -> None:
    assert tick(START, 1, LATER).not_now is LATER
    assert tick(START, 1, LATER, SourceUnavailable("cut")).outcome == "cut"
    found = tick(START, 1, LATER, StorageFailed("full"))
    assert (found.outcome, found.not_now) == ("storage", None)
