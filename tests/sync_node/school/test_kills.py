"""A power cut while a class answers: every answer that was acknowledged is there afterwards."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from content_packs import records
from content_packs.records import Actor
from tests.support.file_systems import file_system, needs_mounts
from tests.support.school import PRACTICE, SchoolRig
from tests.support.source_code import CHECKOUT

LIVES = 3


def live(
    folder: Path, life: int, seconds: float, end: Callable[[], None] = lambda: None
) -> list[tuple[str, str]]:
    """Let pupils answer for some seconds, end that, and return what was acknowledged."""
    command = [sys.executable, "-m", "tests.support.school_killed", str(folder), f"life{life}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        end()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    whole = (first + rest).rpartition(b"\n")[0].decode()
    return [(pupil, word) for pupil, word in (line.split() for line in whole.splitlines())]


def assert_all_there(folder: Path, acknowledged: list[tuple[str, str]]) -> None:
    rig = SchoolRig(folder)
    assert rig.school.check().clean
    stored = {one.id for one in rig.school.statements.after(0, count_max=10**6, bytes_max=10**9)}
    for pupil, word in acknowledged:
        actor = str(Actor("learner", pupil))
        attempt = records.name_based_id("attempt", actor, *PRACTICE, word)
        for question in ("q1", "q2", ""):
            assert records.name_based_id(attempt, question) in stored, f"{pupil} {word}"
    for pupil, count in Counter(pupil for pupil, _ in acknowledged).items():
        found = rig.school.progress.of_item(Actor("learner", pupil), PRACTICE)
        assert found is not None
        assert found.attempts >= count
    assert len(acknowledged) > 60
    rig.close()


@pytest.mark.parametrize("seed", [7])
def test_no_acknowledged_answer_is_lost_by_a_kill(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "node"
    folder.mkdir()
    acknowledged: list[tuple[str, str]] = []
    for life in range(LIVES):
        acknowledged += live(folder, life, chance.uniform(0.1, 0.6))
    assert_all_there(folder, acknowledged)


@needs_mounts
def test_no_acknowledged_answer_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    with file_system(tmp_path, mebibytes=128) as disk:
        folder = disk.place / "node"
        folder.mkdir()
        acknowledged: list[tuple[str, str]] = []
        for life in range(LIVES):
            acknowledged += live(folder, life, 0.4, disk.die)
            disk.unmount()
            disk.mount()
        assert_all_there(folder, acknowledged)
