"""scripts/bench/update: a system is brought to a node as shipped, and what crosses is counted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bench.updating.__main__ import Brought, table
from tests.deploy.image.test_system_packs import image_of
from tests.support.source_code import CHECKOUT


def test_figures_are_told_in_a_table() -> None:
    said = table([Brought(2, 144_400_000, 109_300_000, 2_990_000, 7, 3.3, 0.8)])
    row = "| 2 | 144.4 MB | 109.3 MB | 2.99 MB | 7 | 2.1% | 3.3 s, 0.8 s |"
    assert said.splitlines()[-1] == row


@pytest.mark.long
@pytest.mark.skipif(shutil.which("mksquashfs") is None, reason="needs squashfs-tools")
def test_the_next_system_costs_what_it_changes(tmp_path: Path) -> None:
    images = [image_of(tmp_path, version) for version in (2, 3)]
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.updating", *images, "--json", figures],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = json.loads(figures.read_text())
    assert (first["version"], second["version"]) == (2, 3)
    assert first["down"] > first["files"] / 8  # it was compressed, and came whole
    assert second["down"] < first["down"] / 3
    assert second["requests"] <= 10
