"""A real block device over a file, as far as this machine gives one: only root can have it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync_node.flashing.machine import Machine, number_of
from tests.support.laptops import Laptop

_LOSETUP = shutil.which("losetup", path="/usr/sbin:/sbin:/usr/bin:/bin")


@dataclass(frozen=True)
class Loop:
    """A loop device: its node in /dev, and the file behind it."""

    device: Path
    file: Path

    def as_card(self, laptop: Laptop, **facts: object) -> Machine:
        """A machine on which this very device is a stick in a USB reader, as far as sysfs says."""
        number = number_of(self.device)
        assert number
        size = self.file.stat().st_size
        laptop.usb_stick(self.device.name, number, size=size, **facts)
        return Machine(laptop.root / "sys", laptop.root / "proc", Path("/dev"))


@contextmanager
def loop_device(file: Path, size: int) -> Iterator[Loop]:
    """Make a file of this size a block device; skip the test where that can't be."""
    if os.geteuid() != 0 or not _LOSETUP:
        pytest.skip("loop devices need root and losetup")
    with file.open("wb") as made:
        made.truncate(size)
    done = subprocess.run(
        [_LOSETUP, "--find", "--show", file], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no loop device here: {done.stderr.strip()}")
    try:
        yield Loop(Path(done.stdout.strip()), file)
    finally:
        subprocess.run([_LOSETUP, "--detach", done.stdout.strip()], check=True)
