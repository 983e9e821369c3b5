"""A hub whose nightly backups stopped says so, and one that never had any."""

from datetime import timedelta
from pathlib import Path

from hub.backup.limits import LATE_DAYS
from hub.backup.taking import take
from hub.fleet import audit
from hub.hub import Hub
from hub.overview import own_warnings
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock


def late(hub: Hub) -> list[str]:
    return [words for words in own_warnings(hub) if "no backup" in words]


def test_backups_that_stopped_are_missed(hub: Hub, clock: MovableClock, tmp_path: Path):
    assert late(hub) == []
    clock.now += timedelta(days=1)
    take(hub, of_this_machine(), tmp_path / "backups")
    taken = clock.now
    clock.now = taken + timedelta(days=LATE_DAYS, seconds=-1)
    assert late(hub) == []
    clock.now = taken + timedelta(days=LATE_DAYS)
    (words,) = late(hub)
    assert taken.strftime("%Y-%m-%dT%H:%M:%SZ") in words
    take(hub, of_this_machine(), tmp_path / "backups")
    assert late(hub) == []


def test_backups_that_never_began_are_missed(hub: Hub, clock: MovableClock, tmp_path: Path):
    assert audit.oldest_at(hub) == ""
    with hub.database.transaction():
        audit.note(hub, "school-added")
    made = clock.now
    clock.now = made + timedelta(days=LATE_DAYS, seconds=-1)
    assert late(hub) == []
    clock.now = made + timedelta(days=LATE_DAYS + 2)
    (words,) = late(hub)
    assert f"is {LATE_DAYS + 2} days old" in words
    take(hub, of_this_machine(), tmp_path / "backups")
    assert late(hub) == []
