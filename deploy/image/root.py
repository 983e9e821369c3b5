"""The root file system: Debian's packages as locked, and nothing of the machine that builds.

mmdebstrap installs from a small archive that has the locked packages and no others, so that apt has
nothing to choose. What is slow under emulation is done by this machine's own programs: after the
essential packages are in, its dpkg unpacks the others, so that only their scripts are emulated; and
Python compiles nothing while it is installed, since all of its modules are compiled together later
(precompiling.py). The result is kept under the digest of all that goes into it.
"""

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from content_packs.errors import Missing, Refused
from deploy.image.archives import SUITE
from deploy.image.contents import KINDS, PATHS_KEPT, PATHS_LEFT_OUT
from deploy.image.digests import digest_of, sha256_of
from deploy.image.lock_file import Deb, Lock
from deploy.image.running import run, say

DEBIAN_EPOCH = 1686355200  # 10 June 2023, Debian 12: a date for what packages' scripts write down
RECIPE = "1"  # raise it when a root made by older code must not be taken from the cache
MERGED_USR = "/usr/share/mmdebstrap/hooks/merged-usr"
PY_COMPILE = "usr/lib/python3.11/py_compile.py"
COMPILES_NOTHING = "import sys\n\nif sys.argv[1:] == ['-']:\n    sys.stdin.read()\n"
BINFMT = Path("/proc/sys/fs/binfmt_misc")
MOUNTS = Path("/proc/self/mountinfo")
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


def make_archive(debs: Iterable[Path], folder: Path) -> None:
    """Make an archive of these packages that apt can install from."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    told = []
    for path in sorted(debs):
        os.link(path, folder / path.name)
        told.append(
            f"{run(['dpkg-deb', '-f', path]).strip()}\nFilename: ./{path.name}\n"
            f"Size: {path.stat().st_size}\nSHA256: {sha256_of(path)}\n"
        )
    packages = folder / "Packages"
    packages.write_text("\n".join(told))
    # mmdebstrap looks for what is essential in the archive of the suite that it installs.
    (folder / "Release").write_text(
        f"Suite: {SUITE}\nCodename: {SUITE}\n"
        f"SHA256:\n {sha256_of(packages)} {packages.stat().st_size} Packages\n"
    )


def make(lock: Lock, debs: Mapping[str, Path], cache: Path, *, fresh: bool) -> Path:
    """Return a folder with the installed packages, from `cache` unless it is to be made afresh."""
    key = digest_of([RECIPE, *_options(()), *(deb.line() for deb in lock.installed)])[:16]
    made = cache / f"root-{lock.architecture}-{key}"
    if made.exists() and not fresh:
        say("Debian's packages: installed before, taken from the cache")
        return made
    say(f"Installing {len(lock.installed)} Debian packages (some minutes under emulation)")
    archive = cache / f"archive-{lock.architecture}"
    make_archive((debs[name] for name in _names(lock.installed)), archive)
    making = made.with_name(f"{made.name}.part")
    for old in (making, made):
        remove_tree(old)
    run(
        [
            "mmdebstrap", "--quiet", "--mode=root", "--variant=essential",
            f"--architectures={lock.architecture}", f"--hook-dir={MERGED_USR}",
            *_options(_names(lock.installed)), *_hooks(archive),
            SUITE, making, f"deb [trusted=yes] copy://{archive} ./",
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
        f"--skip-same-version --no-triggers {excluded} {included} "
        f"--unpack '{archive}'/*.deb >/dev/null"
    )
    set_aside = (
        f'mv "$1/{PY_COMPILE}" "$1/{PY_COMPILE}.kept" && '
        f'printf %s {shlex.quote(COMPILES_NOTHING)} >"$1/{PY_COMPILE}"'
    )
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


def remove_tree(folder: Path, mounts: Path = MOUNTS) -> None:
    """Remove a root of an earlier build, if nothing is mounted in it.

    A build that was killed leaves this machine's own /dev and /sys mounted in its root: what is
    removed there is removed here. Raises `Refused` that names them; nothing is removed then.
    """
    if not folder.exists():
        return
    at = str(folder.resolve())
    lines = mounts.read_text(encoding="utf-8").splitlines()
    inside = [
        place for line in lines if (place := line.split()[4]).startswith((f"{at}/", f"{at}\\"))
    ]
    if inside or at in (line.split()[4] for line in lines):
        raise Refused(
            f"{folder}: {', '.join(inside) or at} is mounted, left by a build that was killed",
            hint="Unmount all of it (umount), then build again. Don't remove the folder by hand.",
        )
    shutil.rmtree(folder)
