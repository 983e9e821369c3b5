"""The units for sticks under each system's systemd, with a stick that is a file on this machine.

This machine's kernel may have no FAT, and nothing tells a system in nspawn of devices: the units
are made to wait for none, and to take ext4.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.deploy.deb.boxes import TOOLS, Box
from tests.deploy.deb.roots import SUITES, system, unpack
from tests.deploy.deb.writers import RUN, put_units

STICK_BYTES = 16 << 20

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes and starts root file systems"),
    pytest.mark.skipif(
        not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}, from Debian"
    ),
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="the system that is tried is amd64"),
]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the name of a device with ext4 on it."""
    image = tmp_path_factory.mktemp("stick") / "image"
    image.write_bytes(b"")
    os.truncate(image, STICK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    made = subprocess.run(
        ["losetup", "-f", "--show", image], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no loop device can be had here: {made.stderr.strip()}")
    device = made.stdout.strip()
    yield device.rpartition("/")[2]
    subprocess.run(["losetup", "-d", device], check=True)


@pytest.fixture(scope="module", params=SUITES)
def box(
    request: pytest.FixtureRequest, loop: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Box]:
    place = tmp_path_factory.mktemp("sticks") / request.param
    root = unpack(system(request.param, "amd64"), place)
    (root / "etc/cloud/cloud-init.disabled").touch()
    put_units(root)
    subprocess.run(["chroot", root, "systemd-sysusers", "satchel.conf"], check=True)
    unit = (root / "usr/lib/systemd/system/satchel-stick@.service").read_text()
    unit = re.sub(r"^BindsTo=.*\n|dev-%i\.device ", "", unit, flags=re.MULTILINE)
    real = re.sub(r"^Wants=.*\n", "", unit, flags=re.MULTILINE)
    (root / "etc/systemd/system/satchel-real@.service").write_text(real)
    unit = re.sub(r",uid=satchel,.*?(?=,X-mount)", "", unit.replace("vfat,exfat", "ext4"))
    unit = unit.replace("DeviceAllow=block-sd", "DeviceAllow=block-loop")
    (root / "etc/systemd/system/satchel-stick@.service").write_text(unit)
    started = Box(root).start()
    try:
        started.settle()
        number = loop.removeprefix("loop")
        started.do(f"mknod /dev/{loop} b 7 {number} && systemctl is-active satchel-node")
        yield started
    finally:
        started.end()


def options(box: Box, name: str) -> set[str]:
    return set(box.say(f"findmnt -n -o OPTIONS /media/{name}").split(","))


def told(box: Box) -> str:
    """Wait for what the writer has to tell, once."""
    box.wait(lambda: box.has(f"{RUN}/told"))
    return box.do(f"cat {RUN}/told && rm {RUN}/told")


def test_what_is_neither_fat_nor_exfat_is_not_mounted(box: Box, loop: str) -> None:
    """Whoever says that it is a courier's stick: the unit as it is, but for waiting for udev."""
    assert box.run(f"systemctl start satchel-real@{loop}").returncode != 0
    assert not options(box, loop) - {""}
    assert not box.has("/media/" + loop)
    assert box.say("grep -c /run/satchel/sticks /proc/mounts") == "0"
    box.do("systemctl reset-failed")


def test_it_is_mounted_to_be_read_and_never_run(box: Box, loop: str) -> None:
    box.do(f"systemctl start satchel-stick@{loop}")
    assert {"ro", "nosuid", "nodev", "noexec"} <= options(box, loop)
    assert box.run(f"touch /media/{loop}/x").returncode != 0
    assert box.do(f"systemctl is-active satchel-stick-writable@{loop}.path") == "active"
    assert box.say("grep -c /run/satchel/sticks /proc/mounts") == "0"
    box.do(f"mount -o remount,rw /media/{loop} && chown satchel: /media/{loop}")
    box.do(f"mount -o remount,ro,nosuid,nodev,noexec /media/{loop}")


def test_the_node_writes_to_it_and_it_is_read_only_again(box: Box, loop: str) -> None:
    for _ in range(2):
        box.do(f"echo {loop} > {RUN}/part && mv {RUN}/part {RUN}/stick")
        assert told(box) == "written"
        box.wait(lambda: "ro" in options(box, loop))
        assert {"ro", "nosuid", "nodev", "noexec"} <= options(box, loop)
        assert box.do(f"cat /media/{loop}/left") == "records"
        box.wait(lambda: box.run(f"systemctl is-active satchel-stick-writable@{loop}").returncode)
    assert box.failed() == ""


def test_what_is_still_written_to_becomes_read_only_when_it_can(box: Box, loop: str) -> None:
    box.do(f"touch {RUN}/dawdle && echo {loop} > {RUN}/part && mv {RUN}/part {RUN}/stick")
    box.wait(lambda: box.say(f"journalctl -b | grep -c '/media/{loop}.*busy'") not in {"0", "1"})
    assert "rw" in options(box, loop)
    box.do(f"rm {RUN}/dawdle")
    assert told(box) == "written"
    box.wait(lambda: "ro" in options(box, loop))
    box.wait(lambda: box.run(f"systemctl is-active satchel-stick-writable@{loop}").returncode)


def test_a_stick_that_is_locked_is_told_of_at_once(box: Box, loop: str) -> None:
    subprocess.run(["blockdev", "--setro", f"/dev/{loop}"], check=True)
    try:
        box.do(f"echo {loop} > {RUN}/part && mv {RUN}/part {RUN}/stick")
        assert told(box) == "refused"
        assert "ro" in options(box, loop)
        assert not box.has(f"{RUN}/write-{loop}")
    finally:
        subprocess.run(["blockdev", "--setrw", f"/dev/{loop}"], check=True)
    assert box.do(f"systemctl is-active satchel-stick-writable@{loop}.path") == "active"


def test_a_stick_that_is_pulled_takes_its_units_along(box: Box, loop: str) -> None:
    """udev would end the unit; the node has a file on the stick open meanwhile."""
    box.do(f"touch {RUN}/dawdle && echo {loop} > {RUN}/part && mv {RUN}/part {RUN}/stick")
    box.wait(lambda: "rw" in options(box, loop))
    box.do(f"systemctl stop satchel-stick@{loop}")
    assert not box.has(f"/media/{loop}")
    box.do(f"rm {RUN}/dawdle")
    told(box)
    assert not box.has(f"{RUN}/write-{loop}")
    units = "systemctl list-units --plain --no-legend 'satchel-stick*@*'"
    box.wait(lambda: box.say(units) == "")
    assert box.failed() == ""
