"""What a stranger types first does what it says, and leaves nothing running."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from scripts.demonstration.story import PACKS
from tests.support.sample_packs import sample_cpacks
from tests.support.source_code import CHECKOUT

DEMO = [sys.executable, "-m", "scripts.demonstration"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT)}


def with_packs(folder: Path, *versions: int) -> Path:
    """Put the sample packs where the demonstration would make them."""
    (folder / "cpacks").mkdir(parents=True)
    for version in versions:
        (folder / f"folders-{version}").mkdir()
        for path in sample_cpacks(version).values():
            (folder / "cpacks" / path.name).symlink_to(path)
    return folder


@pytest.mark.long  # its parts are journeys of their own
def test_the_demonstration_checks_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--check", "--keep", str(with_packs(tmp_path / "demo", 1, 2))],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    for pack in PACKS:
        cost = re.search(rf"^  {pack} +([\d,]+) +([\d,]+) +([\d,]+) ", done.stdout, re.MULTILINE)
        assert cost, done.stdout
        whole, first, update = (int(found.replace(",", "")) for found in cost.groups())
        assert 0 < update < first < 1.02 * whole


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of running programs that name a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_it_opens_the_site_and_ctrl_c_stops_everything(tmp_path: Path, number: int) -> None:
    folder = with_packs(tmp_path / "demo", 1)
    demo = subprocess.Popen(
        [*DEMO, "--keep", str(folder)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        said = ""
        for line in demo.stdout or ():
            said += line
            if "Ctrl-C stops everything" in line:
                break
        site = re.search(r"The school's site is open.*\n +(http://\S+)", said)
        assert site, said
        with urllib.request.urlopen(site[1], timeout=10) as home:
            assert "/packs/fractions" in home.read().decode()
        console = re.search(r"The district's console.*\n +(http://\S+)", said)
        assert console, said
        with urllib.request.urlopen(console[1], timeout=10) as welcome:
            assert "officer" in welcome.read().decode()
        assert len(processes_in(folder)) >= 3, "the demonstration, a hub and a node"
        demo.send_signal(number)
        assert demo.wait(30) == (0 if number == signal.SIGINT else 143)
        assert processes_in(folder) == []
    finally:
        demo.kill()
        demo.communicate()
