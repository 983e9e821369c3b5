"""The kernel and its modules: unpacked from Debian's package, without what no box uses."""

import fnmatch
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.image.contents import (
    DEVICE_TREES,
    KINDS,
    MODULES_LEFT_OUT,
    MODULES_NEEDED,
    MODULES_NEEDED_BY_ARCHITECTURE,
)
from deploy.image.running import BuildFailed, run

MODULES = Path("usr/lib/modules")


@dataclass(frozen=True)
class Kernel:
    """What a kernel's package brought."""

    version: str
    image: Path
    device_trees: tuple[Path, ...]


def module_name(path: str) -> str:
    """Return a module's name as the kernel says it, of its file's path."""
    return path.rsplit("/", 1)[-1].removesuffix(".ko").replace("-", "_")


def dependencies(modules_dep: str) -> dict[str, tuple[str, ...]]:
    """Read `modules.dep`: each module's path, and the paths of those that it needs."""
    found = {}
    for line in modules_dep.splitlines():
        path, _, needs = line.partition(":")
        found[path] = tuple(needs.split())
    return found


def left_out(needs: Mapping[str, tuple[str, ...]], folders: Iterable[str]) -> set[str]:
    """Return the modules below `folders` and those that need one of them, however indirectly."""
    prefixes = tuple(f"kernel/{folder}/" for folder in folders)
    gone = {path for path in needs if path.startswith(prefixes)}
    # modules.dep names all that a module needs, not only the next: one pass is enough.
    return gone | {path for path, wanted in needs.items() if gone.intersection(wanted)}


def missing_modules(kept: Iterable[str], built_in: str, wanted: Iterable[str]) -> list[str]:
    """Return which of the `wanted` module names are neither kept nor in `modules.builtin`."""
    have = {module_name(path) for path in [*kept, *built_in.split()]}
    return sorted(name for name in wanted if name not in have)


def install(unpacked: Path, package: str, architecture: str, root: Path) -> Kernel:
    """Put the modules of an `unpacked` kernel `package` into `root`; return what else it brought.

    Raises `BuildFailed` where a module that a box needs isn't among them.
    """
    version = package.removeprefix("linux-image-")
    modules = root / MODULES / version
    shutil.rmtree(modules, ignore_errors=True)
    shutil.copytree(unpacked / "lib/modules" / version, modules)
    run(["depmod", "-b", root, version])
    needs = dependencies((modules / "modules.dep").read_text(encoding="utf-8"))
    gone = left_out(needs, MODULES_LEFT_OUT)
    for path in gone:
        (modules / path).unlink()
    _remove_empty_folders(modules)
    run(["depmod", "-b", root, version])
    wanted = (*MODULES_NEEDED, *MODULES_NEEDED_BY_ARCHITECTURE[architecture])
    built_in = (modules / "modules.builtin").read_text(encoding="utf-8")
    missing = missing_modules(needs.keys() - gone, built_in, wanted)
    if missing:
        raise BuildFailed(
            f"{package}: has no {', '.join(missing)}, which a box needs",
            hint="Was it left out with a folder in contents.py, or does Debian name it otherwise?",
        )
    image = unpacked / "boot" / f"vmlinuz-{version}"
    if not KINDS[architecture].firmware:
        return Kernel(version, image, ())
    return Kernel(version, image, tuple(device_trees(unpacked / "usr/lib" / package)))


def device_trees(folder: Path) -> list[Path]:
    """Return the device trees of the boards that have cards of ours."""
    return sorted(
        path
        for path in folder.rglob("*.dtb")
        if fnmatch.fnmatch(str(path.relative_to(folder)), DEVICE_TREES)
    )


def unpack(deb: Path, folder: Path) -> Path:
    """Unpack a package's files into `folder`, made anew; return it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run(["dpkg-deb", "-x", deb, folder])
    return folder


def _remove_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
