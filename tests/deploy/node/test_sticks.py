"""Couriers' sticks: only FAT and exFAT, never the box's own disk, writable only while asked for."""

import os
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
SAFE = "nosuid,nodev,noexec"


class Machine:
    """A root with disks in /sys, and programs that note what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.told = folder / "told"
        self.programs = folder / "programs"
        self.programs.mkdir()
        for place in ("proc", "dev", "sys/class/block", "media"):
            (self.root / place).mkdir(parents=True)
        self.mounts("")
        for name in ("mount", "umount"):
            self.program(name, f'echo {name} "$@" >> {self.told}')
        self.program("mountpoint", "exit 0")
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
        (self.root / "proc" / "mounts").write_text(text)

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def holds(self, kind: str) -> None:
        self.program("blkid", f"echo {kind}" if kind else "exit 2")

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.programs}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "SATCHEL_ROOT": str(self.root)}

    def stick(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SYSTEM / "satchel-stick", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def asked(self) -> list[str]:
        return self.told.read_text().splitlines() if self.told.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path)
    found.holds("vfat")
    return found


@pytest.mark.parametrize("kind", ["vfat", "exfat"])
def test_fat_and_exfat_are_mounted_to_be_read_and_never_run(machine: Machine, kind: str) -> None:
    machine.holds(kind)
    done = machine.stick("mount", "sda1")
    assert done.returncode == 0, done.stderr
    first, again, bound, away = machine.asked()
    assert first.startswith(f"mount -t {kind} -o ro,{SAFE},uid=satchel,gid=satchel,")
    assert first.endswith(f" {machine.root}/dev/sda1 {machine.root}/run/satchel/sticks/sda1")
    assert again == f"mount -o remount,bind,rw,{SAFE} -- {machine.root}/run/satchel/sticks/sda1"
    assert bound.endswith(
        f"--bind -- {machine.root}/run/satchel/sticks/sda1 {machine.root}/media/sda1"
    )
    assert away == f"umount -- {machine.root}/run/satchel/sticks/sda1"


@pytest.mark.parametrize("kind", ["ext4", "ntfs", "iso9660", "crypto_LUKS", ""])
def test_nothing_else_is_mounted(machine: Machine, kind: str) -> None:
    machine.holds(kind)
    assert machine.stick("mount", "sda1").returncode == 1
    assert machine.asked() == []


@pytest.mark.parametrize("where", ["/", "/var/lib/satchel", "/run/satchel/boot"])
def test_the_disk_that_the_box_runs_from_is_never_touched(machine: Machine, where: str) -> None:
    """A box may itself run from a USB disk, which has a FAT partition to start from."""
    machine.mounts(f"proc /proc proc rw 0 0\n/dev/sda2 {where} ext4 rw 0 0\n")
    done = machine.stick("mount", "sda1")
    assert done.returncode == 1
    assert "the box itself runs from sda" in done.stderr
    assert machine.asked() == []


def test_a_second_partition_of_a_stick_that_is_mounted_is_taken(machine: Machine) -> None:
    machine.mounts(
        "/dev/sda2 /media/sda2 vfat ro 0 0\n/dev/mmcblk0p4 /var/lib/satchel ext4 rw 0 0\n"
    )
    assert machine.stick("mount", "sda1").returncode == 0


@pytest.mark.parametrize("name", ["", "../etc", "sda1;reboot", "sda 1", "-o"])
def test_what_is_no_name_is_refused(machine: Machine, name: str) -> None:
    assert machine.stick("mount", name).returncode == 1
    assert machine.stick("unmount", name).returncode == 1
    assert machine.asked() == []


def test_where_it_cant_be_bound_nothing_stays_behind(machine: Machine) -> None:
    machine.program(
        "mount", f'echo mount "$@" >> {machine.told}\ncase "$*" in *bind*) exit 32; esac'
    )
    assert machine.stick("mount", "sda1").returncode == 1
    assert machine.asked()[-1].startswith("umount -l ")


def test_a_stick_that_was_pulled_is_taken_away(machine: Machine) -> None:
    assert machine.stick("mount", "sda1").returncode == 0
    machine.program(
        "umount", f'echo umount "$@" >> {machine.told}\ncase "$1" in -l) ;; *) exit 1; esac'
    )
    assert machine.stick("unmount", "sda1").returncode == 0
    assert f"umount -l -- {machine.root}/media/sda1" in machine.asked()
    assert not (machine.root / "media" / "sda1").exists()


@contextmanager
def carrying_out(machine: Machine, run: Path, *, seconds: float = 30) -> Iterator[None]:
    """Be systemd: run what makes sticks writable whenever there is a request."""
    over = threading.Event()

    def watch() -> None:
        until = time.monotonic() + seconds
        while not over.is_set() and time.monotonic() < until:
            if list(run.glob("write-*")):
                command = [SYSTEM / "satchel-stick-writable", run]
                subprocess.run(command, env=machine.environment, check=True, timeout=seconds)
            over.wait(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(seconds)


def test_a_stick_is_writable_while_the_node_writes_and_no_longer(
    machine: Machine, tmp_path: Path
) -> None:
    data_dir = DataDir(tmp_path / "data")
    data_dir.run.mkdir(parents=True)
    stick = machine.root / "media" / "sda1"
    stick.mkdir()
    state = tmp_path / "read-only"
    state.touch()
    machine.program(
        "mount",
        f'echo mount "$@" >> {machine.told}\n'
        f'case "$*" in *remount,rw,*) rm -f {state} ;; *remount,ro,*) touch {state} ;; esac',
    )
    with (
        carrying_out(machine, data_dir.run),
        stick_requests.writable(data_dir, stick, is_read_only=lambda _: state.exists()),
    ):
        assert not state.exists()
        assert (data_dir.run / "write-sda1").exists()
    assert state.exists(), "it may be pulled"
    assert list(data_dir.run.iterdir()) == []
    assert machine.asked() == [
        f"mount -o remount,rw,{SAFE} -- {stick}",
        f"mount -o remount,ro,{SAFE} -- {stick}",
    ]


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


@pytest.mark.parametrize(
    ("name", "text"),
    [("write-sda1", "another start\n"), ("write-sda1", ""), ("write-..", "{boot}\n"),
     ("write-A b", "{boot}\n"), ("write-", "{boot}\n")],
)  # fmt: skip
def test_what_is_no_request_changes_nothing_and_goes(
    machine: Machine, tmp_path: Path, name: str, text: str
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / name).write_text(text.format(boot=uptime().boot))
    command = [SYSTEM / "satchel-stick-writable", run]
    subprocess.run(command, env=machine.environment, check=True, timeout=60)
    assert machine.asked() == []
    assert list(run.iterdir()) == []


def test_an_old_request_holds_no_longer(machine: Machine, tmp_path: Path) -> None:
    """A node that was killed while it wrote leaves its request behind."""
    run = tmp_path / "run"
    run.mkdir()
    request = run / "write-sda1"
    request.write_text(f"{uptime().boot}\n")
    os.utime(request, (time.time() - 7200, time.time() - 7200))
    command = [SYSTEM / "satchel-stick-writable", run]
    subprocess.run(command, env=machine.environment, check=True, timeout=60)
    assert machine.asked() == []
    assert list(run.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_the_node_sees_a_stick_become_writable_in_mounts_of_its_own(tmp_path: Path) -> None:
    """The real calls, on an ext4 in a file: this kernel may have no FAT."""
    image = tmp_path / "stick.img"
    image.write_bytes(b"")
    os.truncate(image, 8 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    script = f"""
set -e
mount --make-rprivate /
mount -t tmpfs none {tmp_path}/media
mount --make-shared {tmp_path}/media
mkdir {tmp_path}/media/sda1
unshare -m --propagation slave timeout 20 sh -c '
  until [ -e {tmp_path}/mounted ]; do sleep 0.05; done
  touch {tmp_path}/media/sda1/x 2>/dev/null && echo written-early
  touch {tmp_path}/seen
  until [ -e {tmp_path}/writable ]; do sleep 0.05; done
  touch {tmp_path}/media/sda1/x && echo written' &
loop=$(losetup -f --show {image}) || {{ kill $!; exit 77; }}
trap 'umount -l {tmp_path}/media/sda1 || :; losetup -d $loop' EXIT
mount -t ext4 -o ro,{SAFE} $loop {tmp_path}/first
mount -o remount,bind,rw,{SAFE} -- {tmp_path}/first
mount --bind -- {tmp_path}/first {tmp_path}/media/sda1
umount -- {tmp_path}/first
touch {tmp_path}/mounted
timeout 20 sh -c 'until [ -e {tmp_path}/seen ]; do sleep 0.05; done'
mount -o remount,rw,{SAFE} -- {tmp_path}/media/sda1
touch {tmp_path}/writable
wait $!
mount -o remount,ro,{SAFE} -- {tmp_path}/media/sda1
! touch {tmp_path}/media/sda1/y 2>/dev/null
"""
    for name in ("media", "first"):
        (tmp_path / name).mkdir()
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode == 77:
        pytest.skip(f"no loop device can be had here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "written\n"
