"""Workers are told that there is something to do: in a process, by a pipe, through a real Redis."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub import config
from hub.clock import system_clock
from hub.errors import InvalidConfig
from hub.hub import Hub, open_hub
from hub.jobs import service as jobs
from hub.jobs.limits import POLL_SECONDS, WAKES_MAX
from hub.jobs.redis_waking import KEY, RedisWakes
from hub.jobs.waking import MemoryWakes, PipeWakes, Wakes, wakes_of
from hub.people.actor import of_this_machine
from tests.hub.jobs.test_working import ENOUGH, working
from tests.support import redis_server
from tests.support.nginx import free_port
from tests.support.redis_server import RedisServer
from tests.support.source_code import CHECKOUT

ME = of_this_machine()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if redis_server.PROGRAM is None:
        pytest.skip("Redis isn't installed: apt-get install redis-server")
    with redis_server.running(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture(params=["memory", "pipe", "redis"])
def wakes(request: pytest.FixtureRequest) -> Wakes:
    if request.param == "memory":
        return MemoryWakes()
    if request.param == "pipe":
        return PipeWakes()
    server: RedisServer = request.getfixturevalue("server")
    server.client().flushall()
    return RedisWakes(server.address)


def test_one_that_waits_is_told_at_once(wakes: Wakes) -> None:
    threading.Timer(0.2, wakes.wake).start()
    began = time.monotonic()
    assert wakes.wait(20)
    assert time.monotonic() - began < 15


def test_one_process_tells_another_that_was_forked_with_it() -> None:
    wakes = PipeWakes()
    pid = os.fork()
    if not pid:
        wakes.wake()
        os._exit(0)
    assert wakes.wait(20)
    os.waitpid(pid, 0)


def test_one_that_comes_later_is_told_too_and_each_once(wakes: Wakes) -> None:
    wakes.wake()
    wakes.wake()
    assert [wakes.wait(1), wakes.wait(1), wakes.wait(1)] == [True, True, False]


def test_what_nobody_takes_doesnt_pile_up(wakes: Wakes) -> None:
    for _ in range(WAKES_MAX + 50):
        wakes.wake()
    taken = 0
    while wakes.wait(0.05 if not isinstance(wakes, RedisWakes) else 1):
        taken += 1
    assert taken == WAKES_MAX


def test_a_redis_that_is_gone_costs_a_moment_and_is_said_once(
    tmp_path: Path, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    assert port != server.port
    wakes = RedisWakes(f"redis://127.0.0.1:{port}/0")
    for _ in range(3):
        wakes.wake()
        assert not wakes.wait(0.05)
    assert caplog.text.count("Redis doesn't answer") == 1
    with redis_server.running(tmp_path, port):
        wakes.wake()
        assert wakes.wait(5)
    wakes.wake()
    assert caplog.text.count("Redis doesn't answer") == 2


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidConfig):
        RedisWakes("redis://127.0.0.1:none/0")


def test_a_worker_in_another_process_is_told_and_kill_minus_9_of_it_loses_nothing(
    now: Hub, server: RedisServer
) -> None:
    """The command `hub work` does what was asked here; killed, it leaves the job to the next."""
    server.client().flushall()
    config.change(now.data.config, jobs=server.address)
    hub = open_hub(now.data.root, system_clock)
    command = [sys.executable, "-m", "hub.cli", "work", "--data", str(hub.data.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"hub: working\n"
        done = jobs.wait(hub, jobs.start(hub, ME, "deltas", {}).id, ENOUGH)
        assert (done.state, done.result) == ("done", {"made": 0})
        worker.kill()
    left = jobs.start(hub, ME, "deltas", {})
    assert server.client().llen(KEY) >= 1
    with working(hub):
        assert jobs.wait(hub, left.id, ENOUGH).state == "done"
    assert isinstance(wakes_of(hub), RedisWakes)
    assert not isinstance(wakes_of(replace(hub, config=now.config)), RedisWakes)


def test_without_a_call_workers_look_by_themselves(now: Hub, server: RedisServer) -> None:
    config.change(now.data.config, jobs=server.address)
    hub = open_hub(now.data.root, system_clock)
    with working(hub):
        time.sleep(2 * POLL_SECONDS)
        untold = replace(hub, config=now.config)  # its start tells threads of this process
        job = jobs.start(untold, ME, "test-add_up", {"numbers": [1]})
        assert jobs.wait(hub, job.id, ENOUGH).state == "done"
