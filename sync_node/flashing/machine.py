"""What a laptop's kernel says of its disks: sysfs and procfs, read and not yet judged (`media`).

`/sys/class/block` has every disk and partition; what uses one stands in five places: `holders`
(LVM, RAID, encryption, bcache), the table of mounts, the list of swaps, the files behind loops, and
the devices of a mounted btrfs, whose mounts have numbers of their own. A sixth is no use of the
kernel's: what programs have open for writing.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sync_node.flashing.limits import MOUNTS_BYTES_MAX, SECTOR_BYTES, SYSFS_BYTES_MAX

_FLAGS = re.compile(r"^flags:\s*([0-7]+)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([0-7]{3})")
_USB = re.compile(r"usb\d+")
_NO_REAL_USB = ("vhci_hcd", "dummy_hcd")  # a disk of another machine (usbip), a file of this one


def number_of(path: Path) -> str | None:
    """Return the number of the block device at `path`, such as `8:16`; None where it is none.

    Raises `OSError` where nothing is there.
    """
    found = path.stat()
    if not stat.S_ISBLK(found.st_mode):
        return None
    return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"


@dataclass(frozen=True)
class Mount:
    """One line of the table of mounts. `number`: of the device, `0:…` for what has none."""

    number: str
    place: str
    kind: str
    source: str


@dataclass(frozen=True)
class Disk:
    """A whole disk as the kernel describes it. `size` in bytes, 0 for a reader without a card.

    `bus`: `usb`, `card-slot`, `virtual`, or what its place in sysfs says, such as `nvme`. `kind`:
    what kind of SCSI device or of card it is, as sysfs has it. `sequence`: another one for each
    card that is put in, empty where the kernel is too old to say.
    """

    name: str
    number: str
    size: int
    sector: int
    bus: str
    kind: str
    removable: bool
    read_only: bool
    model: str = ""
    serial: str = ""
    sequence: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Machine:
    """What can be asked of this laptop; tests give folders of their own for its three trees."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")
    device_number: Callable[[Path], str | None] = number_of

    def disks(self) -> list[Disk]:
        """Return every disk that is none of the kernel's own making, by name."""
        found = [self.disk(name) for name in self._names() if not self.is_partition(name)]
        return [disk for disk in found if disk.bus != "virtual"]

    def name_of(self, number: str) -> str:
        """Return the kernel's name of a block device, `sdb` or `sdb1`; empty for no such one."""
        place = self.sys / "dev" / "block" / number
        return place.resolve().name if place.exists() else ""

    def is_partition(self, name: str) -> bool:
        """Say whether a block device is a part of another one."""
        return (self._place(name) / "partition").exists()

    def whole(self, name: str) -> str:
        """Return the disk of a partition, or the disk itself."""
        return self._place(name).resolve().parent.name if self.is_partition(name) else name

    def disk(self, name: str) -> Disk:
        """Return what the kernel says of a disk."""
        place = self._place(name)
        sectors = self._text(place / "size")
        bus = self._bus(place)
        card = self._text(place / "device" / "cid")
        return Disk(
            name=name,
            number=self._text(place / "dev"),
            size=int(sectors) * SECTOR_BYTES if sectors.isdigit() else 0,
            sector=int(self._text(place / "queue" / "logical_block_size") or SECTOR_BYTES),
            bus=bus,
            kind=self._text(place / "device" / "type"),
            removable=self._text(place / "removable") == "1",
            read_only=self._text(place / "ro") == "1",
            model=self._model(place),
            serial=card or self._serial(place),
            sequence=self._text(place / "diskseq"),
            parts=tuple(self._parts(place)),
        )

    def holders(self, name: str) -> list[str]:
        """Return who has a disk or partition in use, as the kernel's names."""
        return sorted(_names_in(self._place(name) / "holders"))

    def beneath(self, name: str) -> set[str]:
        """Return the names of all that a block device stands on: partitions, disks, and itself."""
        found: set[str] = set()
        to_do = [name]
        while to_do:
            at = to_do.pop()
            if not at or at in found:
                continue
            found.add(at)
            to_do.append(self.whole(at))
            to_do += _names_in(self._place(at) / "slaves")
            to_do += self._behind_loop(at)
        return found

    def mounts(self) -> list[Mount]:
        """Return what is mounted, as this process or the first one of this machine sees it."""
        found = []
        lines: dict[str, None] = {}
        for who in ("self", "1"):
            text = self._text(self.proc / who / "mountinfo", MOUNTS_BYTES_MAX)
            lines |= dict.fromkeys(text.splitlines())
        for line in lines:
            before, dash, after = line.partition(" - ")
            fields, more = before.split(" "), after.split(" ")
            if dash and len(fields) > 4 and len(more) > 1:
                found.append(Mount(fields[2], _plain(fields[4]), more[0], _plain(more[1])))
        return found

    def devices_of(self, mount: Mount) -> set[str]:
        """Return the names of the block devices that a mount is of, and all beneath them."""
        names = {self.name_of(mount.number), self.named(mount.source)}
        return set().union(*(self.beneath(name) for name in names if name))

    def swaps(self) -> set[str]:
        """Return the names of block devices that hold swap, and all beneath them."""
        lines = self._text(self.proc / "swaps").splitlines()[1:]
        names = [self.named(_plain(line.split()[0])) for line in lines if line.split()]
        return set().union(*(self.beneath(name) for name in names if name), set())

    def of_btrfs(self) -> set[str]:
        """Return the names of block devices that a mounted btrfs is made of, and all beneath."""
        found: set[str] = set()
        for file_system in _names_in(self.sys / "fs" / "btrfs"):
            for name in _names_in(self.sys / "fs" / "btrfs" / file_system / "devices"):
                found |= self.beneath(name)
        return found

    def loops(self) -> dict[str, set[str]]:
        """Return, by the name of a loop, what block devices it stands on."""
        names = [name for name in self._names() if name.startswith("loop")]
        found = {name: self.beneath(name) - {name} for name in names}
        return {name: beneath for name, beneath in found.items() if beneath}

    def writers(self, names: set[str]) -> list[tuple[str, str]]:
        """Return which of these block devices programs but this one have open for writing.

        Each with the program, for people: a virtual machine, or another one that writes cards, is
        no holder. Of other users' programs only root is told.
        """
        numbers = {self._text(self._place(name) / "dev"): name for name in names}
        own = (self.proc / "self").resolve().name
        found = set()
        for process in _names_in(self.proc):
            if process.isdecimal() and process != own:
                program = self._text(self.proc / process / "comm") or "a program"
                for number in numbers.keys() & self._written_by(process):
                    found.add((numbers[number], f"{program} (process {process})"))
        return sorted(found)

    def _written_by(self, process: str) -> set[str]:
        place = self.proc / process
        found = set()
        for each in _names_in(place / "fd"):
            try:
                if not str((place / "fd" / each).readlink()).startswith(f"{self.dev}/"):
                    continue  # asking what lies elsewhere may wait for a server that is gone
                number = self.device_number(place / "fd" / each)
            except OSError:
                continue
            if number and _is_for_writing(self._text(place / "fdinfo" / each)):
                found.add(number)
        return found

    def named(self, path: str) -> str:
        """Return the kernel's name of what a path below /dev stands for; empty for nothing."""
        if not path.startswith("/dev/"):
            return ""
        rest = path.removeprefix("/dev/")
        if rest.startswith("mapper/"):
            for name in self._names():
                if self._text(self._place(name) / "dm" / "name") == rest.removeprefix("mapper/"):
                    return name
        try:
            number = self.device_number(self.dev / rest)
        except OSError:
            number = None
        if number:
            return self.name_of(number)
        name = rest.replace("/", "!")
        return name if self._place(name).exists() else ""

    def _behind_loop(self, name: str) -> list[str]:
        file = self._text(self._place(name) / "loop" / "backing_file")
        if not file:
            return []
        if named := self.named(file):
            return [named]
        try:
            if number := self.device_number(Path(file)):  # somebody made a node elsewhere
                return [self.name_of(number)]
        except OSError:
            pass
        holding = [mount for mount in self.mounts() if _holds(mount.place, file)]
        if not holding:
            return []
        nearest = max(holding, key=lambda mount: len(mount.place))
        return [self.name_of(nearest.number), self.named(nearest.source)]

    def _bus(self, place: Path) -> str:
        parts = place.resolve().parts
        if "virtual" in parts or any(part.startswith(_NO_REAL_USB) for part in parts):
            return "virtual"
        if "mmc_host" in parts:  # also of a laptop's slot that hangs on its USB
            return "card-slot"
        if any(map(_USB.fullmatch, parts)):
            return "usb"
        for name in ("nvme", "ata", "virtio", "session", "rport-"):
            if any(part.startswith(name) for part in parts):
                return name.rstrip("-")
        return "unknown"

    def _model(self, place: Path) -> str:
        device = place / "device"
        words = [self._text(device / "vendor"), self._text(device / "model")]
        if not any(words):
            words = [self._text(device / "name")]
        return " ".join(" ".join(words).split())

    def _serial(self, place: Path) -> str:
        """Return the serial number of the nearest thing above that has one: a USB reader, say.

        Nothing above that is asked: hubs have one, too, and it is that of all that hang on them.
        """
        at = (place / "device").resolve()
        while self.sys.resolve() in at.parents:
            found = self._text(at / "serial")
            if found or (at / "idVendor").exists():
                return found
            at = at.parent
        return ""

    def _parts(self, place: Path) -> Iterator[str]:
        for name in sorted(_names_in(place)):
            if (place / name / "partition").exists():
                yield name

    def _names(self) -> list[str]:
        return sorted(_names_in(self.sys / "class" / "block"))

    def _place(self, name: str) -> Path:
        return self.sys / "class" / "block" / name

    def _text(self, path: Path, bytes_max: int = SYSFS_BYTES_MAX) -> str:
        try:
            with path.open("rb") as file:
                return file.read(bytes_max).decode(errors="replace").strip()
        except OSError:
            return ""


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # names alone
    except OSError:
        return []


def _is_for_writing(fdinfo: str) -> bool:
    """Say whether what procfs tells of an open file is that it can be written."""
    found = _FLAGS.search(fdinfo)
    flags = int(found.group(1), 8) if found else 0
    return flags & os.O_ACCMODE != os.O_RDONLY and not flags & os.O_PATH


def _plain(text: str) -> str:
    r"""Return a word of procfs, in which a blank is `\040`."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 8)), text)


def _holds(place: str, file: str) -> bool:
    return place in {"/", file} or file.startswith(place.rstrip("/") + "/")
