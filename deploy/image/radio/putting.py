"""Puts what a trial needs onto a card, without changing the system on it.

The loader's entry gets a second initramfs. The kernel unpacks both, the second over the first: its
`init` is the image's own, and copies `/wifi-trial` and a unit into the root's memory before it
hands over. What runs then is the image as it is, with one unit more.
"""

import gzip
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from content_packs.errors import InvalidContent
from deploy.image.initramfs import cpio
from deploy.image.running import run

HERE = Path(__file__).parent / "guest"
INIT = Path(__file__).parents[1] / "initramfs/init"
PROGRAMS = {"busybox-static": ("busybox",), "wpasupplicant": ("wpa_supplicant",)}
LIBRARIES = ("libpcsclite1", "libdbus-1-3", "libnl-3-200",
             "libnl-genl-3-200", "libnl-route-3-200", "libssl3")  # fmt: skip
UNIT = "satchel-wifi-trial.service"
_UNITS = "extra/etc/systemd/system"
_ON_CARD = "a/wifi-trial.img"
_BEFORE = "  for place in proc sys dev run; do\n"
_COPY = "  cp -a /extra/. /root/\n"


def archive(packages: Mapping[str, Path], init: str) -> bytes:
    """Return the second initramfs. `packages`: folders of unpacked Debian packages, by name.

    Raises `InvalidContent` where `init` has no place at which to copy, or a program is missing.
    """
    if init.count(_BEFORE) != 1:
        raise InvalidContent(
            f"{INIT}: expected one line {_BEFORE.strip()!r}, at which a trial copies its files"
        )
    entries = [cpio.file("init", init.replace(_BEFORE, _COPY + _BEFORE).encode(), 0o755)]
    found = dict(_files(packages))
    for programs in PROGRAMS.values():
        for name in programs:
            if f"extra/wifi-trial/bin/{name}" not in found:
                raise InvalidContent(f"no program {name} in the packages for the trial")
    for name, (data, mode) in found.items():
        entries.append(cpio.file(name, data, mode))
    wanted_by = f"{_UNITS}/multi-user.target.wants/{UNIT}"
    entries.append(cpio.link(wanted_by, f"/etc/systemd/system/{UNIT}"))
    names = [entry.name for entry in entries]
    folders = {str(parent) for name in names for parent in Path(name).parents} - {"."}
    entries += [cpio.folder(name) for name in folders]
    return cpio.pack(entries, seconds=0)


def put(card: Path, initramfs: bytes, folder: Path) -> None:
    """Put the second initramfs onto a card in a file, and name it in the loader's entry.

    Compressed, since the loader puts one right behind the other: the kernel finds a compressed
    archive at any place, and a plain one only where the first one's length is a multiple of four.
    """
    at = f"{card}@@{_boot_offset(card)}"
    (folder / "wifi-trial.img").write_bytes(gzip.compress(initramfs, mtime=0))
    run(["mcopy", "-o", "-i", at, folder / "wifi-trial.img", f"::{_ON_CARD}"])
    listed = run(["mdir", "-b", "-i", at, "::loader/entries"])
    names = [line.strip().rsplit("/", 1)[-1] for line in listed.splitlines()]
    name = next((name for name in names if name.startswith("satchel-a")), None)
    if name is None:
        raise InvalidContent(f"{card}: the loader has no entry satchel-a, it has {names}")
    entry = folder / name
    run(["mcopy", "-n", "-o", "-i", at, f"::loader/entries/{name}", entry])
    entry.write_text(with_initramfs(entry.read_text(encoding="utf-8")), encoding="utf-8")
    run(["mcopy", "-o", "-i", at, entry, f"::loader/entries/{name}"])


def with_initramfs(entry: str) -> str:
    """Return a loader's entry that names the second initramfs after the first."""
    lines = [line for line in entry.splitlines() if _ON_CARD not in line]
    last = max((n for n, line in enumerate(lines) if line.startswith("initrd")), default=None)
    if last is None:
        raise InvalidContent("the loader's entry has no line `initrd`")
    lines.insert(last + 1, f"initrd /{_ON_CARD}")
    return "\n".join(lines) + "\n"


def _files(packages: Mapping[str, Path]) -> Iterator[tuple[str, tuple[bytes, int]]]:
    """Yield name, bytes and mode of what comes from us and from Debian's packages."""
    for place in sorted(HERE.iterdir()):
        if place.name == UNIT:
            yield f"{_UNITS}/{UNIT}", (place.read_bytes(), 0o644)
        elif place.is_file():
            yield f"extra/wifi-trial/{place.name}", (place.read_bytes(), 0o755)
    for package, folder in packages.items():
        for name in PROGRAMS.get(package, ()):
            for place in folder.glob(f"**/bin/{name}"):
                yield f"extra/wifi-trial/bin/{name}", (place.read_bytes(), 0o755)
            for place in folder.glob(f"**/sbin/{name}"):
                yield f"extra/wifi-trial/bin/{name}", (place.read_bytes(), 0o755)
        if package in LIBRARIES:
            for place in folder.glob("**/*.so.*"):
                yield f"extra/wifi-trial/lib/{place.name}", (place.read_bytes(), 0o755)


def _boot_offset(card: Path) -> int:
    """Return at which byte of a card its boot partition begins."""
    done = subprocess.run(["sfdisk", "--json", card], capture_output=True, text=True, check=True)
    table = json.loads(done.stdout)["partitiontable"]
    for partition in table["partitions"]:
        if partition.get("name") == "boot":
            return int(partition["start"]) * int(table.get("sectorsize", 512))
    raise InvalidContent(f"{card}: no partition is called boot")
