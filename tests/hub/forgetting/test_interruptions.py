"""Runs that are cut, or come at once, take nothing back and leave nothing: and so clocks ahead."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import pytest

from content_packs.errors import StorageFailed
from hub.database import Database
from hub.fleet import audit
from hub.forgetting import chore, marks, service
from hub.forgetting.service import Wanted
from hub.hub import Hub
from hub.jobs import claiming
from hub.jobs import service as jobs
from hub.jobs.context import JobContext
from hub.jobs.model import OF_HUB
from hub.people.actor import of_this_machine
from hub.records.tables import RecordRow
from hub.use.tables import UseMarkRow, UseRow
from tests.hub.clients import MovableClock
from tests.hub.forgetting.conftest import Send
from tests.hub.forgetting.made import MIDDLE, NEW, OLD, held, on

ME = of_this_machine()


@dataclass
class Interrupted:
    """A database; right before its `nth` transaction that writes, something happens."""

    database: Database
    nth: int
    happens: Callable[[], object]
    count: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        self.count += 1
        if self.count == self.nth:
            self.happens()
        with self.database.writing():
            yield


def interrupted(hub: Hub, nth: int, happens: Callable[[], object]) -> Hub:
    return replace(hub, database=cast("Database", Interrupted(hub.database, nth, happens)))


def power_cut() -> None:
    raise StorageFailed("the power is gone")


def wanted(day: str, *, use: bool = False) -> Wanted:
    before = date.fromisoformat(day)
    return Wanted(before, before.replace(day=1) if use else None)


def marks_of_pupils() -> set[str]:
    return {row.span[:7] for row in UseMarkRow.select()}


@pytest.mark.both_databases
@pytest.mark.parametrize("later", ["2025-09-30", "2026-01-01"])
def test_of_two_runs_at_once_none_brings_back_what_the_other_forgot(
    hub: Hub, send: Send, later: str
) -> None:
    send(OLD, MIDDLE, NEW)  # one batch, of which each takes something out
    meanwhile = interrupted(hub, 2, lambda: service.forget(hub, ME, wanted(later)))
    service.forget(meanwhile, ME, wanted("2025-06-01"))
    assert held(hub) == ({"qamdo": ["2025-12-24"]} if later < "2025-12-24" else {})
    send(OLD, MIDDLE, NEW)
    assert held(hub) == ({"qamdo": ["2025-12-24"]} if later < "2025-12-24" else {})


def test_a_batch_that_went_while_it_was_looked_at_is_no_trouble(hub: Hub, send: Send) -> None:
    send(OLD, MIDDLE)
    send(OLD, MIDDLE, school="litang")
    meanwhile = interrupted(hub, 2, lambda: service.forget(hub, ME, wanted("2025-12-01")))
    service.forget(meanwhile, ME, wanted("2025-06-01"))
    assert held(hub) == {}


@pytest.mark.parametrize("nth", range(2, 8))
def test_what_a_cut_left_goes_with_the_next_chore(hub: Hub, send: Send, nth: int) -> None:
    """The log says that it is gone: after the first transaction all of it is said."""
    send(OLD)
    send(OLD, MIDDLE, NEW, school="litang")
    with pytest.raises(StorageFailed, match="power"):
        service.forget(interrupted(hub, nth, power_cut), ME, wanted("2025-09-20", use=True))
    said = audit.entries(hub, most=9, event="records-forgotten")
    assert [line.reason for line in said] == ["2 of before 2025-09-20, of all schools"]
    assert not service.is_finished(hub)

    chore.ask_if_due(hub)
    mine = claiming.claim(hub, "test")
    assert mine is not None
    assert chore.run_job(hub, JobContext(hub, mine))["records"] == 0
    assert service.is_finished(hub)
    assert held(hub) == {"litang": ["2025-09-20", "2025-12-24"]}
    with hub.database.transaction():
        assert marks_of_pupils() == {"2025-09", "2025-12"}
        assert {row.month for row in UseRow.select()} == {"2025-09", "2025-12"}
    assert audit.entries(hub, most=9, event="records-forgotten") == said


def test_the_chore_has_nothing_to_do_where_nothing_was_left(hub: Hub, send: Send) -> None:
    send(OLD, MIDDLE, NEW)
    service.forget(hub, ME, wanted("2025-09-20", use=True))
    chore.ask_if_due(hub)
    assert jobs.find(hub, OF_HUB, kind="forget", limit=9).items == []


@pytest.mark.both_databases
def test_a_cut_of_one_schools_leaves_the_others_alone(hub: Hub, send: Send) -> None:
    send(OLD, NEW)
    send(OLD, NEW, school="litang")
    what = replace(wanted("2025-09-20"), school="qamdo")
    with pytest.raises(StorageFailed, match="power"):
        service.forget(interrupted(hub, 2, power_cut), ME, what)
    assert [mark.school for mark in marks.known(hub)] == ["qamdo"]
    assert service.finish(hub, OF_HUB) == 1
    assert held(hub) == {"qamdo": ["2025-12-24"], "litang": ["2025-03-10", "2025-12-24"]}


def test_what_a_clock_that_ran_ahead_said_does_not_come_back(
    hub: Hub, send: Send, clock: MovableClock
) -> None:
    ahead = on("2040-01-01", 3)
    send(OLD, ahead)
    clock.go_on(days=400)
    assert service.forget(hub, ME, wanted("2026-06-01")).records == 2
    assert held(hub) == {}
    send(OLD, ahead, on("2040-01-02", 3))  # its box lost its memory, and made one more
    assert held(hub) == {"qamdo": ["2040-01-02"]}
    send(ahead, school="litang")  # of which nothing was forgotten
    assert held(hub)["litang"] == ["2040-01-01"]
    with hub.database.transaction():
        assert {row.id for row in RecordRow.select()} >= {ahead.id}
        assert not RecordRow.select().where(RecordRow.id == OLD.id).exists()
