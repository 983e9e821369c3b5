"""A hub backs itself up once a day where it was told to, and tries what it took."""

from pathlib import Path

import pytest

from hub.backup import nightly
from hub.backup.folder import BackupFolder
from hub.backup.taking import take
from hub.clock import system_clock
from hub.config import change
from hub.hub import Hub, open_hub
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB, Job
from hub.jobs.working import Workers
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock

ME = of_this_machine()


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def told(hub: Hub, to: Path) -> Hub:
    """A hub that was told where."""
    change(hub.data.config, backup_folder=str(to))
    return open_hub(hub.data.root, hub.clock)


@pytest.fixture
def today(told: Hub) -> Hub:
    """The same by this machine's clock, as the processes of jobs go by."""
    return open_hub(told.data.root, system_clock)


def asked(hub: Hub) -> list[Job]:
    nightly.ask_if_due(hub)
    return list(jobs.find(hub, OF_HUB, kind="backup", state="queued", limit=9).items)


def test_it_is_asked_for_once_a_day(told: Hub, to: Path, clock: MovableClock) -> None:
    take(told, ME, to)
    assert asked(told) == []
    clock.go_on(hours=23)
    assert asked(told) == []
    clock.go_on(hours=2)
    assert len(asked(told)) == 1
    assert len(asked(told)) == 1  # which waits already


def test_a_hub_that_was_told_nothing_takes_none(hub: Hub) -> None:
    assert asked(hub) == []


def test_a_disk_that_is_away_is_not_taken_for_an_empty_one(today: Hub, to: Path) -> None:
    assert len(asked(today)) == 1
    (job,) = done(today)
    assert job.state == "failed"
    assert "is its disk in its place" in job.problem
    assert not to.exists()
    assert asked(today) == []  # not every minute


def test_it_is_taken_and_tried(told: Hub, to: Path) -> None:
    take(told, ME, to)  # some time ago
    today = open_hub(told.data.root, system_clock)
    asked(today)
    (job,) = done(today)
    assert (job.state, job.problem) == ("done", "")
    assert BackupFolder(to).find() == job.result["name"]


def done(hub: Hub) -> list[Job]:
    """Have what waits done; return it."""
    waiting = list(jobs.find(hub, OF_HUB, kind="backup", state="queued", limit=9).items)
    workers = Workers(hub, 1, print)
    workers.start()
    try:
        return [jobs.wait(hub, job.id, 60) for job in waiting]
    finally:
        workers.stop()
