"""Chores: each done when it is due, by one of all processes; ended jobs are forgotten some day."""

import time
from dataclasses import replace
from pathlib import Path

from content_packs.errors import Refused
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.chores import Chore, ChoreMaker, take_turn, tidy
from hub.jobs.running import run_waiting
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock

ME = of_this_machine()


def test_a_turn_is_taken_once_for_all_processes(hub: Hub, clock: MovableClock) -> None:
    sweep = Chore("sweep", 60, lambda _: None)
    assert take_turn(hub, sweep)[0]
    mine, due = take_turn(hub, sweep)
    assert (mine, (due - clock.now).total_seconds()) == (False, 60)
    clock.go_on(seconds=59)
    assert not take_turn(hub, sweep)[0]
    clock.go_on(seconds=1)
    assert take_turn(hub, sweep)[0]
    assert not take_turn(hub, replace(sweep, every_seconds=1))[0]


def test_one_that_fails_is_told_and_the_others_go_on(hub: Hub) -> None:
    done, said = [], []

    def refuse(_hub: Hub) -> None:
        raise Refused("no room")

    def stumble(_hub: Hub) -> None:
        raise RuntimeError("nobody thought of this")

    chores = [Chore("a", 9, refuse), Chore("b", 9, stumble), Chore("c", 9, done.append)]
    maker = ChoreMaker(hub, chores, said.append)
    maker.start()
    until = time.monotonic() + 20
    while not done and time.monotonic() < until:
        time.sleep(0.02)
    maker.stop()
    assert done == [hub]
    assert said[0] == "a: no room"
    assert "please report it: RuntimeError('nobody thought of this')" in said[1]


def test_the_oldest_ended_jobs_and_what_they_left_are_forgotten(
    hub: Hub, clock: MovableClock
) -> None:
    made = []
    for _ in range(4):
        made.append(jobs.start(hub, ME, "test-add_up", {"numbers": []}).id)
        clock.go_on(seconds=1)
    run_waiting(hub)
    waiting = jobs.start(hub, ME, "test-add_up", {"numbers": []})
    for left in (made[0], waiting.id):
        Path(hub.data.root, "jobs", left).mkdir(parents=True)
    tidy(hub, kept=2)
    assert [job.id for job in jobs.find(hub, ME).items] == [waiting.id, made[3], made[2]]
    assert [path.name for path in (hub.data.root / "jobs").iterdir()] == [waiting.id]
