"""Figures of several processes: one's are all's, and no answer fails for one."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.hub import Hub
from hub.monitoring.limits import FIGURES_BYTES
from hub.monitoring.sharing import MANY_PROCESSES, Places, shared_figures
from tests.support.source_code import CHECKOUT

# What `hub serve` does with figures: a hub, processes that are forked and count, one that is asked.
PROGRAM = """
import os, resource, shutil, signal, sys
from pathlib import Path
from hub.monitoring.sharing import MANY_PROCESSES, shared_figures

root, trouble = Path(sys.argv[1]), sys.argv[2]

with shared_figures(root):
    folder = Path(os.environ[MANY_PROCESSES])
    from hub.app import create_app
    from hub.clock import system_clock
    from hub.hub import open_hub
    from hub.monitoring.metrics import Metrics

    hub = open_hub(root, system_clock)
    rules = [rule.rule for rule in create_app(hub).url_map.iter_rules()]
    counted = Metrics(hub, lambda: 0.0)

    def count():
        for rule in rules:
            for status in (200, 300, 400, 500):
                counted.count("GET", rule, status, seconds=0.1, size=10)

    for number in range(3):
        pid = os.fork()
        if not pid:
            if trouble == "no room" and number == 0:
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            count()
            if trouble == "swept" and number == 1:
                shutil.rmtree(folder)
            count()
            os.kill(os.getpid(), signal.SIGKILL if trouble == "killed" else signal.SIGTERM)
        os.waitpid(pid, 0)
    if trouble != "swept":
        sizes = {(path.name, path.stat().st_size) for path in folder.glob("*.db")}
        print(sorted(sizes))
    asked = counted.text().decode()
    print(*[line for line in asked.splitlines() if line.startswith("satchel_answers_total")
            and 'rule="/readyz"' in line and "2xx" in line])
"""


def run(data: Path, trouble: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, data, trouble],
        capture_output=True, text=True, cwd=CHECKOUT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("trouble", ["none", "killed"])
def test_what_each_counted_is_told_and_who_is_started_again_goes_on_in_its_place(
    hub: Hub, trouble: str
) -> None:
    said, _ = run(hub.data.root, trouble)
    assert said.splitlines() == [
        str([("counter_1.db", FIGURES_BYTES), ("histogram_1.db", FIGURES_BYTES)]),
        'satchel_answers_total{method="GET",rule="/readyz",status="2xx"} 6.0',
    ]
    assert not list((hub.data.root / "figures").iterdir()), "all is removed with the server"


def test_where_a_disk_is_full_a_process_counts_nothing_and_says_so_once(hub: Hub) -> None:
    said, warned = run(hub.data.root, "no room")
    assert said.endswith('status="2xx"} 4.0\n')
    assert warned.count("isn't counted") == 1


def test_where_the_folder_is_swept_away_it_is_said_and_nothing_fails(hub: Hub) -> None:
    said, warned = run(hub.data.root, "swept")
    assert said == "\n"
    assert "isn't counted" in warned
    assert "can't be told" in warned


def test_what_a_server_that_was_killed_left_is_removed_and_another_s_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MANY_PROCESSES, "")
    for name in ("left", "of another"):
        (tmp_path / "figures" / name).mkdir(parents=True)
        (tmp_path / "figures" / name / "lock").touch()
    with (tmp_path / "figures/of another/lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with shared_figures(tmp_path):
            found = {path.name for path in (tmp_path / "figures").iterdir()}
            assert found == {"of another", str(os.getpid())}


def test_two_that_count_at_a_time_have_places_of_their_own(tmp_path: Path) -> None:
    first, second = Places(tmp_path), Places(tmp_path)
    assert first.may_count()
    assert second.may_count()
    assert {first.number, second.number} == {1, 2}
    assert Places(None).may_count()
