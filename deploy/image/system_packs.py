"""A system pack out of an image: what cards of this image run becomes what boxes update to.

    image ─ partition system-a ─→ system.squashfs, as long as the file system is
              in it usr/lib/satchel/release.toml ─→ release.toml
          ─ boot partition, a/ ─→ boot/vmlinuz, boot/initrd.img, boot/*.dtb
          ─ the texts of both slots (boot_files.py) ─→ slot-a/…, slot-b/…

So a box that was updated and one whose card was written anew run the same bytes, and a delta from
one version to the next is made between what is really on cards. The pack's version is the system's.
"""

import json
import re
import shutil
import struct
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from content_packs import packing, systems
from content_packs.errors import InvalidContent, Missing, UsageError
from content_packs.manifest import FORMAT, Item, Lesson, Manifest, Publisher, System, Variant
from content_packs.packing import Content
from deploy.image import boot_files

PUBLISHER = "satchel"
SLOT = "a"
_SECTOR = 512
_SUPERBLOCK = struct.Struct("<I 36x Q")  # magic; bytes used, from byte 40 on
_MAGIC = 0x73717368
_BLOCK = 4096  # mksquashfs fills up to it
_RELEASE_BYTES_MAX = 4096
_RELEASE_PATH = "usr/lib/satchel/release.toml"
_TEXTS = {boot_files.ENTRY, boot_files.CONFIG_TXT, boot_files.COMMAND_LINE, systems.RELEASE}
_BINARY = "application/octet-stream"


class Region(NamedTuple):
    """A partition within an image, in bytes."""

    start: int
    size: int


class Release(NamedTuple):
    """Which system an image is: its release file."""

    version: int
    satchel: str
    arch: str


def make(
    image: Path,
    out: Path,
    work: Path,
    *,
    publisher: str = PUBLISHER,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Manifest:
    """Write the cpack `out` of the system in `image`; `work` is a folder for what is taken out.

    Raises `InvalidContent` for an image that has no such system, `Missing` without the programs
    that read it, `StorageFailed`.
    """
    regions = partitions(image)
    with _emptied(work):
        squashfs = _squashfs(image, regions[f"system-{SLOT}"], work)
        files = _boot_files(image, regions[systems.BOOT], work)
        said = _release(squashfs, image=image)
        release = read_release(said)
        contents = list(_contents(squashfs, said, files, release, image=image))
        return packing.make_cpack(describe(release, contents, publisher), contents, out, progress)


def read_release(data: bytes) -> Release:
    """Return which system a release file says. Raises `InvalidContent`."""
    what = f"{systems.RELEASE} of the image"
    try:
        plain = tomllib.loads(data[:_RELEASE_BYTES_MAX].decode())
        found = Release(plain["system"], plain["satchel"], plain["arch"])
    except (ValueError, KeyError) as error:
        raise InvalidContent(f"{what}: {error}; expected system, satchel and arch") from error
    if isinstance(found.version, bool) or not isinstance(found.version, int):
        raise InvalidContent(f"{what}: system is {found.version!r}, expected a whole number")
    return found


def describe(release: Release, contents: list[Content], publisher: str) -> Manifest:
    """Return the manifest of a system, without its files."""
    title = {
        "en": f"System {release.version} for boxes ({release.arch})",
        "zh": f"盒子的系统 {release.version}（{release.arch}）",
    }
    needs = tuple(sorted(each.path for each in contents if each.path != systems.SQUASHFS))
    variant = Variant(path=systems.SQUASHFS, needs=needs)
    item = Item(systems.LESSON, "document", title, (variant,))
    return Manifest(
        format=FORMAT,
        pack=f"satchel-system-{release.arch}",
        version=release.version,
        languages=("en", "zh"),
        title=title,
        summary={
            "en": f"What a box itself runs on, with Satchel {release.satchel}.",
            "zh": f"盒子自身运行的系统，带 Satchel {release.satchel}。",
        },
        publisher=Publisher(publisher, {"en": "Satchel", "zh": "Satchel"}),
        licence="https://www.debian.org/legal/licenses/",
        stage="",
        grade="",
        subject="",
        lessons=(Lesson(systems.LESSON, title, (item,)),),
        files=(),
        system=System(release.arch),
    )


def _contents(
    squashfs: Path, said: bytes, files: dict[str, Path], release: Release, *, image: Path
) -> Iterator[Content]:
    """Yield the files of the pack. Raises `InvalidContent` where one that starts it is missing."""
    extra = _extra_words(files.get(boot_files.ENTRY), image=image)
    yield Content(systems.SQUASHFS, _BINARY, squashfs)
    for name in (boot_files.KERNEL, boot_files.INITRD):
        if name not in files:
            raise InvalidContent(f"{image}: its boot partition has no {SLOT}/{name}")
    for name, path in files.items():
        if name not in _TEXTS:
            yield Content(f"{systems.BOOT}/{name}", _BINARY, path)
    yield Content(systems.RELEASE, _BINARY, said)
    for slot in systems.SLOTS:
        for name, text in boot_files.slot_texts(slot, release.version, extra).items():
            yield Content(f"slot-{slot}/{name}", _BINARY, text.encode())


def _extra_words(entry: Path | None, *, image: Path) -> tuple[str, ...]:
    """Return the kernel options that the image was built with beyond the usual ones."""
    if entry is None:
        raise InvalidContent(f"{image}: its boot partition has no {SLOT}/{boot_files.ENTRY}")
    options = re.search(r"^options (.*)$", entry.read_text(), re.MULTILINE)
    usual = boot_files.command_line(SLOT, "efi").split()
    words = options[1].split() if options else []
    return tuple(word for word in words if word not in usual)


def partitions(image: Path) -> dict[str, Region]:
    """Return the partitions of an image by label. Raises `InvalidContent`, `UsageError`."""
    if not image.is_file():
        raise UsageError(
            f"{image}: is no file", hint="Name the image as built, not compressed: NAME.img"
        )
    said = _run(["sfdisk", "--json", str(image)], what=f"{image}: no partition table")
    found = {}
    for each in json.loads(said)["partitiontable"]["partitions"]:
        region = Region(each["start"] * _SECTOR, each["size"] * _SECTOR)
        found[each.get("name", "")] = region
    for label in (systems.BOOT, f"system-{SLOT}"):
        if label not in found:
            raise InvalidContent(f"{image}: has no partition {label!r}")
    return found


def _squashfs(image: Path, region: Region, work: Path) -> Path:
    """Copy the file system in a slot out of the image, without what is behind it."""
    path = work / systems.SQUASHFS
    with image.open("rb") as source, path.open("wb") as target:
        source.seek(region.start)
        magic, used = _SUPERBLOCK.unpack(source.read(_SUPERBLOCK.size))
        size = -(-used // _BLOCK) * _BLOCK
        if magic != _MAGIC or not _SUPERBLOCK.size < size <= region.size:
            raise InvalidContent(f"{image}: partition system-{SLOT} holds no squashfs")
        source.seek(region.start)
        left = size
        while left:
            piece = source.read(min(left, 1 << 20))
            if not piece:
                raise InvalidContent(f"{image}: ends within partition system-{SLOT}")
            target.write(piece)
            left -= len(piece)
    return path


def _boot_files(image: Path, region: Region, work: Path) -> dict[str, Path]:
    """Copy the slot's folder of the boot partition out; return the files by their names."""
    folder = work / systems.BOOT
    folder.mkdir()
    source = ["-i", f"{image}@@{region.start}"]
    _run(["mcopy", "-s", "-Q", "-n", *source, f"::{SLOT}", str(folder)], what=f"{image}: FAT")
    return {
        path.relative_to(folder / SLOT).as_posix(): path
        for path in sorted((folder / SLOT).rglob("*"))
        if path.is_file()
    }


def _release(squashfs: Path, *, image: Path) -> bytes:
    """Return the release file within the file system: by it a box knows what it runs."""
    return _run(["unsquashfs", "-cat", str(squashfs), _RELEASE_PATH], what=f"{image}").encode()


def _run(command: list[str], *, what: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Missing(
            f"{command[0]} isn't installed",
            hint="On Debian: apt install fdisk mtools squashfs-tools",
        ) from error
    if done.returncode:
        raise InvalidContent(f"{what}: {done.stderr.strip()[:200]}")
    return done.stdout


@contextmanager
def _emptied(work: Path) -> Iterator[None]:
    """Make the folder `work`, and remove it with all that is in it."""
    work.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(work)
