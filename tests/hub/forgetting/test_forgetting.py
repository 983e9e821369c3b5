"""What is old goes, for good, and doesn't come back with the next stick."""

from datetime import UTC, date, datetime

import pytest

from content_packs import record_batches
from content_packs.errors import Missing, Refused, UsageError
from hub import config
from hub.clock import system_clock
from hub.errors import InvalidConfig
from hub.fleet import audit
from hub.forgetting import chore, service
from hub.forgetting.service import Wanted
from hub.forgetting.tables import ForgottenRow
from hub.hub import Hub, open_hub
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB
from hub.jobs.working import Workers
from hub.people.actor import Actor, of_this_machine
from hub.records import keeping
from hub.use.tables import UseDayRow, UseMarkRow, UseRow
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.forgetting.conftest import Send
from tests.hub.forgetting.made import MIDDLE, NEW, OLD, held, on
from tests.support.learning import content, did, pupil

ME = of_this_machine()


def again(hub: Hub) -> Hub:
    """The same hub, opened anew: a command did so, too, in this process."""
    return open_hub(hub.data.root, hub.clock)


def forget(hub: Hub, day: str, *, use: bool = False, school: str = "") -> service.Forgettable:
    what = service.wanted(hub, ME, date.fromisoformat(day), use=use, school=school)
    seen = service.look(hub, ME, what)
    gone = service.forget(hub, ME, what)
    assert gone == seen
    assert service.look(hub, ME, what).is_nothing
    return gone


@pytest.mark.both_databases
def test_records_from_before_a_day_go_and_the_others_stay(hub: Hub, send: Send) -> None:
    send(OLD)
    send(on("2025-04-01", 3), MIDDLE, NEW)  # in one batch
    send(OLD, school="litang")
    gone = forget(hub, "2025-09-20")
    assert (gone.records, gone.schools) == (3, 2)
    assert held(hub) == {"qamdo": ["2025-09-20", "2025-12-24"]}
    (line,) = audit.entries(hub, most=1)
    assert (line.event, line.actor) == ("records-forgotten", ME.login)
    assert line.reason == "3 of before 2025-09-20, of all schools"


@pytest.mark.both_databases
def test_what_was_forgotten_does_not_come_back(hub: Hub, send: Send) -> None:
    send(OLD, NEW)
    forget(hub, "2025-06-01")
    send(OLD, MIDDLE, NEW)  # from a stick that lay in a drawer
    assert held(hub) == {"qamdo": ["2025-12-24", "2025-09-20"]}
    forget(hub, "2025-04-01")  # an earlier day takes nothing back
    send(on("2025-05-01"))
    assert held(hub) == {"qamdo": ["2025-12-24", "2025-09-20"]}
    with hub.database.transaction():
        assert {row.month for row in UseRow.select()} == {"2025-03", "2025-09", "2025-12"}


def test_of_one_school_only(hub: Hub, send: Send) -> None:
    for school in ("qamdo", "litang"):
        send(OLD, NEW, school=school)
    forget(hub, "2025-06-01", school="qamdo")
    for school in ("qamdo", "litang"):
        send(on("2025-02-02"), school=school)
    assert held(hub) == {
        "qamdo": ["2025-12-24"], "litang": ["2025-03-10", "2025-12-24", "2025-02-02"],
    }  # fmt: skip


def test_a_clock_that_ran_ahead_keeps_nothing_for_ever(
    hub: Hub, send: Send, clock: MovableClock
) -> None:
    send(on("2040-01-01"))
    clock.go_on(days=400)
    assert forget(hub, "2026-06-01").records == 1
    assert held(hub) == {}


@pytest.mark.both_databases
def test_counts_of_use_go_by_whole_months(hub: Hub, send: Send) -> None:
    send(OLD, MIDDLE, NEW)
    gone = forget(hub, "2025-09-30", use=True)
    assert gone.use_before == "2025-09-01"
    with hub.database.transaction():
        assert {row.month for row in UseRow.select()} == {"2025-09", "2025-12"}
        assert {row.day for row in UseDayRow.select()} == {"2025-09-20", "2025-12-24"}
        # What told pupils apart isn't needed for months of which nothing is taken any more.
        assert {row.span[:7] for row in UseMarkRow.select()} == {"2025-09", "2025-12"}
    events = [line.event for line in audit.entries(hub, most=2)]
    assert events == ["use-forgotten", "records-forgotten"]


def test_marks_of_pupils_go_with_their_records(hub: Hub, send: Send) -> None:
    send(OLD, NEW)
    forget(hub, "2025-12-01")
    with hub.database.transaction():
        assert {row.month for row in UseRow.select()} == {"2025-03", "2025-12"}
        assert {row.span[:7] for row in UseMarkRow.select()} == {"2025-12"}


def test_days_begin_where_the_hubs_people_are(hub: Hub, send: Send) -> None:
    config.change(hub.data.config, zone="Asia/Shanghai")
    late = datetime(2025, 6, 1, 15, 59, tzinfo=UTC)  # a minute before midnight there
    times = (late, late.replace(hour=16, minute=0))
    send(*(did("initialized", "demo", "one", by=pupil(1), at=at) for at in times))
    there = open_hub(hub.data.root, hub.clock)
    assert forget(there, "2025-06-02").records == 1


def test_what_can_not_be_is_refused(hub: Hub, send: Send) -> None:
    del send
    with pytest.raises(UsageError, match="yet to come"):
        service.wanted(hub, ME, date(2026, 1, 2))
    for typo in (date.min, date(26, 9, 1), date(1970, 1, 1)):
        with pytest.raises(UsageError, match="is before 1970-01-02"):
            service.wanted(hub, ME, typo)
    with pytest.raises(Missing):
        service.wanted(hub, ME, date(2025, 1, 2), school="nowhere")
    for actor in (
        Actor("otto", "operator", "console", frozenset({"north"})),
        Actor("ada", "auditor", "console"),
    ):
        with pytest.raises(Refused, match="operate"):
            service.wanted(hub, actor, date(2025, 1, 2))
        with pytest.raises(Refused, match="operate"):
            service.forget(hub, actor, Wanted(date(2025, 1, 2)))


def test_a_hub_that_was_told_forgets_by_itself(hub: Hub, send: Send, clock: MovableClock) -> None:
    send(OLD, MIDDLE, NEW)
    chore.ask_if_due(hub)
    assert jobs.find(hub, OF_HUB, kind="forget", limit=9).items == []
    text = hub.data.config.read_text(encoding="utf-8")
    told = f"{text}\nkeep_records_days = 200\nkeep_use_days = 250\n"
    hub.data.config.write_text(told, encoding="utf-8")
    told_hub = open_hub(hub.data.root, clock)
    chore.ask_if_due(told_hub)
    chore.ask_if_due(told_hub)
    (job,) = jobs.find(told_hub, OF_HUB, kind="forget", limit=9).items
    now = open_hub(hub.data.root, system_clock)  # as the processes of jobs go by
    workers = Workers(now, 1, print)
    workers.start()
    try:
        done = jobs.wait(now, job.id, 60)
    finally:
        workers.stop()
    assert (done.state, done.problem) == ("done", "")
    assert "2025-03-10" not in held(now).get("qamdo", [])
    with now.database.transaction():
        assert {row.what for row in ForgottenRow.select()} == {"records", "use"}


def test_what_is_older_than_is_kept_is_not_taken(
    hub: Hub, send: Send, nodes: dict[str, str]
) -> None:
    """Though the hub has forgotten nothing yet."""
    del send
    text = hub.data.config.read_text(encoding="utf-8")
    hub.data.config.write_text(f"{text}\nkeep_records_days = 200\n", encoding="utf-8")
    told = open_hub(hub.data.root, hub.clock)
    with told.database.writing():
        kept = keeping.keep(told, nodes["qamdo"], record_batches.decode(content(OLD, NEW)))
    assert (kept.new, kept.known) == (1, 1)
    assert held(told) == {"qamdo": ["2025-12-24"]}


def test_a_hub_that_would_forget_what_comes_by_stick_is_not_opened(hub: Hub) -> None:
    hub.data.config.write_text("keep_records_days = 7\n", encoding="utf-8")
    with pytest.raises(InvalidConfig, match="30 and more") as refused:
        config.read_config(hub.data.config)
    assert "stick" in refused.value.hint


def test_by_command(hub: Hub, send: Send) -> None:
    send(OLD, NEW)
    commands = Commands(hub.data.root)
    said = commands.say("records", "forget", "--before", "2025-06-01", "--use", "--dry-run")
    assert "1 records of 1 schools, from before 2025-06-01, would go." in said
    found = commands.json("records", "forget", "--before", "2025-06-01", "--dry-run")
    assert (found["done"], found["records"]) == (False, 1)
    assert len(held(again(hub))["qamdo"]) == 2
    said = commands.say("records", "forget", "--before", "2025-06-01")
    assert "are gone" in said
    assert "Backups" in said
    assert held(again(hub)) == {"qamdo": ["2025-12-24"]}
    assert commands.fail("records", "forget", "--before", "soon")[0] == 2


def test_a_day_with_a_typo_in_its_year_forgets_nothing(hub: Hub, send: Send) -> None:
    config.change(hub.data.config, zone="Asia/Shanghai")
    send(OLD, NEW)
    commands = Commands(hub.data.root)
    for typo in ("0026-09-01", "0001-01-01"):
        code, said = commands.fail("records", "forget", "--before", typo)
        assert (code, "before 1970-01-02" in said) == (2, True)
    assert held(again(hub)) == {"qamdo": ["2025-03-10", "2025-12-24"]}
    with again(hub).database.transaction():
        assert ForgottenRow.select().count() == 0
