"""Couriers' sticks on a machine with USB: put in, read, written to, pulled, on Debian's kernel."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.deb.emulators import QEMU, Machine, make_disk
from tests.deploy.deb.roots import SUITES, system_with_kernel, unpack
from tests.deploy.deb.writers import RUN, put_units

TOOLS = (QEMU, "mmdebstrap", "mke2fs", "mkfs.vfat", "mkfs.exfat", "mcopy", "sfdisk")
STICK_BYTES = 64 << 20
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes root file systems"),
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"),
]


def call(*words: str | Path) -> None:
    subprocess.run(words, check=True, capture_output=True)


def make_stick(path: Path, kind: str) -> Path:
    """Make a stick of one kind, with a file on it where that is easily done."""
    path.write_bytes(b"")
    os.truncate(path, STICK_BYTES)
    match kind:
        case "vfat":
            call("mkfs.vfat", path)
            (path.parent / "lesson").write_text("of the stick\n")
            call("mcopy", "-i", path, path.parent / "lesson", "::/昌都 lesson.txt")
        case "exfat":
            call("mkfs.exfat", path)
        case "ext4":
            call("mke2fs", "-q", "-t", "ext4", path)
    return path


@pytest.fixture(scope="module", params=SUITES)
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    work = tmp_path_factory.mktemp("machine")
    root = unpack(system_with_kernel(request.param), work / "root")
    put_units(root)
    call("chroot", root, "systemd-sysusers", "satchel.conf")
    make_disk(root, work / "disk")
    sticks = {kind: make_stick(work / kind, kind) for kind in ("vfat", "exfat", "ext4")}
    sticks["locked"] = make_stick(work / "locked", "vfat")
    started = Machine(root, work / "disk", sticks, work)
    try:
        started.wait("systemctl is-active basic.target")
        yield started
    finally:
        started.end()


def put_in(machine: Machine, kind: str) -> str:
    """Put a stick in; return its name."""
    machine.plug_in(kind)
    machine.wait("ls -d /media/sd*")
    machine.wait("systemctl is-active 'satchel-stick-writable@sd*.path'")
    return machine.do("ls /media")


def pull(machine: Machine, kind: str) -> None:
    machine.pull(kind)
    machine.wait("! ls -d /media/sd*")
    machine.wait("! grep -q /media /proc/mounts")
    machine.wait("[ -z \"$(systemctl list-units --plain --no-legend 'satchel-stick*')\" ]")
    assert machine.do("systemctl list-units --state=failed --plain --no-legend") == ""


def writes(machine: Machine, name: str) -> str:
    """Have the node write to a stick; return what it tells."""
    machine.do(f"echo {name} > {RUN}/part; mv {RUN}/part {RUN}/stick")
    machine.wait(f"[ -e {RUN}/told ]")
    return machine.do(f"cat {RUN}/told; rm {RUN}/told")


def options(machine: Machine, name: str) -> set[str]:
    return set(
        machine.do(f"findmnt -n -o OPTIONS,FSTYPE /media/{name}").replace(" ", ",").split(",")
    )


@pytest.mark.parametrize("kind", ["vfat", "exfat"])
def test_a_stick_is_read_written_to_while_asked_and_read_only_again(
    machine: Machine, kind: str
) -> None:
    name = put_in(machine, kind)
    assert {"ro", "nosuid", "nodev", "noexec", kind, "uid=990"} <= options(machine, name)
    if kind == "vfat":
        assert machine.do(f"cat '/media/{name}/昌都 lesson.txt'") == "of the stick"
    assert machine.run(f"touch /media/{name}/x")[0] != 0
    assert writes(machine, name) == "written"
    machine.wait(f"findmnt -n -o OPTIONS /media/{name} | grep -q ^ro")
    assert {"ro", "nosuid", "nodev", "noexec", kind} <= options(machine, name)
    assert machine.do(f"cat /media/{name}/left") == "records"
    assert machine.run(f"touch /media/{name}/x")[0] != 0
    pull(machine, kind)
    assert put_in(machine, kind)
    assert machine.do("cat /media/sd*/left") == "records", "it was written down before"
    pull(machine, kind)


def test_what_is_still_written_to_becomes_read_only_when_it_can(machine: Machine) -> None:
    name = put_in(machine, "vfat")
    machine.do(f"touch {RUN}/dawdle; echo {name} > {RUN}/part; mv {RUN}/part {RUN}/stick")
    machine.wait(f"journalctl -b | grep -q '/media/{name}.*busy'")
    assert "rw" in options(machine, name)
    machine.do(f"rm {RUN}/dawdle")
    machine.wait(f"findmnt -n -o OPTIONS /media/{name} | grep -q ^ro")
    machine.wait(f"! systemctl is-active satchel-stick-writable@{name}.service")
    pull(machine, "vfat")


def test_a_stick_that_is_locked_is_read_and_the_node_told_at_once(machine: Machine) -> None:
    name = put_in(machine, "locked")
    assert writes(machine, name) == "refused"
    assert "ro" in options(machine, name)
    pull(machine, "locked")


def test_a_stick_that_is_pulled_while_it_is_written_to_hurts_nothing(machine: Machine) -> None:
    name = put_in(machine, "exfat")
    machine.do(f"cat /proc/sys/kernel/random/boot_id > {RUN}/write-{name}")
    machine.wait(f"findmnt -n -o OPTIONS /media/{name} | grep -q ^rw")
    machine.do(f"echo more > /media/{name}/more")
    pull(machine, "exfat")
    machine.do(f"test ! -e {RUN}/write-{name}")
    assert put_in(machine, "exfat")
    pull(machine, "exfat")


def test_nothing_else_is_mounted(machine: Machine) -> None:
    machine.plug_in("ext4")
    machine.wait("grep -q ' sd' /proc/partitions")
    machine.do("udevadm settle")
    name = machine.do("awk '$4 ~ /^sd/ {print $4}' /proc/partitions")
    assert machine.run("ls -d /media/sd*")[0] != 0
    told = machine.run(f"systemctl start satchel-stick@{name}; ls -d /media/sd*")
    assert told[0] != 0, "nor where something says that it is a courier's"
    machine.do("systemctl reset-failed")
    machine.pull("ext4")
