"""What a system consists of, as its manifest says: which file goes where on the card.

system.squashfs          the root file system: into the slot, raw
boot/NAME                kernel, initramfs, device trees: to the slot's folder on the boot
                         partition, under the same name
slot-a/entry.conf        what the loader starts slot a by (UEFI)
slot-a/config.txt        the same for the firmware of a Raspberry Pi
slot-a/NAME              any other: into the slot's folder, too (cmdline.txt); and so slot-b/
release.toml             what it is; into the slot's folder
"""

import re
from typing import NamedTuple

from deploy.node.update import signed
from deploy.node.update.faults import Invalid
from deploy.node.update.limits import BOOT_FILE_BYTES_MAX, FILES_MAX, TEXT_FILE_BYTES_MAX

SQUASHFS = "system.squashfs"
RELEASE = "release.toml"
ENTRY = "entry.conf"
SLOTS = ("a", "b")

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,99}(/[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,99})?")


class File(NamedTuple):
    """A file of a system: its bytes in number, and their digest."""

    size: int
    digest: str


class System(NamedTuple):
    """A system: for which machine, its squashfs, and the files of its boot folder for one slot.

    `boot` has them by name; the texts that the loader and the firmware start it by are among them.
    """

    arch: str
    squashfs: File
    boot: dict[str, File]


def read(data: bytes, *, pack: str, version: int, slot: str) -> System:
    """Return the system that a manifest describes, as it goes into `slot`. Raises `Invalid`.

    `data` has the digest that was signed.
    """
    what = f"manifest of {pack} {version}"
    plain = signed.read_json(data, what=what)
    if not isinstance(plain, dict) or plain.get("format") != 1:
        raise Invalid(f"{what}: isn't of format 1")
    if (plain.get("pack"), plain.get("version")) != (pack, version):
        raise Invalid(f"{what}: is of {plain.get('pack')!r} {plain.get('version')!r}")
    arch = signed.text(signed.table(plain, "system", what=what), "arch", what=what)
    files = _files(plain.get("files"), what=what)
    boot: dict[str, File] = {}
    for path, file in files.items():
        folder, _, name = path.partition("/")
        if path == RELEASE:
            name = RELEASE
        elif folder not in {"boot", f"slot-{slot}"}:
            continue
        _put(boot, name, file, text=folder != "boot", what=f"{what}: {path}")
    for name in ("vmlinuz", "initrd.img", ENTRY, RELEASE):
        if name not in boot:
            raise Invalid(f"{what}: has no {name} for slot {slot}")
    if SQUASHFS not in files:
        raise Invalid(f"{what}: has no {SQUASHFS}")
    return System(arch, files[SQUASHFS], boot)


def _files(found: object, *, what: str) -> dict[str, File]:
    if not isinstance(found, list) or len(found) > FILES_MAX:
        raise Invalid(f"{what}: files is no list of at most {FILES_MAX}")
    files = {}
    for each in found:
        if not isinstance(each, dict):
            raise Invalid(f"{what}: a file is no object")
        path = signed.text(each, "path", what=what)
        digest = signed.text(each, "digest", what=f"{what}: {path[:100]}")
        if not _DIGEST.fullmatch(digest):
            raise Invalid(f"{what}: {path[:100]}: {digest[:70]!r} is no digest")
        size = signed.number(each, "size", what=f"{what}: {path[:100]}")
        if path in files:
            raise Invalid(f"{what}: {path[:100]} stands twice")
        files[path] = File(size, digest)
    return files


def _put(boot: dict[str, File], name: str, file: File, *, text: bool, what: str) -> None:
    """Put a file into the slot's folder. Raises `Invalid` for a name that can't stand there."""
    if not _NAME.fullmatch(name):
        raise Invalid(f"{what}: can't be a file of the boot partition")
    if name.lower() in {known.lower() for known in boot}:
        raise Invalid(f"{what}: there are two files of this name, as FAT reads it")
    most = TEXT_FILE_BYTES_MAX if text else BOOT_FILE_BYTES_MAX
    if file.size > most:
        raise Invalid(f"{what}: {file.size} bytes, at most {most}")
    boot[name] = file
