"""Workers: processes that do jobs, are bounded, are killed, and leave nothing half done."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.hub import Hub, open_hub
from hub.jobs import service as jobs
from hub.jobs.limits import LEASE_SECONDS
from hub.jobs.model import Job
from hub.jobs.tables import JobRow
from hub.jobs.working import Workers
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.versions import versions_of
from tests.hub.clients import tree
from tests.support.hub_databases import HubDatabases
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.both_wakes

ME = of_this_machine()
ENOUGH = 40.0  # seconds, on a busy machine


@contextmanager
def working(hub: Hub, count: int = 1, **bounds: int) -> Iterator[list[str]]:
    said: list[str] = []
    workers = Workers(hub, count, said.append, **bounds)
    workers.start()
    try:
        yield said
    finally:
        workers.stop()


def pid_in(path: Path) -> int:
    until = time.monotonic() + ENOUGH
    while time.monotonic() < until:
        if path.exists() and (text := path.read_text(encoding="utf-8")):
            return int(text)
        time.sleep(0.05)
    raise AssertionError(f"{path}: no process began")


def ends(pid: int) -> bool:
    until = time.monotonic() + ENOUGH
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def sleeping(hub: Hub, tmp_path: Path) -> tuple[Job, Path]:
    pid = tmp_path / "pid"
    return jobs.start(hub, ME, "test-sleep", {"pid": str(pid)}), pid


def test_a_job_is_done_by_a_process_of_its_own(now: Hub) -> None:
    with working(now) as said:
        job = jobs.start(now, ME, "test-add_up", {"numbers": [20, 22]})
        ended = jobs.wait(now, job.id, ENOUGH)
    assert (ended.state, ended.result) == ("done", {"sum": 42, "by": ME.login})
    assert said == []


def test_one_that_eats_all_memory_fails_and_says_so(now: Hub) -> None:
    with working(now, memory=700 << 20):
        job = jobs.start(now, ME, "test-eat", {})
        ended = jobs.wait(now, job.id, ENOUGH)
    assert ended.state == "failed"
    assert "memory" in ended.problem


def test_one_that_never_ends_is_ended_once_and_not_begun_again(now: Hub) -> None:
    with working(now, cpu_seconds=3):
        job = jobs.start(now, ME, "test-spin", {})
        ended = jobs.wait(now, job.id, 3 * ENOUGH)
    assert (ended.state, ended.attempts) == ("failed", 1)
    assert "time of the processor" in ended.problem


def test_a_running_job_is_cancelled_within_seconds_and_leaves_nothing(
    now: Hub, tmp_path: Path
) -> None:
    with working(now):
        job, pid = sleeping(now, tmp_path)
        process = pid_in(pid)
        assert jobs.cancel(now, ME, job.id).cancel_by == ME.login
        assert jobs.wait(now, job.id, ENOUGH).state == "cancelled"
        assert ends(process)
    assert not (now.data.root / "jobs" / job.id).exists()


def test_a_process_that_is_killed_is_followed_by_another_that_goes_on(now: Hub) -> None:
    with working(now):
        job = jobs.start(now, ME, "test-die_once", {})
        until = time.monotonic() + ENOUGH
        while jobs.get(now, ME, job.id).attempts < 1 or not jobs.get(now, ME, job.id).not_before:
            assert time.monotonic() < until
            time.sleep(0.1)
        _hurry(now, job)
        ended = jobs.wait(now, job.id, ENOUGH)
    assert (ended.state, ended.result) == ("done", {"attempt": 2, "found": "by the first"})
    assert any("killed (signal 9)" in line for line in jobs.log_of(now, ME, job.id))


def test_stopping_gives_the_job_back_and_the_next_worker_does_it(now: Hub, tmp_path: Path) -> None:
    with working(now):
        job, pid = sleeping(now, tmp_path)
        process = pid_in(pid)
    assert ends(process)
    left = jobs.get(now, ME, job.id)
    assert (left.state, left.ended_at) == ("queued", "")
    pid.unlink()
    with working(now):
        assert pid_in(pid) != process
        jobs.cancel(now, ME, job.id)


WORKER = """
import sys
from pathlib import Path
from hub.clock import system_clock
from hub.hub import open_hub
from hub.jobs.working import Workers
from tests.hub.jobs import kinds
kinds.register()
Workers(open_hub(Path(sys.argv[1]), system_clock), 1, print).start()
sys.stdin.read()
"""


@pytest.mark.sampled(2)
@pytest.mark.both_databases
def test_a_worker_that_is_killed_takes_its_process_along_and_another_takes_the_job(
    now: Hub, tmp_path: Path
) -> None:
    job, pid = sleeping(now, tmp_path)
    command = [sys.executable, "-c", WORKER, str(now.data.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=CHECKOUT) as worker:
        process = pid_in(pid)
        os.kill(worker.pid, signal.SIGKILL)
    assert ends(process)
    half_done = now.data.root / "jobs" / job.id / "half"
    assert half_done.exists()  # as a cut leaves it
    pid.unlink()
    assert jobs.get(now, ME, job.id).state == "running"  # nobody knows yet
    with working(now) as said:
        _expire(now, job)
        until = time.monotonic() + ENOUGH
        while not jobs.get(now, ME, job.id).not_before:
            assert time.monotonic() < until
            time.sleep(0.1)
        _hurry(now, job)
        assert pid_in(pid) != process
        jobs.cancel(now, ME, job.id)
        assert jobs.wait(now, job.id, ENOUGH).state == "cancelled"
    assert any("its worker is gone" in line for line in said)
    assert not half_done.exists()


def test_many_jobs_and_several_workers_do_each_once(now: Hub) -> None:
    made = [jobs.start(now, ME, "test-add_up", {"numbers": [n]}) for n in range(6)]
    with working(now, 3):
        ended = [jobs.wait(now, job.id, ENOUGH) for job in made]
    assert [job.result["sum"] for job in ended] == list(range(6))
    assert {job.attempts for job in ended} == {1}


def test_a_publish_that_is_killed_twice_leaves_one_whole_version(
    filled: Hub, prepared: Path, cpacks: dict[str, Path], databases: HubDatabases, tmp_path: Path
) -> None:
    """Its process dies as it copies, then as it checks or lays out; the third gets through."""
    arguments = {"path": str(cpacks["3"]), "cuts": [1, 4]}
    job = jobs.start(filled, ME, "test-publish_cut", arguments)
    with working(filled):
        for attempt in (1, 2):
            until = time.monotonic() + ENOUGH
            while not (found := jobs.get(filled, ME, job.id)).not_before or (
                found.attempts != attempt
            ):
                assert time.monotonic() < until
                time.sleep(0.05)
            assert not [one for one in versions_of(filled, "demo") if one.version == 3]
            _hurry(filled, job)
        ended = jobs.wait(filled, job.id, ENOUGH)
    assert ended.state == "done", ended.problem
    assert ended.result["version"] == 3
    assert ended.result["steps"] > 4
    assert list(filled.data.incoming.iterdir()) == []
    in_peace = open_hub(databases.copy_hub(prepared, tmp_path / "peace"), filled.clock)
    publish(in_peace, cpacks["3"])
    assert tree(in_peace.data.repository) == tree(filled.data.repository)


def _expire(hub: Hub, job: Job) -> None:
    """Have it be as after `LEASE_SECONDS` without a sign of life."""
    assert LEASE_SECONDS > 0
    with hub.database.writing():
        JobRow.update(lease_until="2026-01-01T00:00:00Z").where(JobRow.id == job.id).execute()


def _hurry(hub: Hub, job: Job) -> None:
    """Have the wait before the next attempt be over."""
    with hub.database.writing():
        JobRow.update(not_before="").where(JobRow.id == job.id).execute()
