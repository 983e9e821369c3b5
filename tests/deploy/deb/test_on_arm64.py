"""The package for the boards themselves: installed in systems of their kind, each program emulated.

Nothing is started as a system here: what the units do is tried where this machine's own programs
do it (test_fresh_system.py).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.deb.building import CACHE, gather, make
from deploy.deb.package import PYTHONS
from tests.deploy.deb.roots import SUITES, can_run, inside, system, unpack
from tests.support.cards import a_seed, document_of

NODE = "/usr/lib/satchel/venv/bin/sync-node"
DATA = "/var/lib/satchel"
AS_NODE = ("setpriv", "--reuid=satchel", "--regid=satchel", "--clear-groups")
SIZE_MAX = 40_000_000  # bytes: it is copied onto the cards of a row of boards

pytestmark = [
    pytest.mark.long,
    pytest.mark.registry,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes root file systems"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("mmdebstrap", "unshare"))), reason="needs mmdebstrap"
    ),
    pytest.mark.skipif(
        not can_run("arm64"), reason="needs qemu-user-static, registered with binfmt_misc"
    ),
]


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("arm64", tmp_path_factory.mktemp("deb"), gather("arm64", CACHE / "wheels"))


@pytest.fixture(scope="module", params=SUITES)
def root(
    request: pytest.FixtureRequest, deb: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A fresh system of a board, into which the package was installed without a network."""
    folder = unpack(
        system(request.param, "arm64"), tmp_path_factory.mktemp("arm64") / request.param
    )
    shutil.copy(deb, folder / "satchel.deb")
    done = inside(
        folder, "apt-get", "install", "-q", "-y", "--no-install-recommends", "./satchel.deb"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return request.param, folder


def said(root: Path, *command: str) -> str:
    done = inside(root, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_has_wheels_for_both_and_stays_small(deb: Path) -> None:
    assert deb.stat().st_size < SIZE_MAX
    names = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, check=True).stdout
    for python in PYTHONS:
        assert f"-cp{python.replace('.', '')}-manylinux".encode() in names


def test_it_runs_on_the_systems_own_python(root: tuple[str, Path]) -> None:
    suite, folder = root
    assert said(folder, NODE, "--version").startswith("sync-node, version ")
    asks = "import platform, sys; print(platform.machine(), *sys.version_info[:2], sep='.')"
    python = f"{NODE.rpartition('/')[0]}/python"
    assert said(folder, python, "-c", asks).strip() == f"aarch64.{SUITES[suite]}"
    assert said(folder, "dpkg", "--verify", "satchel-node") == ""


def test_a_seed_makes_it_the_schools(root: tuple[str, Path]) -> None:
    _, folder = root
    (folder / "seed.json").write_bytes(document_of(a_seed()))
    (folder / "seed.json").chmod(0o644)
    command = (NODE, "first-start", "--seed", "/seed.json", "--data", DATA)
    said(folder, *AS_NODE, *command)
    assert json.loads((folder / DATA[1:] / "card.json").read_text())["card"] == 17
    told = json.loads(said(folder, *AS_NODE, NODE, "status", "--data", DATA, "--json"))
    assert told["hub"]["enrolment"] == "claimed"
    said(folder, *AS_NODE, NODE, "check", "--data", DATA)


def test_its_systemd_takes_the_units(root: tuple[str, Path]) -> None:
    _, folder = root
    units = folder / "usr/lib/systemd/system"
    names = [
        path.name.replace("@.", "@sda1.") for path in units.glob("satchel-*") if path.is_file()
    ]
    assert len(names) > 15
    done = inside(folder, "systemd-analyze", "--man=no", "--recursive-errors=no", "verify", *names)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "satchel" in line] == []
    for path in units.glob("*.wants/satchel-*"):
        assert path.resolve().exists()
