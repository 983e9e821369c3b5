"""An image of a box from the lock file and this checkout: every step, in order.

    Debian's packages   root.py            installed, kept in the cache
    the box             settling.py        cleaned; kernel and modules (kernel.py), firmware, the
                                           box's parts (deploy/node), the venv (environment.py)
    system.squashfs     settling.py        the root of a slot
    boot partition      boot_partition.py  kernel, initramfs, device trees, what firmware reads
    disk                disk.py            both in a GPT
    beside it           here               the map for `sync-node flash`, .xz, and the folder that a
                                           system update is made of

Everything is made anew but Debian's packages and downloads. Nothing here asks for the date.
"""

import os
import platform
import re
import shutil
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from content_packs.errors import UsageError
from content_packs.limits import VERSION_MAX
from deploy.image import (
    archives,
    boot_files,
    boot_partition,
    disk,
    environment,
    kernel,
    locking,
    root,
    settling,
    start_order,
    wheels,
)
from deploy.image.contents import KINDS
from deploy.image.initramfs import building as initramfs
from deploy.image.lock_file import Lock
from deploy.image.running import run, say
from deploy.node import install_list, installing
from sync_node.flashing import mapping

CHECKOUT = locking.CHECKOUT
SECONDS_IN_MINUTE = 60
FIRST_SLOT = "a"
FIRMWARE_LEFT_OUT = re.compile(r"(?:_|4)(?:db|x)\.(?:elf|dat)$")  # for debugging, for cameras
LICENCES = "usr/share/doc"
SQUASHED = "system.squashfs"
XZ_OPTIONS = ("-6", "-T2", "--block-size=24MiB")  # blocks: the bytes don't depend on threads


@dataclass(frozen=True)
class Wish:
    """What is to be built. `epoch` is the time that everything in the image has, in seconds."""

    architecture: str
    epoch: int
    work: Path
    output: Path
    system: int | None = None
    fresh: bool = False
    compress: bool = True
    processors: int = 2
    mirrors: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The system's version: as given, else the minutes from 1970 to `epoch`."""
        number = self.epoch // SECONDS_IN_MINUTE if self.system is None else self.system
        if not 0 < number <= VERSION_MAX:
            raise UsageError(f"--system: {number} is no version, expected 1 to {VERSION_MAX}")
        return number

    @property
    def image(self) -> Path:
        """Where the image goes."""
        return self.output / f"satchel-node-{self.architecture}.img"


@dataclass(frozen=True)
class Built:
    """What came out: files, and the seconds that each step took."""

    image: Path
    system: Path
    map_digest: str
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class _Sources:
    """What was fetched, and the packages of which only files are taken: name → unpacked folder."""

    lock: Lock
    debs: Mapping[str, Path]
    box_wheels: list[Path]
    tools: list[Path]
    unpacked: Mapping[str, Path]

    def of(self, name: str) -> Path:
        """Return where the unpacked package `name` lies."""
        return self.unpacked[self.lock.deb(name).name]


def build(wish: Wish) -> Built:
    """Build the image that is wished. Raises `SatchelError`s that say what to do."""
    if os.geteuid() != 0:
        raise UsageError(
            "an image is built as root: its files have owners", hint="sudo deploy/image/build"
        )
    say(f"Building system {wish.version} for {wish.architecture}")
    took: dict[str, float] = {}
    lock = locking.read(wish.architecture)
    for folder in (wish.work, wish.output):
        folder.mkdir(parents=True, exist_ok=True)
    with _timed(took, "fetching"):
        sources = _fetch(wish, lock)
    with _timed(took, "Debian's packages"):
        root.check_emulation(wish.architecture, platform.machine())
        base = root.make(lock, sources.debs, wish.work, fresh=wish.fresh)
    box = wish.work / f"box-{wish.architecture}"
    with _timed(took, "the box"):
        say("Putting the box together")
        root.copy_tree(base, box)
        found = _furnish(wish, box, sources)
    system = wish.output / f"system-{wish.architecture}"
    shutil.rmtree(system, ignore_errors=True)
    system.mkdir()
    with _timed(took, "squashfs"):
        say("Squashing the root")
        squashed = system / SQUASHED
        settling.squash(
            box, squashed, epoch=wish.epoch, processors=wish.processors,
            first=start_order.files_in_order(box),
        )  # fmt: skip
    with _timed(took, "boot partition and disk"):
        busybox = sources.of("busybox-static") / "bin/busybox"
        parts = initramfs.Parts(box, found.version, busybox, wish.architecture)
        _fill_system(system, found, parts, release_text(wish), epoch=wish.epoch)
        boot = wish.work / f"boot-{wish.architecture}.fat"
        size = disk.partition("boot").size
        boot_partition.make(boot, size, _boot_files(wish, system, sources), epoch=wish.epoch)
        disk.make(wish.image, boot=boot, system=squashed)
    with _timed(took, "map"):
        mapped = mapping.write_map(wish.image)
    if wish.compress:
        with _timed(took, "xz"):
            say("Compressing the image")
            compress(wish.image)
    return Built(wish.image, system, mapped.digest, took)


def _fetch(wish: Wish, lock: Lock) -> _Sources:
    mirrors = {**archives.mirrors(), **wish.mirrors}
    debs = archives.fetch([*lock.installed, *lock.unpacked], wish.work / "debs", mirrors)
    unpacked = wish.work / f"unpacked-{lock.architecture}"
    return _Sources(
        lock,
        debs,
        wheels.fetch_box_wheels(lock, wish.work / "wheels"),
        wheels.fetch_tools(lock, wish.work / "tools"),
        {deb.name: kernel.unpack(debs[deb.name], unpacked / deb.name) for deb in lock.unpacked},
    )


def _furnish(wish: Wish, box: Path, sources: _Sources) -> kernel.Kernel:
    """Make a root with Debian's packages into a box; return its kernel."""
    settling.clean(box)
    name = sources.lock.deb("linux-image").name
    found = kernel.install(sources.unpacked[name], name, wish.architecture, box)
    for firmware in KINDS[wish.architecture].firmware:
        brought = sources.of(firmware) / "lib/firmware"
        shutil.copytree(brought, box / "usr/lib/firmware", dirs_exist_ok=True)
    for deb, unpacked in sources.unpacked.items():  # those of the installed are there already
        place = box / LICENCES / deb
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(unpacked / LICENCES / deb / "copyright", place / "copyright")
    installing.install(box, install_list.read())
    own = environment.build_wheel(CHECKOUT, sources.tools, wish.work / "own", epoch=wish.epoch)
    environment.make(box, sources.box_wheels, own)
    settling.finish(box, release_text(wish))
    environment.compile_modules(box)
    environment.compile_templates(box)
    return found


def release_text(wish: Wish) -> str:
    """Return the release file of what is built."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return settling.release_text(
        system=wish.version,
        satchel=project["version"],
        architecture=wish.architecture,
        built=wish.epoch,
    )


def compress(image: Path) -> Path:
    """Make `image`.xz beside it, and return that; the image stays."""
    packed = image.with_name(f"{image.name}.xz")
    packed.unlink(missing_ok=True)
    run(["xz", "--keep", *XZ_OPTIONS, image])
    return packed


@contextmanager
def _timed(took: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    took[step] = time.monotonic() - started


def _fill_system(
    system: Path, found: kernel.Kernel, parts: initramfs.Parts, release: str, *, epoch: int
) -> None:
    """Put beside the squashfs what else a slot needs; a system update takes it from there."""
    shutil.copyfile(found.image, system / boot_files.KERNEL)
    archive = initramfs.compressed(initramfs.build(parts, seconds=epoch))
    (system / boot_files.INITRD).write_bytes(archive)
    for tree in found.device_trees:
        shutil.copyfile(tree, system / tree.name)
    (system / "release.toml").write_text(release)


def _boot_files(wish: Wish, system: Path, sources: _Sources) -> dict[str, Path | bytes | str]:
    """Return all that lies on the boot partition as built, by place."""
    kind = KINDS[wish.architecture]
    files: dict[str, Path | bytes | str] = {**boot_files.as_built(wish.version, FIRST_SLOT)}
    loaders = sources.of("systemd-boot-efi") / "usr/lib/systemd/boot/efi"
    files[kind.boot_loader_place] = loaders / kind.boot_loader
    for file in sorted(system.iterdir()):
        if file.name != SQUASHED:
            files[f"{FIRST_SLOT}/{file.name}"] = file
    for firmware in kind.firmware:
        for file in sorted((sources.of(firmware) / "usr/lib/raspi-firmware").iterdir()):
            if not FIRMWARE_LEFT_OUT.search(file.name):
                files[file.name] = file
        licence = sources.of(firmware) / LICENCES / firmware / "copyright"
        files["firmware-licence.txt"] = licence
    return files
