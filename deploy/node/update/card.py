"""The card: its two slots, and the boot partition's folder of each.

A slot is written only while nothing starts it. What was written is read back from the card itself,
not from memory.
"""

import contextlib
import fcntl
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from deploy.node.update import files
from deploy.node.update.faults import Failed, Invalid, Refused
from deploy.node.update.limits import BOOT_FREE_BYTES_MIN, COPY_BYTES
from deploy.node.update.manifest import SLOTS, File, System

_BLKFLSBUF = 0x1261  # linux/fs.h: drop what is cached of a block device


class Region(NamedTuple):
    """Where a slot lies: a partition, or a part of an image; bytes from `start` on."""

    path: Path
    start: int = 0
    size: int = 0


class Card(NamedTuple):
    """Slots by name, and where the boot partition is mounted."""

    slots: dict[str, Region]
    boot: Path


def on_this_box(boot: Path, partitions: Path) -> Card:
    """Return the card that this box started from. Raises `Failed` where it has no two slots."""
    slots = {}
    for slot in SLOTS:
        path = partitions / f"system-{slot}"
        with files.storage_errors(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                slots[slot] = Region(path, 0, os.lseek(descriptor, 0, os.SEEK_END))
            finally:
                os.close(descriptor)
    return Card(slots, boot)


def other(slot: str) -> str:
    """Return the slot that isn't `slot`."""
    return SLOTS[1 - SLOTS.index(slot)]


def check_room(card: Card, slot: str, system: System) -> None:
    """Raise `Refused` unless a system fits into a slot and its folder."""
    region = card.slots[slot]
    if system.squashfs.size > region.size:
        raise Refused(
            f"the system has {system.squashfs.size} bytes, the slot {slot} has room for "
            f"{region.size}"
        )
    folder = card.boot / slot
    with files.storage_errors(folder):
        there = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        free = shutil.disk_usage(card.boot).free
    needed = sum(file.size for file in system.boot.values())
    if needed + BOOT_FREE_BYTES_MIN > free + there:
        raise Refused(
            f"the system's boot files have {needed} bytes, the boot partition has room for "
            f"{free + there - BOOT_FREE_BYTES_MIN}"
        )


def write_slot(region: Region, store: Path, file: File) -> None:
    """Copy a file of the store into a slot and read it back. Raises `Invalid`, `Failed`."""
    with files.opened(_stored(store, file.digest)) as source, files.storage_errors(region.path):
        target = os.open(region.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.lseek(target, region.start, os.SEEK_SET)

            def write(piece: bytes) -> None:
                while piece:
                    piece = piece[os.write(target, piece) :]

            files.copy(source, write, file.size, file.digest, what=str(region.path))
            os.fsync(target)
            _forget(target)
            _read_back(target, region, file)
        finally:
            os.close(target)


def _forget(descriptor: int) -> None:
    """Have the next read come from the card. An image file has no buffers to flush."""
    with contextlib.suppress(OSError):
        fcntl.ioctl(descriptor, _BLKFLSBUF)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _read_back(descriptor: int, region: Region, file: File) -> None:
    hashed, at, end = sha256(), region.start, region.start + file.size
    while at < end:
        piece = os.pread(descriptor, min(COPY_BYTES, end - at), at)
        if not piece:
            break
        hashed.update(piece)
        at += len(piece)
    if hashed.hexdigest() != file.digest:
        raise Failed(f"{region.path}: doesn't give back what was written; the card is failing")


def write_boot(card: Card, slot: str, store: Path, system: System) -> None:
    """Write the boot files of a slot that nothing starts, and read them back.

    Files that the system doesn't have go first: there is no room for two systems at once. Raises
    `Invalid`, `Failed`.
    """
    folder = card.boot / slot
    files.make_folder(folder)
    with files.storage_errors(folder):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                with contextlib.suppress(OSError):  # not empty
                    path.rmdir()
            elif path.relative_to(folder).as_posix() not in system.boot:
                path.unlink()
    for name, file in sorted(system.boot.items()):
        _write_boot_file(folder / name, store, file)
    with files.storage_errors(folder):
        for path in {folder, *((folder / name).parent for name in system.boot)}:
            files.fsync_folder(path)
    for name, file in sorted(system.boot.items()):
        with files.opened(folder / name) as written:
            try:
                files.copy(written, len, file.size, file.digest, what=str(folder / name))
            except Invalid as error:
                raise Failed(f"{folder / name}: doesn't give back what was written") from error


def _write_boot_file(path: Path, store: Path, file: File) -> None:
    files.make_folder(path.parent)
    with (
        files.opened(_stored(store, file.digest)) as source,
        files.storage_errors(path),
        path.open("wb") as target,
    ):
        files.copy(source, target.write, file.size, file.digest, what=str(path))
        target.flush()
        os.fsync(target.fileno())
        os.posix_fadvise(target.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _stored(store: Path, digest: str) -> Path:
    return store / digest[:2] / digest
