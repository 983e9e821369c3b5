"""Systems for boxes, and boxes that take them: packs, cards as image files, firmware that starts.

A card is an image with a partition table by sfdisk and a FAT by mtools, as a real one is; what the
box mounts is a copy of the FAT in a folder, put back when it is unmounted. Firmware is simulated by
the rules that systemd-boot and a Raspberry Pi go by, from what lies on the card and nothing else.
"""

import hashlib
import json
import os
import platform
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import packing, systems
from content_packs.manifest import Manifest, digest, encode
from content_packs.offers import Offer
from content_packs.packing import Content
from deploy.image import boot_files, system_packs
from deploy.image.initramfs.building import INIT
from deploy.node.update.booting import Booting
from deploy.node.update.card import Card, Region
from deploy.node.update.trust import Wanted
from deploy.node.update.updating import Running, Updater
from tests.support.repositories import Repository

ARCH = {"aarch64": "arm64", "x86_64": "amd64"}[platform.machine()]
PACK = f"satchel-system-{ARCH}"
MIB = 1 << 20
_START = {"boot": 1 * MIB, "system-a": 18 * MIB, "system-b": 22 * MIB, "data": 26 * MIB}
_SIZE = {"boot": 17 * MIB, "system-a": 4 * MIB, "system-b": 4 * MIB, "data": 1 * MIB}


def squashfs_like(version: int, size: int = 300_000) -> bytes:
    """Bytes that say which system they are, and have little in common with other versions'."""
    head = f'system = {version}\nsatchel = "0.{version}"\narch = "{ARCH}"\n'.encode().ljust(
        512, b"#"
    )
    return head + random.Random(version).randbytes(size)


def system_contents(version: int, *, arch: str = ARCH, size: int = 300_000) -> list[Content]:
    release = f'system = {version}\nsatchel = "0.{version}"\narch = "{arch}"\n'.encode()
    chance = random.Random(version + 1000)
    contents = [
        Content(systems.SQUASHFS, "application/octet-stream", squashfs_like(version, size)),
        Content("boot/vmlinuz", "application/octet-stream", chance.randbytes(9_000)),
        Content("boot/initrd.img", "application/octet-stream", chance.randbytes(7_000)),
        Content("boot/bcm2711-rpi-4-b.dtb", "application/octet-stream", chance.randbytes(900)),
        Content(systems.RELEASE, "application/octet-stream", release),
    ]
    for slot in systems.SLOTS:
        for name, text in boot_files.slot_texts(slot, version).items():
            path = f"slot-{slot}/{name}"
            contents.append(Content(path, "application/octet-stream", text.encode()))
    return contents


def system_cpack(
    folder: Path, version: int, *, arch: str = ARCH, size: int = 300_000
) -> tuple[Path, Manifest]:
    """A cpack of a system, and its manifest."""
    contents = system_contents(version, arch=arch, size=size)
    description = system_packs.describe(
        system_packs.Release(version, f"0.{version}", arch), contents, "satchel"
    )
    out = folder / f"{description.pack}-{version}.cpack"
    return out, packing.make_cpack(description, contents, out)


@dataclass
class CardImage:
    """A card as an image, built with system 1 in slot a; `mounted` is a copy of its FAT."""

    path: Path
    mounted: Path

    @classmethod
    def build(cls, folder: Path) -> "CardImage":
        folder.mkdir(parents=True, exist_ok=True)
        card = cls(folder / "card.img", folder / "boot")
        with card.path.open("wb") as file:
            file.truncate(28 * MIB)
        lines = ["label: gpt"]
        for label, start in _START.items():
            lines.append(f"start={start // 512}, size={_SIZE[label] // 512}, name={label}")
        subprocess.run(
            ["sfdisk", "--quiet", str(card.path)], input="\n".join(lines), text=True, check=True
        )
        sectors = str(_SIZE["boot"] // 512)
        card.mtools("mformat", "-T", sectors, "-h", "16", "-s", "63", "::")
        card.fill(1)
        return card

    def fill(self, version: int) -> None:
        """Put a system into slot a as an image has it as built."""
        self.mounted.mkdir()
        contents = {each.path: each.content for each in system_contents(version)}
        self.write_slot("a", _bytes(contents[systems.SQUASHFS]))
        for place, text in boot_files.as_built(version).items():
            self._put(place, text.encode())
        for path, content in contents.items():
            if path.startswith("boot/") or path == systems.RELEASE:
                self._put(f"a/{path.rpartition('/')[2]}", _bytes(content))
        self.unmount()

    def _put(self, place: str, data: bytes) -> None:
        path = self.mounted / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def mtools(self, program: str, *arguments: str) -> None:
        image = f"{self.path}@@{_START['boot']}"
        subprocess.run([program, "-i", image, *arguments], check=True, capture_output=True)

    def unmount(self) -> None:
        """Put what lies in the mounted folder onto the card's FAT."""
        names = [path.name for path in self.mounted.iterdir()]
        self.mtools("mformat", "-T", str(_SIZE["boot"] // 512), "-h", "16", "-s", "63", "::")
        if names:
            sources = [str(self.mounted / name) for name in names]
            self.mtools("mcopy", "-s", "-Q", "-o", *sources, "::")
        shutil.rmtree(self.mounted)

    def mount(self) -> Path:
        """Copy the card's FAT into the folder that stands for it."""
        shutil.rmtree(self.mounted, ignore_errors=True)
        self.mounted.mkdir()
        self.mtools("mcopy", "-s", "-Q", "-n", "::*", str(self.mounted))
        return self.mounted

    def region(self, slot: str) -> Region:
        return Region(self.path, _START[f"system-{slot}"], _SIZE[f"system-{slot}"])

    def write_slot(self, slot: str, data: bytes) -> None:
        with self.path.open("r+b") as file:
            file.seek(self.region(slot).start)
            file.write(data)

    def read_slot(self, slot: str, size: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.region(slot).start)
            return file.read(size)

    def release_in(self, slot: str) -> tuple[int, str]:
        """What the system in a slot says of itself, as its release file would."""
        text = self.read_slot(slot, 512).decode(errors="replace")
        found = re.search(r'system = (\d+)\nsatchel = "([^"]*)"', text)
        assert found, f"slot {slot} holds no system"
        return int(found[1]), found[2]

    def on(self) -> Card:
        return Card({slot: self.region(slot) for slot in systems.SLOTS}, self.mounted)


def uefi_start(boot: Path) -> str:
    """Choose a slot as systemd-boot does, and count its try down in the name."""
    found = []
    for path in (boot / "loader/entries").iterdir():
        read = boot_files.read_entry_name(path.name)
        if read:
            text = path.read_text()
            version = re.search(r"^version (\d+)$", text, re.MULTILINE)
            assert version, f"{path.name} is cut off"
            found.append((read[1] == 0, -int(version[1]), path, read))
    assert found, "no entry is left: the box doesn't start"
    _, _, path, (slot, left, used) = min(found)
    if left:
        path.rename(path.with_name(f"satchel-{slot}+{left - 1}-{used + 1}.conf"))
    return slot


def pi_slot(boot: Path) -> str:
    """Return the slot that a Raspberry Pi's firmware starts."""
    slot = boot_files.read_pi_slot((boot / "config.txt").read_text())
    assert slot, "config.txt names no slot: the box doesn't start"
    return slot


def pi_start(boot: Path) -> str:
    """Choose a slot as a Raspberry Pi's firmware does; then the initramfs in it has its turn."""
    slot = pi_slot(boot)
    subprocess.run(
        ["dash", "-c", f'. "{INIT}"; PATH={os.defpath}; go_back "$1"', "init", str(boot)],
        check=True, env={"SATCHEL_INIT": "parts"},
    )  # fmt: skip
    return slot


@dataclass
class Box:
    """A box with a card: it is switched on, and root's side runs in it."""

    card: CardImage
    data: Path
    uefi: bool = True
    starts: int = 0
    reboots: int = 0
    slot: str = ""

    @property
    def boot_id(self) -> str:
        return f"start-{self.starts}"

    def __post_init__(self) -> None:
        (self.data / "run").mkdir(parents=True, exist_ok=True)

    def power_on(self) -> None:
        """Start: the firmware chooses a slot; a request that was made before counts no more."""
        boot = self.card.mount()
        self.reboots = 0
        self.starts += 1
        self.slot = uefi_start(boot) if self.uefi else pi_start(boot)

    def power_off(self) -> None:
        """What lies on the card stays."""
        self.card.unmount()

    @property
    def version(self) -> int:
        return self.card.release_in(self.slot)[0]

    def updater(self) -> Updater:
        version, satchel = self.card.release_in(self.slot)
        running = Running(self.boot_id, ARCH, self.slot, version, satchel)
        booting = Booting(self.card.mounted, uefi=self.uefi)
        return Updater(running, self.card.on(), booting, self.data, reboot=self._reboot)

    def _reboot(self) -> None:
        self.reboots += 1

    @contextmanager
    def on(self) -> Iterator["Box"]:
        self.power_on()
        try:
            yield self
        finally:
            self.power_off()

    def said(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.data / "run/system.json").read_bytes())
        return found


def put_into_store(data: Path, version: int, found: Manifest) -> str:
    """Put a system's manifest and files where a node has them; return the manifest's digest."""
    name = digest(found)
    (data / "manifests").mkdir(parents=True, exist_ok=True)
    (data / "manifests" / f"{name}.json").write_bytes(encode(found))
    for each in system_contents(version):
        body = _bytes(each.content)
        hashed = hashlib.sha256(body).hexdigest()
        place = data / "store" / hashed[:2] / hashed
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
    return name


def _bytes(content: bytes | Path) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def offer_systems(repository: Repository, folder: Path, *versions: int) -> dict[int, Offer]:
    """Publish systems, offer the newest on the channel `system`, and sign."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for version in versions:
        cpack, _ = system_cpack(folder, version)
        found[version] = repository.publish(cpack)
        repository.offer(systems.CHANNEL, found[version])
    return found


def trust_as_a_node(repository: Repository, data: Path) -> None:
    """Put the newest signed metadata where a node that followed it would have it."""
    trust = data / "trust"
    trust.mkdir(parents=True, exist_ok=True)
    newest: dict[str, int] = {}
    for path in (repository.root / "metadata").iterdir():
        if found := re.fullmatch(r"(\d+)\.(.+)\.json", path.name):
            version, role = int(found[1]), found[2]
            if role == "root":
                shutil.copy(path, trust / path.name)
            elif version > newest.get(role, 0):
                newest[role] = version
                shutil.copy(path, trust / f"{role}.json")


@dataclass
class District:
    """A hub's repository and one box of it, whose node has fetched what is offered."""

    repository: Repository
    box: Box
    folder: Path
    offers: dict[int, Offer] = field(default_factory=dict)

    @classmethod
    def build(cls, folder: Path, *, uefi: bool = True) -> "District":
        repository = Repository(folder / "repository", ("main", systems.CHANNEL))
        card = CardImage.build(folder / "card")
        boot = card.mount()
        (boot / "satchel").mkdir()
        (boot / "satchel" / "root.json").write_bytes(repository.first_root)
        card.unmount()
        return cls(repository, Box(card, folder / "data", uefi=uefi), folder)

    def bring(self, version: int) -> Wanted:
        """Publish and offer a system, and have the node fetch it."""
        self.offers |= offer_systems(self.repository, self.folder / "cpacks", version)
        found = self.repository.published[PACK, version].manifest
        put_into_store(self.box.data, version, found)
        trust_as_a_node(self.repository, self.box.data)
        return Wanted(PACK, version, self.offers[version].manifest)
