"""A hub whose nightly backups stopped says so; one that never had any is somebody else's care."""

from datetime import timedelta
from pathlib import Path

from hub.backup.limits import LATE_DAYS
from hub.backup.taking import take
from hub.hub import Hub
from hub.overview import own_warnings
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock


def late(hub: Hub) -> list[str]:
    return [words for words in own_warnings(hub) if "no backup was taken" in words]


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
