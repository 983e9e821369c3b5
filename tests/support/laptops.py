"""A laptop as its kernel describes it: folders like /sys and /proc, devices that are text files.

```
laptop = Laptop(tmp_path)
laptop.usb_stick("sdb", size=32 * 10**9)
laptop.mount("8:17", "/media/stick", source="/dev/sdb1")
laptop.machine
```
A device node is a file with the device's number in it: nothing here can reach a real disk.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sync_node.flashing.machine import Machine

_SECTOR = 512


@dataclass
class Laptop:
    """`mounts` and `swaps` are lines as procfs has them."""

    root: Path
    mounts: list[str] = field(default_factory=list)
    swaps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for folder in ("sys/class/block", "sys/dev/block", "sys/fs/btrfs", "proc/self", "dev"):
            (self.root / folder).mkdir(parents=True)
        self.mounts = self.mounts or ["1 1 0:2 / / rw - rootfs rootfs rw"]
        self._procfs()

    @property
    def machine(self) -> Machine:
        return Machine(
            self.root / "sys", self.root / "proc", self.root / "dev", device_number=_number_of
        )

    def disk(
        self, name: str, number: str, place: str, *, size: int = 32 * 10**9, **facts: str
    ) -> Path:
        """A disk at a place below /sys/devices; `facts` by file, as `device__model`."""
        home = self.root / "sys" / "devices" / place / "block" / name
        (home / "holders").mkdir(parents=True)
        (home / "slaves").mkdir()
        (home / "queue").mkdir()
        if not place.startswith("virtual"):
            (home / "device").symlink_to(os.path.relpath(home.parent.parent, home))
        plain = {
            "dev": number, "size": str(size // _SECTOR), "removable": "0", "ro": "0",
            "queue__logical_block_size": "512", "diskseq": number.replace(":", ""),
        }  # fmt: skip
        for key, value in {**plain, **facts}.items():
            _write(home.joinpath(*key.split("__")), value)
        self._known(name, number, home)
        return home

    def usb_stick(self, name: str = "sdb", number: str = "8:16", **facts: object) -> Path:
        usb = "pci0000:00/0000:00:14.0/usb1/1-2"
        given = {
            "removable": "1", "device__type": "0", "device__vendor": "SanDisk ",
            "device__model": "Ultra           ", **facts,
        }  # fmt: skip
        home = self.disk(name, number, f"{usb}/1-2:1.0/host6/target6:0:0/6:0:0:0", **given)  # type: ignore[arg-type]  # size among them
        reader = self.root / "sys" / "devices" / usb
        _write(reader / "serial", "4C530001")
        for place in (reader, reader.parent):  # the controller is a USB device, too
            _write(place / "idVendor", "0781")
        _write(reader.parent / "serial", "0000:00:14.0")
        return home

    def sd_card(self, name: str = "mmcblk0", number: str = "179:0", **facts: object) -> Path:
        given = {
            "device__type": "SD", "device__name": "SD32G",
            "device__cid": "035344534433324785c0ffee0123", **facts,
        }  # fmt: skip
        return self.disk(name, number, "pci0000:00/0000:02:00.0/mmc_host/mmc0/mmc0:aaaa", **given)  # type: ignore[arg-type]

    def nvme(self, name: str = "nvme0n1", number: str = "259:0", **facts: object) -> Path:
        place = "pci0000:00/0000:00:1d.0/nvme/nvme0"
        return self.disk(name, number, place, size=512 * 10**9, device__model="SSD", **facts)  # type: ignore[arg-type]

    def part(self, disk: Path, name: str, number: str) -> Path:
        """A partition of a disk."""
        home = disk / name
        (home / "holders").mkdir(parents=True)
        for key, value in {"partition": "1", "dev": number, "size": "2048"}.items():
            _write(home / key, value)
        self._known(name, number, home)
        return home

    def virtual(self, name: str, number: str, *over: str, **facts: str) -> Path:
        """A device of the kernel's own making, such as `dm-0`, over others."""
        home = self.disk(name, number, "virtual", **facts)
        for below in over:
            place = (self.root / "sys/class/block" / below).resolve()
            (home / "slaves" / below).symlink_to(place)
            (place / "holders" / name).symlink_to(home)
        return home

    def mount(
        self, number: str, place: str, *, source: str, kind: str = "ext4", seen_by: str = "self"
    ) -> None:
        line = f"36 35 {number} / {place} rw,noatime shared:1 - {kind} {source} rw"
        if seen_by == "self":
            self.mounts.append(line)
        else:
            _write(self.root / "proc" / seen_by / "mountinfo", line + "\n")
        self._procfs()

    def opens(self, process: int, program: str, path: Path | str, *, flags: int) -> None:
        """A program has a file open; `flags` as it gave them to open(2)."""
        home = self.root / "proc" / str(process)
        _write(home / "comm", f"{program}\n")
        _write(home / "fdinfo" / "7", f"pos:\t0\nflags:\t0{flags:o}\nmnt_id:\t25\nino:\t3\n")
        (home / "fd").mkdir()
        (home / "fd" / "7").symlink_to(path)

    def swap(self, path: str) -> None:
        self.swaps.append(f"{path}  partition  1000  0  -2")
        self._procfs()

    def btrfs(self, *names: str) -> None:
        folder = self.root / "sys/fs/btrfs/5ac7" / "devices"
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).symlink_to((self.root / "sys/class/block" / name).resolve())

    def _known(self, name: str, number: str, home: Path) -> None:
        for place in (f"class/block/{name}", f"dev/block/{number}"):
            link = self.root / "sys" / place
            link.symlink_to(os.path.relpath(home, link.parent))
        _write(self.root / "dev" / name, number)

    def _procfs(self) -> None:
        _write(self.root / "proc/self/mountinfo", "".join(f"{line}\n" for line in self.mounts))
        head = "Filename Type Size Used Priority"
        _write(self.root / "proc/swaps", "\n".join([head, *self.swaps]) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _number_of(path: Path) -> str | None:
    if not path.exists():
        raise FileNotFoundError(path)
    is_short = path.is_file() and path.stat().st_size < 20
    text = path.read_text() if is_short else ""
    return text if ":" in text else None
