"""Couriers' sticks: only FAT and exFAT, never the box's own disk, writable only while asked for.

The units are tried under systemd, with a file as a stick, in tests/deploy/deb.
"""

import configparser
import os
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from content_packs.courier import MARK
from sync_node import stick_requests
from sync_node.box_clock import uptime
from sync_node.data_dir import DataDir
from tests.support.source_code import CHECKOUT

SYSTEM = CHECKOUT / "deploy" / "node" / "system"
STICK, WRITABLE = "satchel-stick@.service", "satchel-stick-writable@.service"
SAFE = "nosuid,nodev,noexec"
IN_ALL = "/usr/bin/nsenter -t 1 -m --"  # in the mounts that all see


class Machine:
    """A root with disks in /sys, and mounts that are only said to be there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.run_folder = self.root / "var/lib/satchel/run"
        for place in ("proc/self", "dev", "sys/class/block", "var/lib/satchel/run"):
            (self.root / place).mkdir(parents=True)
        self.mounts("")
        self.is_mounted("ro")
        for disk, partitions in {"sda": ("sda1", "sda2"), "mmcblk0": ("mmcblk0p4",)}.items():
            device = self.root / "sys/devices" / disk
            for partition in partitions:
                (device / partition).mkdir(parents=True)
                (device / partition / "partition").write_text("1\n")
                self.block(partition, device / partition)
            self.block(disk, device)

    def block(self, name: str, device: Path) -> None:
        (self.root / "sys/class/block" / name).symlink_to(device)
        (self.root / "dev" / name).touch()

    def mounts(self, text: str) -> None:
        (self.root / "proc/mounts").write_text(text)

    def is_mounted(self, how: str) -> None:
        """Have a stick at /media/sda1 in mounts of a unit's own, where everything is read-only."""
        line = f"36 35 98:0 / {self.root}/media/sda1 ro,nosuid shared:1 - vfat /dev/sda1 {how}\n"
        whole = self.root / "proc/self/mountinfo"
        whole.with_suffix(".part").write_text(line)
        whole.with_suffix(".part").replace(whole)

    def call(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SYSTEM / script, *arguments],
            env={**os.environ, "SATCHEL_ROOT": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def stick(self, name: str) -> subprocess.CompletedProcess[str]:
        return self.call("satchel-stick", name)

    def writable(self, what: str, name: str = "sda1") -> bool:
        done = self.call("satchel-stick-writable", what, name)
        assert done.returncode in {0, 1}, done.stderr
        assert done.stderr == "", done.stderr
        return done.returncode == 0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def lines(unit: str, *names: str) -> list[list[str]]:
    """Return what a unit has systemd itself run for sda1: the lines with `+`."""
    told = (SYSTEM / unit).read_text().replace("%i", "sda1")
    found = re.findall(rf"^(?:{'|'.join(names)})=-?\+{IN_ALL} (.*)$", told, re.MULTILINE)
    return [shlex.split(line) for line in found]


def test_fat_and_exfat_are_mounted_to_be_read_and_never_run() -> None:
    first, again, bound, away = lines(STICK, "ExecStart")
    assert first[:4] == ["/usr/bin/mount", "-i", "-t", "vfat,exfat"]
    options = first[first.index("-o") + 1].split(",")
    assert {"ro", *SAFE.split(","), "uid=satchel", "fmask=0177", "dmask=0077"} <= set(options)
    assert first[-2:] == ["/dev/sda1", "/run/satchel/sticks/sda1"]
    assert again[-3:] == [f"remount,bind,rw,{SAFE}", "--", "/run/satchel/sticks/sda1"]
    assert bound[-4:] == ["--bind", "--", "/run/satchel/sticks/sda1", "/media/sda1"]
    assert away[-1] == "/run/satchel/sticks/sda1"
    for line in lines(WRITABLE, "ExecStartPre", "ExecStopPost"):
        assert line[-3] in {f"remount,rw,{SAFE}", f"remount,ro,{SAFE}"}


@pytest.mark.parametrize("unit", [STICK, WRITABLE])
def test_no_script_of_ours_has_a_right_to_mount(unit: str) -> None:
    """Fixed lines alone are run outside of what shuts a unit in, and none by a shell."""
    told = configparser.RawConfigParser(strict=False, interpolation=None)
    told.read(SYSTEM / unit)
    assert told["Service"]["User"] == "satchel"
    assert told["Service"]["CapabilityBoundingSet"] == ""
    assert (SYSTEM / unit).read_text().count("+/") == len(lines(unit, r"Exec\w+"))
    programs = {line[0] for line in lines(unit, r"Exec\w+")}
    assert programs <= {"/usr/bin/mount", "/usr/bin/umount", "/usr/bin/rmdir"}


def test_a_stick_is_taken(machine: Machine) -> None:
    machine.mounts("proc /proc proc rw 0 0\n/dev/mmcblk0p4 / ext4 rw 0 0\n")
    done = machine.stick("sda1")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.stick("sda").returncode == 0, "a stick without partitions"


@pytest.mark.parametrize("where", ["/", "/var/lib/satchel", "/run/satchel/boot"])
def test_the_disk_that_the_box_runs_from_is_never_touched(machine: Machine, where: str) -> None:
    """A box may itself run from a USB disk, which has a FAT partition to start from."""
    machine.mounts(f"proc /proc proc rw 0 0\n/dev/sda2 {where} ext4 rw 0 0\n")
    done = machine.stick("sda1")
    assert done.returncode == 1
    assert "the box itself runs from sda" in done.stderr


def test_a_second_partition_of_a_stick_that_is_mounted_is_taken(machine: Machine) -> None:
    machine.mounts(
        "/dev/sda2 /media/sda2 vfat ro 0 0\n/dev/mmcblk0p4 /var/lib/satchel ext4 rw 0 0\n"
    )
    assert machine.stick("sda1").returncode == 0


@pytest.mark.parametrize("name", ["", "../etc", "sda1;reboot", "sda 1", "-o"])
def test_what_is_no_name_is_refused(machine: Machine, name: str) -> None:
    assert machine.stick(name).returncode == 1
    for what in ("due", "wait", "forget"):
        assert machine.call("satchel-stick-writable", what, name).returncode == 1


@contextmanager
def carrying_out(machine: Machine, *, seconds: float = 30) -> Iterator[None]:
    """Be systemd: do what the unit says whenever there is a request."""
    over = threading.Event()

    def watch() -> None:
        until = time.monotonic() + seconds
        while not over.is_set() and time.monotonic() < until:
            if (machine.run_folder / "write-sda1").exists() and machine.writable("due"):
                machine.is_mounted("rw,uid=990")
                assert machine.writable("wait")
                assert machine.writable("forget")
                machine.is_mounted("ro,uid=990")
            over.wait(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(seconds)


def test_a_stick_is_writable_while_the_node_writes_and_no_longer(machine: Machine) -> None:
    data_dir = DataDir(machine.root / "var/lib/satchel")
    mountinfo = machine.root / "proc/self/mountinfo"

    def is_read_only(_: Path) -> bool:
        return " ro,uid=990\n" in mountinfo.read_text()

    machine.is_mounted("ro,uid=990")
    with (
        carrying_out(machine),
        stick_requests.writable(
            data_dir, machine.root / "media" / "sda1", is_read_only=is_read_only
        ),
    ):
        assert not is_read_only(machine.root)
        assert (data_dir.run / "write-sda1").exists()
    assert is_read_only(machine.root), "it may be pulled"
    assert list(data_dir.run.iterdir()) == []


def test_where_nothing_makes_it_writable_it_is_tried_all_the_same(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    slept = list[float]()
    with stick_requests.writable(
        data_dir, tmp_path / "sda1", is_read_only=lambda _: True, sleep=slept.append
    ):
        assert 5 < sum(slept) < 60
    assert list(data_dir.run.iterdir()) == []


def test_what_can_be_written_already_isnt_asked_for(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    (tmp_path / MARK).parent.mkdir()
    with stick_requests.writable(data_dir, tmp_path):
        pass
    with stick_requests.writable(data_dir, tmp_path / "gone"):
        pass
    with stick_requests.writable(data_dir, tmp_path / "Odd name", is_read_only=lambda _: True):
        pass
    assert not data_dir.run.exists()


@pytest.mark.parametrize("text", ["another start\n", "", "{boot} and more\n"])
def test_what_is_no_request_changes_nothing_and_goes(machine: Machine, text: str) -> None:
    (machine.run_folder / "write-sda1").write_text(text.format(boot=uptime().boot))
    assert not machine.writable("due")
    assert list(machine.run_folder.iterdir()) == []


def test_a_link_is_no_request(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(f"{uptime().boot}\n")
    (machine.run_folder / "write-sda1").symlink_to(tmp_path / "elsewhere")
    assert not machine.writable("due")
    assert list(machine.run_folder.iterdir()) == []
    assert (tmp_path / "elsewhere").exists()


def test_an_old_request_holds_no_longer(machine: Machine) -> None:
    """A node that was killed while it wrote leaves its request behind."""
    request = machine.run_folder / "write-sda1"
    request.write_text(f"{uptime().boot}\n")
    assert machine.writable("due")
    os.utime(request, (time.time() - 7200, time.time() - 7200))
    assert machine.writable("wait"), "ends at once"
    assert not machine.writable("due")
    assert list(machine.run_folder.iterdir()) == []


def test_a_stick_that_was_left_writable_is_seen_to(machine: Machine) -> None:
    """It couldn't be made read-only while something was still being written."""
    machine.is_mounted("rw,uid=990")
    assert machine.writable("due")
    assert not machine.writable("due", "sdb1"), "another stick isn't concerned"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_the_node_sees_a_stick_become_writable_in_mounts_of_its_own(tmp_path: Path) -> None:
    """The units' own lines, on an ext4 in a file: this kernel may have no FAT."""
    image = tmp_path / "stick.img"
    image.write_bytes(b"")
    os.truncate(image, 8 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    (tmp_path / "media").mkdir()

    def script(unit: str, *names: str) -> str:
        return "\n".join(_on_ext4(shlex.join(line), tmp_path) for line in lines(unit, *names))

    whole = f"""
set -e
mount --make-rprivate /
mount -t tmpfs none {tmp_path}/media
mount --make-shared {tmp_path}/media
unshare -m --propagation slave timeout 20 sh -c '
  until [ -e {tmp_path}/mounted ]; do sleep 0.05; done
  touch {tmp_path}/media/sda1/x 2>/dev/null && echo written-early
  touch {tmp_path}/seen
  until [ -e {tmp_path}/writable ]; do sleep 0.05; done
  touch {tmp_path}/media/sda1/x && echo written' &
loop=$(losetup -f --show {image}) || {{ kill $!; exit 77; }}
trap 'umount -q -l {tmp_path}/media/sda1 || :; losetup -d $loop' EXIT
{script(STICK, "ExecStart")}
touch {tmp_path}/mounted
timeout 20 sh -c 'until [ -e {tmp_path}/seen ]; do sleep 0.05; done'
{script(WRITABLE, "ExecStartPre")}
touch {tmp_path}/writable
wait $!
{script(WRITABLE, "ExecStopPost")}
! touch {tmp_path}/media/sda1/y 2>/dev/null
set +e
{script(STICK, "ExecStopPost")}
ls {tmp_path}/media
"""
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", whole],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode == 77:
        pytest.skip(f"no loop device can be had here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "written\n"


def _on_ext4(line: str, folder: Path) -> str:
    """Have a unit's line name folders of the test, and a file system of another kind."""
    line = line.replace("vfat,exfat", "ext4").replace(" /dev/sda1 ", ' "$loop" ')
    line = re.sub(r",uid=satchel,.*?(?=,X-mount)", "", line)
    return line.replace("/media/", f"{folder}/media/").replace("/run/", f"{folder}/run/")
