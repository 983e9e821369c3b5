"""A node is heard at the end of a tick, when something changed, and never ends one by it."""

import secrets
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from content_packs import batches, protocol, reports
from sync_node import config, identity, sources, state
from sync_node.box_clock import system_clock
from sync_node.check_in import Talker
from sync_node.database import using_database
from sync_node.last_check_in import LastCheckIn
from sync_node.limits import BATCH_REPORT_SECONDS, CHECK_IN_SECONDS
from sync_node.orders import Orders
from sync_node.outbox import Outbox
from sync_node.syncing import box_clock, budgets_of
from tests.support.identities import HARDWARE, Box, enrolled
from tests.support.nodes import publish
from tests.support.protocol import OTHER_KEY, SEAL_KEY, seal_keyid
from tests.support.repositories import Repository
from tests.support.scripted_hub import JSON, ScriptedHub, problem


def forget_last(box: Box, **changes: object) -> None:
    """Make the last check-in as if it had been otherwise."""
    with using_database(box.data_dir):
        last = msgspec.structs.replace(box_last(), **changes)
        state.remember_check_in(msgspec.json.encode(last).decode())


def box_last() -> LastCheckIn:
    return msgspec.json.decode(state.check_in(), type=LastCheckIn)


def test_a_node_reports_what_it_holds(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    tick = box.sync()
    assert tick.outcome == "updated"
    said = hub.check_ins[-1]
    assert said.credential == 1
    assert said.report
    assert said.report.packs[0].pack == "demo"
    assert said.report.ticks.last_outcome == "updated"
    assert len(said.nonce) == 32


def test_the_hubs_time_counts_from_then_on(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.now = datetime.now(UTC) + timedelta(days=40)
    box.sync()
    with using_database(box.data_dir):
        known = state.time_known()
    assert known
    newest = next(each for each in known.evidence if each.kind == "hub-time")
    assert abs(newest.time - hub.now) < timedelta(seconds=2)
    assert newest.source == hub.url


def test_nobody_is_told_twice_within_the_hour_unless_something_changed(
    box: Box, hub: ScriptedHub, repository: Repository, tmp_path: Path
) -> None:
    enrolled(box, hub)
    box.tick()
    box.tick()  # the first one's outcome was another
    count = len(hub.check_ins)
    box.tick()
    assert len(hub.check_ins) == count
    repository.offer("main", publish(repository, tmp_path, 1, version=2))
    box.tick()
    assert len(hub.check_ins) == count + 1


def test_an_hour_of_being_on_is_enough(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.tick()
    box.tick()
    count = len(hub.check_ins)
    forget_last(box, on=box.last_check_in().on - CHECK_IN_SECONDS)
    box.tick()
    assert len(hub.check_ins) == count + 1


def test_every_start_of_the_box_asks_for_the_time(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.tick()
    box.tick()
    count = len(hub.check_ins)
    forget_last(box, boot="the start before")
    box.tick()
    assert len(hub.check_ins) == count + 1


def test_after_a_start_the_hub_is_heard_before_anything_is_fetched(
    box: Box, hub: ScriptedHub
) -> None:
    """A first tick may take days; the windows of it need the right time."""
    enrolled(box, hub)
    box.tick()
    first = hub.check_ins[0].report
    assert first
    assert (first.packs[0].lessons_ready, first.ticks.last_outcome) == (0, "")
    assert hub.check_ins[-1].report != first


def test_a_hub_that_cant_answer_is_asked_again_and_keeps_nothing_from_coming(
    box: Box, hub: ScriptedHub
) -> None:
    enrolled(box, hub)
    hub.answers["check-ins"] = (503, JSON, b"")
    assert box.tick().outcome == "updated"
    hub.answers.clear()
    box.tick()
    assert box.last_check_in().at


def test_where_no_hub_talks_it_is_asked_once_before_ticks(box: Box, hub: ScriptedHub) -> None:
    """A repository on a static server: each question costs a school's budget."""
    enrolled(box, hub)
    hub.answers["check-ins"] = (404, "text/html", b"")
    box.tick()
    box.tick()
    count = len(hub.calls)
    box.tick()
    assert len(hub.calls) - count <= 1


def test_in_a_tick_of_hours_the_hub_is_heard_each_hour(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub).sync()
    forget_last(box, on=box.last_check_in().on - CHECK_IN_SECONDS)
    found = config.read(box.data_dir)
    with (
        using_database(box.data_dir),
        closing(sources.from_config(found, box.data_dir.root)) as asked,
    ):
        clock = box_clock(box.data_dir, system_clock)
        talker = Talker(
            box.data_dir, found, asked, clock, hardware=HARDWARE, randomness=secrets.token_bytes
        )
        count = len(hub.check_ins)
        hub.answers["check-ins"] = (503, JSON, b"")
        talker.hear_meanwhile()
        assert asked.cut is None  # its content goes on coming
        hub.answers.clear()
        talker.hear_meanwhile()
        talker.hear_meanwhile()
        assert len(hub.check_ins) == count + 1


def test_a_dead_connection_costs_a_number_and_nothing_else(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.forget_connections = True
    for _ in range(3):
        assert box.sync().notes == []
    assert hub.sequences == sorted(set(hub.sequences))


@pytest.mark.parametrize(
    "answer",
    [
        (200, JSON, b"{}"),
        (200, JSON, b"\xff"),
        (200, JSON, b"[" * 100_000),
        (200, JSON, b" " * 2_000_000),
        (500, JSON, b""),
        (404, "text/html", b""),
        problem(401),
        problem(400),
        (301, JSON, b""),
    ],
)
def test_no_answer_fails_a_tick(box: Box, hub: ScriptedHub, answer: tuple[int, str, bytes]) -> None:
    enrolled(box, hub)
    hub.answers["check-ins"] = answer
    tick = box.sync()
    assert tick.outcome == "updated"
    assert tick.troubles == []


def test_a_node_that_isnt_accepted_says_so_and_doesnt_insist(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    hub.answers["check-ins"] = problem(401)
    assert "doesn't accept this node" in box.tick().detail
    count = len(hub.calls)
    box.tick()
    box.tick()
    assert len(hub.calls) == count
    assert box.standing().refused == 1


@pytest.mark.parametrize("what", ["nonce", "node", "key"])
def test_a_time_that_isnt_for_this_question_counts_for_nothing(
    box: Box, hub: ScriptedHub, what: str
) -> None:
    enrolled(box, hub)
    box.sync()
    request = hub.check_ins[-1]
    if what == "nonce":
        body = hub.take_check_in(b'{"format":1,"nonce":"' + (b"0" * 32) + b'"}')[2]
    elif what == "node":
        hub.node = "another"
        body = hub.take_check_in(protocol.check_in_request_bytes(request))[2]
    else:
        hub.service = OTHER_KEY
        body = hub.take_check_in(protocol.check_in_request_bytes(request))[2]
    hub.answers["check-ins"] = (200, JSON, body)
    tick = box.sync()
    assert any(note.startswith("time:") for note in tick.notes)


def test_a_node_that_hears_no_hub_seals_a_report_a_day(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.sync()
    hub.answers["check-ins"] = (503, JSON, b"")
    on = box.last_check_in().on - BATCH_REPORT_SECONDS
    forget_last(box, on=on, sealed_on=on)
    box.tick()
    box.tick()
    who = identity.current(box.data_dir)
    assert who
    outbox = Outbox(box.data_dir, who)
    assert outbox.sequences() == [1]
    batch = batches.read(outbox.document(1), hub.keys(), node="qamdo-1")
    content = batches.content_of(batch, {seal_keyid(SEAL_KEY): SEAL_KEY})
    assert reports.decode_batch(content)[0].packs[0].pack == "demo"
    hub.answers.clear()
    box.sync()
    assert len(hub.batches) == 1
    assert hub.check_ins[-1].receipt == 1
    assert box.standing().batches_waiting == 0


def test_every_byte_of_a_check_in_is_counted(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    for _ in range(3):
        box.tick()
    poll = box.tick().traffic
    asked = box.sync().traffic
    assert poll.requests + 1 == asked.requests
    assert asked.bytes_out - poll.bytes_out > 1_000
    assert asked.bytes_in - poll.bytes_in > 400
    with using_database(box.data_dir):
        spent = budgets_of(box.data_dir)
        spent.begin_tick()
        counted = spent.spent(hub.url, datetime.now(UTC).date()).day
    assert counted > asked.bytes_out + asked.bytes_in


def test_a_pause_is_kept(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    Orders(box.data_dir).pause(None)
    calls = list(hub.calls)
    box.tick()
    assert hub.calls == calls
    Orders(box.data_dir).resume()
    box.tick()
    assert len(hub.calls) > len(calls)


def test_a_chain_that_the_hub_doesnt_take_silences_nobody(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    box.sync()
    on = box.last_check_in().on - BATCH_REPORT_SECONDS
    hub.answers["check-ins"] = (503, JSON, b"")
    forget_last(box, on=on, sealed_on=on)
    box.tick()
    hub.answers.clear()
    hub.answers["batches"] = problem(409, "chain-broken", "it is another chain")
    count = len(hub.check_ins)
    assert any("another chain" in note for note in box.sync().notes)
    assert len(hub.check_ins) == count + 1
