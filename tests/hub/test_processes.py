"""Processes that are watched, on their own: what is started again, and when it isn't."""

import signal
import subprocess
import sys

import pytest

from hub.limits import PROCESS_CALM_SECONDS, PROCESS_WAIT_SECONDS, PROCESS_WAIT_SECONDS_MAX
from hub.processes import Part, _Place
from tests.support.source_code import CHECKOUT

PROGRAM = """
import errno
import os
import sys
import time

from hub.processes import Part, Processes

def live(ready):
    ready()
    print("at work", flush=True)
    time.sleep(60)

def die(ready):
    print("begun", flush=True)
    ready()
    sys.stdin.readline()
    raise ValueError("a fault")

def never(ready):
    raise ValueError("a fault")

parts = {"live": live, "die": die, "never": never}
fork, begun = os.fork, iter(sys.argv[1:])

def full():
    if next(begun, "") == "no room":
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()

os.fork = full
Processes([Part(name, parts.get(name, live)) for name in sys.argv[1:]]).run(
    lambda: print("all at work", flush=True)
)
"""


def started(*parts: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *parts],
        stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=CHECKOUT,
    )  # fmt: skip


def test_one_that_dies_is_started_again_and_the_others_go_on() -> None:
    with started("live", "die") as process:
        assert process.stdin
        assert process.stdout
        begun = sorted(process.stdout.readline() for _ in range(3))
        assert begun == ["all at work\n", "at work\n", "begun\n"]
        for _ in range(2):
            process.stdin.write("die\n")
            process.stdin.flush()
            assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert said.count("the process for die ended (exit code 1)") == 2


def test_where_one_cant_begin_all_end_and_it_is_said() -> None:
    with started("live", "never") as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "the process for never ended as it began" in said
    assert "a fault" in said


def test_where_a_machine_has_no_room_for_a_process_all_end_and_it_is_said() -> None:
    with started("live", "no room") as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Refused: no process for no room can be begun: Resource temporarily" in said


def test_told_to_end_while_they_begin_they_do() -> None:
    with started("live") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in {0, -signal.SIGTERM}  # it may not even have begun to listen


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_all_end_when_told_to(how: signal.Signals) -> None:
    with started("live", "live") as process:
        assert process.stdout
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(how)
        assert process.wait(30) == 0


def test_they_end_with_who_started_them() -> None:
    with started("live", "live") as process:
        assert process.stdout
        for _ in range(3):
            process.stdout.readline()
        process.kill()
        assert process.stdout.read() == ""  # nobody holds the other end of the pipe any more


def test_who_cant_live_is_started_again_later_each_time() -> None:
    place = _Place(Part("answering", lambda _ready: None))
    now, waits = 0.0, []
    for _ in range(8):
        place.began = now
        place.ended(now)
        waits.append(place.due - now)
        now = place.due
    assert waits[:3] == [PROCESS_WAIT_SECONDS, 2 * PROCESS_WAIT_SECONDS, 4 * PROCESS_WAIT_SECONDS]
    assert waits[-1] == PROCESS_WAIT_SECONDS_MAX
    place.began = now
    place.ended(now + PROCESS_CALM_SECONDS)
    assert place.wait == PROCESS_WAIT_SECONDS
