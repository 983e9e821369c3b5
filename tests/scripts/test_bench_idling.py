"""An idle node writes less than 50 MB a day: the card outlives the box."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_code import CHECKOUT


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_an_idle_day_stays_below_what_a_card_is_to_bear(tmp_path: Path) -> None:
    if not shutil.which("mkfs.ext4"):
        pytest.skip("needs e2fsprogs")
    if subprocess.run(["losetup", "--find"], capture_output=True, check=False).returncode:
        pytest.skip("no loop device can be had here")
    command = [sys.executable, "-m", "scripts.bench.idling", "--ticks", "3"]
    done = subprocess.run(
        [*command, "--json", tmp_path / "idle.json"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "idle.json").read_text())
    assert 4_096 < found["a tick"] < 300_000, "a tick writes something, and little"
    assert found["day"] < 50_000_000
