"""The units of root's side: systemd understands them, and they are closed as the others are."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from deploy.node import install_list
from deploy.node.update import main

HERE = Path(install_list.__file__).parent / "update"
UNITS = sorted(
    path.name for path in HERE.iterdir() if path.suffix in {".service", ".path", ".mount"}
)
EXPOSURE_MAX = 2.0


def installed() -> dict[str, bytes]:
    return {str(file.path): file.data for file in install_list.read("image").files}


def test_all_of_it_is_installed() -> None:
    files = installed()
    for unit in UNITS:
        assert files[f"/usr/lib/systemd/system/{unit}"] == (HERE / unit).read_bytes()
    for module in HERE.glob("*.py"):
        assert f"/usr/lib/satchel/deploy/node/update/{module.name}" in files
    assert b"deploy.node.update.main" in files["/usr/lib/satchel/bin/satchel-update"]
    named = tomllib.loads((HERE / "install.toml").read_text())["units"]["enable"]
    assert set(named) == {"satchel-update.path", "satchel-update-begin.service"}


def test_a_box_that_was_not_started_from_a_card_has_none_of_it() -> None:
    files = {str(file.path) for file in install_list.read("deb").files}
    assert not [path for path in files if "update" in path]


def test_a_trial_whose_judge_was_ended_is_judged_all_the_same() -> None:
    text = (HERE / "satchel-update-begin.service").read_text()
    assert "\nRestart=on-failure\n" in text
    assert "\nStartLimitBurst=" in text  # what always fails isn't tried for ever


def test_it_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    """As on the box: its own files, and Python without other packages."""
    for path, data in installed().items():
        if path.startswith("/usr/lib/satchel/deploy/"):
            place = tmp_path / path.removeprefix("/usr/lib/satchel/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    code = (
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom deploy.node.update import main\n"
        "print(main.__file__)\n"
    )
    command = ["/usr/bin/python3", "-IS", "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path))


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units in a folder, with a program in the place of the one that only a box has."""
    program = tmp_path / "satchel-update"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        text = (
            (HERE / unit).read_text().replace("/usr/lib/satchel/bin/satchel-update", str(program))
        )
        (tmp_path / unit).write_text(text)
    for other in ("satchel-node.service",):
        (tmp_path / other).write_text("[Service]\nExecStart=/bin/true\n")
    return tmp_path


def test_systemd_understands_them(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(units / unit) for unit in UNITS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.endswith(".service")])
def test_they_are_closed(units: Path, unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(units / unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= EXPOSURE_MAX


def test_it_asks_the_site_where_the_nodes_unit_puts_it() -> None:
    """A new system is judged by the site: asked at another port, every one would fail."""
    text = installed()["/usr/lib/systemd/system/satchel-node.service"].decode()
    assert re.search(rf"^ExecStart=.* --port {main.PORT}( |$)", text, re.MULTILINE)


def test_room_that_a_cut_left_without_a_file_is_given_back(tmp_path: Path) -> None:
    """A cluster that the FAT says is taken and no file has."""
    boot = tmp_path / "boot"
    boot.write_bytes(bytes(40_000_000))
    subprocess.run(["mkfs.fat", "-F", "32", str(boot)], capture_output=True, check=True)
    data = bytearray(boot.read_bytes())
    reserved, fats = int.from_bytes(data[14:16], "little"), data[16]
    sectors = int.from_bytes(data[36:40], "little")
    for number in range(fats):
        entry = (reserved + number * sectors) * 512 + 4 * 100
        data[entry : entry + 4] = bytes.fromhex("ffffff0f")
    boot.write_bytes(data)
    looked = ["fsck.fat", "-n", str(boot)]
    assert subprocess.run(looked, capture_output=True, check=False).returncode == 1

    text = (HERE / "satchel-boot-check.service").read_text()
    command = next(
        line.removeprefix("ExecStart=-").split()
        for line in text.splitlines()
        if line.startswith("ExecStart=")
    )
    assert command[-1] == "/run/satchel/card/boot"
    subprocess.run([*command[:-1], str(boot)], capture_output=True, check=False)

    assert subprocess.run(looked, capture_output=True, check=False).returncode == 0
