"""The boot partition, read back by mtools: what firmware will find there."""

import subprocess
from pathlib import Path

import pytest

from deploy.image import boot_partition
from deploy.image.running import BuildFailed

EPOCH = 1_700_000_000
SIZE = 256 << 20
KERNEL = bytes(range(256)) * 5000


def read(image: Path, place: str) -> bytes:
    return subprocess.check_output(["mtype", "-i", image, f"::{place}"])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path | bytes | str]:
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(KERNEL)
    return {
        "config.txt": "os_prefix=a/\n",
        "a/vmlinuz": kernel,
        "EFI/BOOT/BOOTAA64.EFI": b"MZ\x00\xff",
        "loader/entries/satchel-a.conf": "title Satchel\n",
        "a/bcm2711-rpi-4-b.dtb": b"tree",
    }


def test_every_file_is_there_whole_and_with_its_long_name(
    tmp_path: Path, files: dict[str, Path | bytes | str]
) -> None:
    image = tmp_path / "boot.fat"
    boot_partition.make(image, SIZE, files, epoch=EPOCH)
    assert read(image, "a/vmlinuz") == KERNEL
    assert read(image, "EFI/BOOT/BOOTAA64.EFI") == b"MZ\x00\xff"
    assert read(image, "loader/entries/satchel-a.conf") == b"title Satchel\n"
    listed = subprocess.check_output(["mdir", "-/", "-b", "-i", image, "::"], text=True)
    assert {f"::/{place}" for place in files} <= set(listed.split())
    assert {"::/b/", "::/satchel/"} <= set(listed.split()), "updates and seeds go there"


def test_it_is_fat32_with_our_label_and_without_faults(
    tmp_path: Path, files: dict[str, Path | bytes | str]
) -> None:
    image = tmp_path / "boot.fat"
    boot_partition.make(image, SIZE, files, epoch=EPOCH)
    checked = subprocess.run(
        ["fsck.vfat", "-n", "-v", image], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    head = image.read_bytes()[:512]
    assert head[82:90] == b"FAT32   "
    assert head[71:82] == b"SATCHEL    "


def test_two_of_the_same_files_are_the_same_bytes(
    tmp_path: Path, files: dict[str, Path | bytes | str]
) -> None:
    one, other = tmp_path / "one.fat", tmp_path / "other.fat"
    boot_partition.make(one, SIZE, files, epoch=EPOCH)
    (tmp_path / "vmlinuz").touch()
    boot_partition.make(other, SIZE, dict(reversed(files.items())), epoch=EPOCH)
    assert subprocess.run(["cmp", one, other], check=False).returncode == 0


def test_room_for_the_other_slot_has_to_stay_free(
    tmp_path: Path, files: dict[str, Path | bytes | str]
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(SIZE - boot_partition.FREE_BYTES_MIN)
    with pytest.raises(BuildFailed, match="have to stay free for the other slot"):
        boot_partition.make(tmp_path / "boot.fat", SIZE, {**files, "a/x": large}, epoch=EPOCH)
