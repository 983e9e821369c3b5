"""The units of a box: systemd takes them, they are shut in, and what they run is where they say."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.node.install_list import KINDS, Installation, read
from deploy.node.installing import SATCHEL_ID, install
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd (Debian package systemd)"
)

SYSTEM = CHECKOUT / "deploy" / "node" / "system"
SERVICES = sorted(path.name for path in SYSTEM.glob("*.service"))
EXPOSURE_MAX = 2.0
OTHERS = ("bin/true", "usr/bin/install", "usr/bin/nsenter", "usr/bin/systemctl")


@pytest.fixture(scope="module")
def wanted() -> Installation:
    return read("image")


@pytest.fixture(scope="module")
def root(wanted: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with what this part installs, and empty programs that others bring."""
    folder = tmp_path_factory.mktemp("root")
    ours = [each for each in wanted.files if _is_ours(each.path.name)]
    install(folder, Installation(files=tuple(ours)), chown=lambda *_: None)
    for place in ("usr/lib/satchel/venv/bin/sync-node", *OTHERS):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    units = folder / "usr/lib/systemd/system"
    for path in Path("/usr/lib/systemd/system").glob("*.target"):
        (units / path.name).write_bytes(path.read_bytes())
    (units / "run-satchel-boot.mount").write_text("[Mount]\nWhat=/dev/x\nWhere=/run/satchel/boot\n")
    return folder


def _is_ours(name: str) -> bool:
    return (SYSTEM / name).exists() or name in {"seed.conf", "satchel.conf", "60-satchel.conf"}


def test_systemd_takes_every_unit(root: Path) -> None:
    names = [
        path.name
        for path in (root / "usr/lib/systemd/system").glob("satchel-*")
        if path.is_file() and (SYSTEM / path.name).exists()
    ]
    assert len(names) >= len(SERVICES)
    names = [name.replace("@.", "@sda1.") for name in names]
    done = subprocess.run(
        [
            "systemd-analyze",
            f"--root={root}",
            "--man=no",
            "--recursive-errors=no",
            "verify",
            *names,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_shut_in(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", SYSTEM / name],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Overall exposure level for .*: (\d+\.\d)", done.stdout)
    assert found, done.stdout
    assert float(found[1]) <= EXPOSURE_MAX, done.stdout


def test_what_the_units_run_is_installed(wanted: Installation) -> None:
    modes = {str(each.path): each.mode for each in wanted.files}
    for name in SERVICES:
        for program in re.findall(
            r"^Exec\w+=[-+]*(/\S+)", (SYSTEM / name).read_text(), re.MULTILINE
        ):
            if program.startswith("/usr/lib/satchel/") and "/venv/" not in program:
                assert modes[program] == 0o755, f"{name} runs {program}"


@pytest.mark.parametrize("kind", KINDS)
def test_what_units_name_as_their_documents_is_installed(kind: str) -> None:
    files = {str(each.path): each.data for each in read(kind).files}
    units = [path for path in files if "/systemd/system/satchel-" in path]
    named = {
        document
        for unit in units
        for document in re.findall(rb"^Documentation=file:(\S+)", files[unit], re.MULTILINE)
    }
    assert len(named) > 1
    assert {document.decode() for document in named} <= files.keys()


def test_every_file_of_this_part_is_installed(wanted: Installation) -> None:
    installed = {each.data for each in (*wanted.files, *read("deb").files)}
    left = {
        path.name
        for path in SYSTEM.iterdir()
        if path.is_file() and path.suffix != ".py" and path.read_bytes() not in installed
    }
    assert left == {"install.toml"}


def test_units_that_are_started_at_boot_are_enabled(wanted: Installation) -> None:
    for path in SYSTEM.iterdir():
        if path.is_file() and "\n[Install]\n" in path.read_text():
            assert path.name in wanted.enable, f"{path.name} has [Install] and isn't enabled"


def test_the_node_listens_where_phones_look_and_is_watched() -> None:
    text = (SYSTEM / "satchel-node.service").read_text()
    assert " --port 80 " in text
    assert "Type=notify\n" in text
    assert re.search(r"^WatchdogSec=\d+$", text, re.MULTILINE)


def _check(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"unknown|ignor|invalid|fail", done.stderr, re.IGNORECASE), done.stderr


@pytest.mark.parametrize(
    ("program", "arguments", "place"),
    [
        ("systemd-sysusers", ["--dry-run"], "usr/lib/sysusers.d/satchel.conf"),
        ("systemd-tmpfiles", ["--remove"], "usr/lib/tmpfiles.d/satchel.conf"),
    ],
)
def test_users_and_folders_are_understood(
    root: Path, program: str, arguments: list[str], place: str
) -> None:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "passwd").write_text("satchel:x:990:990::/:/bin/false\n")
    (root / "etc" / "group").write_text("satchel:x:990:\n")
    _check(program, f"--root={root}", *arguments, root / place)


def test_users_have_the_same_numbers_on_every_box(wanted: Installation, tmp_path: Path) -> None:
    """A data partition that was made elsewhere belongs to whom it should."""
    ours = [each for each in wanted.files if str(each.path.parent) == "/usr/lib/sysusers.d"]
    assert len(ours) > 1
    install(tmp_path, Installation(files=tuple(ours)), chown=lambda *_: None)
    (tmp_path / "etc").mkdir()
    _check("systemd-sysusers", f"--root={tmp_path}")
    users = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    numbers = {name: int(number) for name, _, number, *_ in users}
    assert numbers == {"satchel": SATCHEL_ID, "satchel-addresses": SATCHEL_ID + 1}


@pytest.mark.parametrize(
    ("file", "configuration"),
    [("journald.conf", "systemd/journald.conf"), ("manager.conf", "systemd/system.conf")],
)
def test_systemds_own_settings_are_ones_that_it_has(file: str, configuration: str) -> None:
    """systemd can't be asked: Debian's own file names every setting, commented out."""
    known = set(re.findall(r"^#?(\w+)=", (Path("/etc") / configuration).read_text(), re.MULTILINE))
    if not known:
        pytest.skip(f"/etc/{configuration} is empty here")
    for name in re.findall(r"^(\w+)=", (SYSTEM / file).read_text(), re.MULTILINE):
        assert name in known, f"{file}: {name}"


def test_settings_of_the_kernel_are_ones_that_it_has() -> None:
    for line in (SYSTEM / "sysctl.conf").read_text().splitlines():
        if line and not line.startswith("#"):
            name, mark, value = line.partition(" = ")
            assert mark == " = ", line
            assert value.strip(), line
            path = Path("/proc/sys") / name.replace(".", "/")
            assert path.exists() or not path.parent.exists(), f"{name}: the kernel has no such name"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can put rules where udev looks")
def test_the_rules_for_sticks_are_understood() -> None:
    """udev reads them, in mounts of its own, beside one that it is to find wrong."""
    if shutil.which("udevadm") is None:
        pytest.skip("needs udev (Debian package udev)")
    script = (
        "mkdir -p /run/udev && mount -t tmpfs none /run/udev && mkdir /run/udev/rules.d && "
        'cp "$0" /run/udev/rules.d/ && echo WRONG==1 > /run/udev/rules.d/91-wrong.rules && '
        "udevadm test --action=add /sys/devices/virtual/mem/null"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, SYSTEM / "90-satchel-sticks.rules"],
        capture_output=True,
        text=True,
        check=False,
    )
    about = [line for line in done.stderr.splitlines() if "/run/udev/rules.d/9" in line]
    assert "Reading rules file: /run/udev/rules.d/90-satchel-sticks.rules" in about
    assert any("91-wrong.rules:1 " in line for line in about)
    assert not [line for line in about if "90-satchel-sticks.rules:" in line], about


def test_a_box_that_is_a_school_already_doesnt_wait_for_its_boot_partition() -> None:
    """That is checked and mounted for the seed, where a unit that looks first has it taken up."""
    image, deb = read("image"), read("deb")
    assert "satchel-seed-copy.service" not in {*image.enable, *deb.enable}
    assert "satchel-seed.service" in image.enable
    seed = (SYSTEM / "satchel-seed.service").read_text()
    assert "\nConditionPathExists=!/var/lib/satchel/card.json\n" in seed
    assert "\nBefore=satchel-node.service " in seed
    assert "start satchel-seed-copy.service\n" in seed
    assert "run-satchel-boot" not in seed
    (wants,) = (
        each.data for each in deb.files if each.path.match("satchel-node.service.d/seed.conf")
    )
    assert b"\nWants=satchel-seed-copy.service\n" in wants
