"""`init`, the first program on a box, with a made-up /sys: which partition it takes, and when."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.image import boot_files
from deploy.image.initramfs.building import INIT
from tests.support.source_code import CHECKOUT

SHELLS = ["dash", *(["busybox sh"] if Path("/bin/busybox").exists() else [])]


class Machine:
    """Disks as the kernel shows them, below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sys/class/block").mkdir(parents=True)
        (folder / "run").mkdir()

    def disk(self, name: str, *partitions: str, bus: str = "platform") -> None:
        place = self.folder / "sys/devices" / bus / "block" / name
        between = "p" if name[-1].isdigit() else ""
        self._block(place, name, "")
        for number, label in enumerate(partitions, start=1):
            own = f"{name}{between}{number}"
            self._block(place / own, own, f"PARTN={number}\nPARTNAME={label}\n")

    def _block(self, place: Path, name: str, more: str) -> None:
        place.mkdir(parents=True)
        (place / "uevent").write_text(f"DEVNAME={name}\n{more}")
        (self.folder / "sys/class/block" / name).symlink_to(place)

    def tell(self, script: str, shell: str = "dash") -> subprocess.CompletedProcess[str]:
        command = [*shell.split(), "-c", f'. "{INIT}"\nPATH={os.defpath}\n{script}']
        names = {"SYS": f"{self.folder}/sys", "RUN": f"{self.folder}/run", "SATCHEL_INIT": "parts"}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=30,
            env={"PATH": os.defpath, **names},
        )  # fmt: skip

    def found(self, name: str, usb: str = "", shell: str = "dash") -> str:
        return self.tell(f'find_partition "{name}" "{usb}"', shell).stdout.strip()


CARD = ("boot", "system-a", "system-b", "data")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_found_by_its_name(machine: Machine, shell: str) -> None:
    machine.disk("mmcblk0", *CARD)
    assert machine.found("system-a", shell=shell) == "mmcblk0 mmcblk0p2"
    assert machine.found("system-b", shell=shell) == "mmcblk0 mmcblk0p3"
    assert machine.found("system-c", shell=shell) == ""


def test_a_name_that_begins_alike_is_another(machine: Machine) -> None:
    machine.disk("vda", "system-a-old", "my system-a")
    assert machine.found("system-a") == ""


def test_the_card_comes_before_a_stick_whichever_is_first(machine: Machine) -> None:
    machine.disk("sda", *CARD, bus="pci0/usb1/1-1")
    assert machine.found("system-a") == ""
    assert machine.found("system-a", usb="1") == "sda sda2"
    machine.disk("mmcblk0", *CARD)
    assert machine.found("system-a", usb="1") == "mmcblk0 mmcblk0p2"


def test_a_sata_disk_is_built_in(machine: Machine) -> None:
    machine.disk("sda", *CARD, bus="pci0/ata1")
    assert machine.found("system-a") == "sda sda2"


@pytest.mark.parametrize(("mode", "usb"), [(b"\0\0\0\4", True), (b"\0\0\0\1", False), (b"", False)])
def test_a_pi_says_whether_it_started_from_usb(machine: Machine, mode: bytes, usb: bool) -> None:
    folder = machine.folder / "sys/firmware/devicetree/base/chosen/bootloader"
    folder.mkdir(parents=True)
    (folder / "boot-mode").write_bytes(mode)
    assert machine.tell("from_usb").returncode == (0 if usb else 1)


def test_waiting_ends(machine: Machine) -> None:
    done = machine.tell("sleep() { :; }\nwait_for system-a 3 || echo over")
    assert done.stdout == "over\n"


def test_a_disk_on_usb_is_taken_when_nothing_else_comes(machine: Machine) -> None:
    machine.disk("sda", *CARD, bus="pci0/usb1/1-1")
    done = machine.tell('sleep() { :; }\nwait_for system-a 60 && echo "$disk $partition $tenths"')
    disk, partition, tenths = done.stdout.split()
    assert (disk, partition) == ("sda", "sda2")
    assert int(tenths) == 80


def test_only_partitions_of_the_disk_that_started_are_linked(machine: Machine) -> None:
    machine.disk("sda", *CARD, bus="pci0/usb1/1-1")
    machine.disk("mmcblk0", "boot", "system-a", "system-b", "data", "more")
    assert machine.tell("link_partitions mmcblk0").returncode == 0
    links = {
        path.name: str(path.readlink()) for path in (machine.folder / "run/satchel/card").iterdir()
    }
    assert links == {
        "boot": "/dev/mmcblk0p1", "system-a": "/dev/mmcblk0p2",
        "system-b": "/dev/mmcblk0p3", "data": "/dev/mmcblk0p4",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("satchel.slot=b quiet", "b 128 60 -"),
        ("x satchel.slot=a satchel.overlay=64 satchel.wait=5 satchel.stop", "a 64 5 1"),
        ("satchel.slot=a satchel.overlay=lots satchel.wait=08", "a 128 60 -"),
        ("satchel.slot=a satchel.overlay=$(reboot) satchel.wait=-1", "a 128 60 -"),
        ("", "- 128 60 -"),
    ],
)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_line_is_read_strictly(
    machine: Machine, line: str, read: str, shell: str
) -> None:
    script = f"read_command_line '{line}'\necho \"${{slot:--}} $overlay $wait ${{stop:--}}\""
    assert machine.tell(script, shell).stdout.strip() == read


def test_the_firmware_is_told_apart(machine: Machine) -> None:
    assert machine.tell("firmware").stdout == "other\n"
    base = machine.folder / "sys/firmware/devicetree/base"
    base.mkdir(parents=True)
    (base / "compatible").write_bytes(b"raspberrypi,4-model-b\0brcm,bcm2711\0")
    assert machine.tell("firmware").stdout == "pi\n"
    (machine.folder / "sys/firmware/efi").mkdir()
    assert machine.tell("firmware").stdout == "efi\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shells_of_a_box_take_it(shell: str) -> None:
    subprocess.run([*shell.split(), "-n", str(INIT)], check=True, cwd=CHECKOUT)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_pi_that_tries_a_system_starts_the_one_before_next(machine: Machine, shell: str) -> None:
    boot = machine.folder / "boot"
    (boot / "satchel").mkdir(parents=True)
    new, old = (boot_files.pi_config(slot) for slot in "ba")
    (boot / "config.txt").write_text(new)
    inode = (boot / "config.txt").stat().st_ino
    machine.tell(f'go_back "{boot}"', shell)
    assert (boot / "config.txt").read_text() == new  # nothing is tried
    (boot / "satchel/go-back.txt").write_text(old)
    for _ in range(2):  # safe to come upon half done
        machine.tell(f'go_back "{boot}"', shell)
        assert (boot / "config.txt").read_text() == old
    assert (boot / "config.txt").stat().st_ino == inode  # in place: one sector is written


def test_no_other_box_looks_for_what_to_go_back_to(machine: Machine) -> None:
    done = machine.tell("mount() { echo mounted; }; go_back_on_a_pi; echo $?")
    assert done.stdout == "0\n"
