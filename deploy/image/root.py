"""The root file system: Debian's packages as locked, and nothing of the machine that builds.

mmdebstrap installs from a small archive that has the locked packages and no others, so that apt has
nothing to choose. What is slow under emulation is done by this machine's own programs: after the
essential packages are in, its dpkg unpacks the others, so that only their scripts are emulated; and
Python compiles nothing while it is installed, since all of its modules are compiled together later
(precompiling.py). The result is kept under the digest of all that goes into it.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from content_packs.errors import Missing
from deploy.image.contents import KINDS, PATHS_KEPT, PATHS_LEFT_OUT
from deploy.image.digests import digest_of
from deploy.image.lock_file import Deb, Lock
from deploy.image.running import run, say

DEBIAN_EPOCH = 1686355200  # 10 June 2023, Debian 12: a date for what packages' scripts write down
RECIPE = "1"  # raise it when a root made by older code must not be taken from the cache
MERGED_USR = "/usr/share/mmdebstrap/hooks/merged-usr"
PY_COMPILE = "usr/lib/python3.11/py_compile.py"
BINFMT = Path("/proc/sys/fs/binfmt_misc")
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def check_emulation(architecture: str, machine: str, binfmt: Path = BINFMT) -> None:
    """Raise `Missing` where this machine can't run programs of the image's architecture."""
    if MACHINES.get(machine) == architecture:
        return
    entry = binfmt / KINDS[architecture].qemu
    if not entry.exists() and not (binfmt / "register").exists():
        run(["mount", "-t", "binfmt_misc", "binfmt_misc", binfmt])
    if not entry.exists():
        raise Missing(
            f"{entry}: isn't there: {machine} can't run programs of {architecture}",
            hint="Install qemu-user-static and binfmt-support; where they are installed, run "
            f"`update-binfmts --enable {KINDS[architecture].qemu}` as root.",
        )


def make_archive(debs: Mapping[str, Path], folder: Path) -> None:
    """Make an archive of these packages that apt can install from."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    told = []
    for _name, path in sorted(debs.items()):
        os.link(path, folder / path.name)
        fields = run(["dpkg-deb", "-f", path]).strip()
        told.append(f"{fields}\nFilename: ./{path.name}\nSize: {path.stat().st_size}\n")
    (folder / "Packages").write_text("\n".join(told))


def make(lock: Lock, debs: Mapping[str, Path], cache: Path, *, fresh: bool) -> Path:
    """Return a folder with the installed packages, from `cache` unless it is to be made afresh."""
    key = digest_of([RECIPE, *_options(()), *(deb.line() for deb in lock.installed)])[:16]
    made = cache / f"root-{lock.architecture}-{key}"
    if made.exists() and not fresh:
        say("Debian's packages: installed before, taken from the cache")
        return made
    say(f"Installing {len(lock.installed)} Debian packages (some minutes under emulation)")
    archive = cache / f"archive-{lock.architecture}"
    make_archive({name: debs[name] for name in _names(lock.installed)}, archive)
    making = made.with_name(f"{made.name}.part")
    for old in (making, made):
        remove_tree(old)
    run(
        [
            "mmdebstrap", "--quiet", "--mode=root", "--variant=essential",
            f"--architectures={lock.architecture}", f"--hook-dir={MERGED_USR}",
            *_options(_names(lock.installed)), *_hooks(archive),
            "bookworm", making, f"deb [trusted=yes] copy://{archive} ./",
        ],
        environment={"SOURCE_DATE_EPOCH": str(DEBIAN_EPOCH), "DEBIAN_FRONTEND": "noninteractive"},
    )  # fmt: skip
    making.rename(made)
    return made


def _names(debs: Iterable[Deb]) -> list[str]:
    return [deb.name for deb in debs]


def _options(names: Iterable[str]) -> list[str]:
    left_out = [f"--dpkgopt=path-exclude={path}" for path in PATHS_LEFT_OUT]
    kept = [f"--dpkgopt=path-include={path}" for path in PATHS_KEPT]
    return [
        '--aptopt=APT::Install-Recommends "false"',
        *left_out,
        *kept,
        f"--include={','.join(sorted(names))}",
    ]


def _hooks(archive: Path) -> list[str]:
    """Return what mmdebstrap does before and after it installs what isn't essential."""
    excluded = " ".join(f"--path-exclude='{path}'" for path in PATHS_LEFT_OUT)
    included = " ".join(f"--path-include='{path}'" for path in PATHS_KEPT)
    # Dependencies and the architecture are forced here only: apt checks them when it configures.
    unpack = (
        'dpkg --root="$1" --force-depends --force-architecture --force-unsafe-io '
        f"--skip-same-version --no-triggers {excluded} {included} --unpack '{archive}'/*.deb >/dev/null"
    )
    set_aside = f'mv "$1/{PY_COMPILE}" "$1/{PY_COMPILE}.kept" && : >"$1/{PY_COMPILE}"'
    put_back = f'mv "$1/{PY_COMPILE}.kept" "$1/{PY_COMPILE}"'
    return [
        f"--essential-hook={unpack}",
        f"--essential-hook={set_aside}",
        f"--customize-hook={put_back}",
    ]


def copy_tree(source: Path, target: Path) -> None:
    """Copy a root with owners, modes and links."""
    remove_tree(target)
    run(["cp", "-a", "--reflink=auto", source, target])


def remove_tree(folder: Path) -> None:
    """Remove a root of an earlier build, if nothing is mounted in it. Raises `Missing` there."""
    if not folder.exists():
        return
    mounted = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    if any(line.split()[4].startswith(f"{folder}/") for line in mounted.splitlines()):
        raise Missing(
            f"{folder}: something is mounted in it, left by a build that was killed",
            hint=f"Unmount it (umount -R {folder}/proc, …/sys, …/dev), then build again.",
        )
    shutil.rmtree(folder)
