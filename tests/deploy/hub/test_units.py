"""The hub's units: systemd understands them, and shuts what a hub needs nothing of."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.hub import services
from deploy.hub.places import UNIT, Places
from tests.support.source_code import CHECKOUT

EXPOSURE_MAX = 2.0
UNITS = CHECKOUT / "deploy/hub/units"
INSTANCE = "satchel-hub-backup@mnt-backup"
pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd isn't installed"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the units, their instance, and what they start."""
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    for unit in UNITS.iterdir():
        shutil.copy(unit, folder)
    for kind in ("service", "timer"):
        shutil.copy(UNITS / f"satchel-hub-backup@.{kind}", folder / f"{INSTANCE}.{kind}")
    for program in ("usr/lib/satchel-hub/venv/bin/hub", "bin/sh"):
        place = tmp_path / program
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("#!/bin/sh\n")
        place.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("unit", [UNIT, f"{INSTANCE}.service"])
def test_a_service_is_shut_in(root: Path, unit: str):
    place = root / "etc/systemd/system" / unit
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(place)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout
    assert float(found[1]) <= EXPOSURE_MAX


@pytest.mark.parametrize("unit", [UNIT, f"{INSTANCE}.service", f"{INSTANCE}.timer"])
def test_systemd_has_nothing_against_a_unit(root: Path, unit: str):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={root}", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "satchel" in line]
    missing = ("network.target", "postgresql.service", "sysinit.target", "not found")
    assert [line for line in ours if not any(word in line for word in missing)] == []


def test_the_backup_of_a_disk_that_isnt_there_says_so(tmp_path: Path):
    text = (UNITS / "satchel-hub-backup@.service").read_text()
    found = re.search(r"ExecStartPre=/bin/sh -c '(.*)' backup %f", text)
    assert found
    script = found[1].replace("$$", "$")  # as systemd hands it on
    done = subprocess.run(
        ["/bin/sh", "-c", script, "backup", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "is its disk in its place?" in done.stderr
    (tmp_path / services.MARK).write_text("{}")
    subprocess.run(["/bin/sh", "-c", script, "backup", str(tmp_path)], check=True)


def test_the_timer_of_a_folder_leads_back_to_it():
    timer = services.timer_of("/mnt/back-up/hub")
    assert timer == r"satchel-hub-backup@mnt-back\x2dup-hub.timer"


def test_the_units_and_the_installer_mean_the_same_places():
    text = (UNITS / UNIT).read_text() + (UNITS / "satchel-hub-backup@.service").read_text()
    places = Places()
    for place in (places.venv / "bin/hub", places.data, places.environment, places.passphrase):
        assert str(place) in text
    wrapper = (CHECKOUT / "deploy/hub/hub-as-its-user").read_text()
    for place in (places.venv / "bin/hub", places.data, places.environment):
        assert str(place) in wrapper
