"""`deploy/hub/pack`: all that a Debian server needs to become a hub, but Debian's packages.

    satchel-hub-VERSION-ARCHITECTURE.tar.gz
      satchel-hub/install            run as root: see SERVER.md
      satchel-hub/SERVER.md
      satchel-hub/SHA256SUMS         of every other file: an archive that came in part shows
      satchel-hub/deploy/...         what `install` runs
      satchel-hub/wheels/*.whl       Satchel, and the libraries that wheels.lock names

So no server needs to reach a registry of Python's, and two servers with one archive run the same
bytes. `wheels.lock` says which: name, version, and the SHA-256 of each architecture's wheel. It is
made anew by `deploy/hub/pack --lock`.
"""

import argparse
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.hub.errors import InstallError, StepFailed, WrongWish

CHECKOUT = Path(__file__).resolve().parents[2]
LOCK = Path(__file__).with_name("wheels.lock")
EXTRAS = "hub,postgres,s3,redis"
# What Debian 12's Python 3.11.2 needs besides; pip goes by the Python that it runs in itself.
BESIDES = ("async-timeout>=4.0.3",)
PYTHON = "3.11"  # Debian 12's
FOLDER = "satchel-hub"
SUMS = "SHA256SUMS"
PIP_SECONDS_MAX = 1_800
FIRST_MOMENT = 315_532_800  # 1980-01-01, where nobody says when: the same tree makes the same bytes

GLIBC = (2, 36)  # Debian 12's: wheels are named by the oldest that they run with
_OLDEST_MINOR = 5


def _tags(machine: str) -> list[str]:
    named = [f"manylinux_{GLIBC[0]}_{n}_{machine}" for n in range(GLIBC[1], _OLDEST_MINOR - 1, -1)]
    return [*named, *(f"manylinux{year}_{machine}" for year in ("2014", "2010", "1"))]


# Debian's name of an architecture: what wheels for it are called, the newest first.
PLATFORMS = {"amd64": _tags("x86_64"), "arm64": _tags("aarch64")}
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_GOES_ALONG = ("__init__.py", "hub", "nginx/satchel-hub.conf")  # of deploy/
_STAYS = {"pack", "packing.py", "try-on-fresh-root", "trying", "__pycache__"}
_WHEEL = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)-(?:[^-]+-){2,3}[^-]+\.whl")


@dataclass(frozen=True)
class Locked:
    """A library in wheels.lock: its version, and the digests of its wheels."""

    name: str
    version: str
    digests: tuple[str, ...]

    @property
    def line(self) -> str:
        """The line, as pip reads it with --require-hashes."""
        hashes = "".join(f" \\\n    --hash=sha256:{one}" for one in self.digests)
        return f"{self.name}=={self.version}{hashes}\n"


def locked_of(wheels: Iterable[Path]) -> list[Locked]:
    """Return what a lock file says of these wheels, by name. Raises `StepFailed`."""
    digests: dict[str, set[str]] = {}
    versions: dict[str, set[str]] = {}
    for path in wheels:
        found = _WHEEL.fullmatch(path.name)
        if found is None:
            raise StepFailed(f"{path.name}: not the name of a wheel")
        name = re.sub(r"[-_.]+", "-", found["name"]).lower()
        versions.setdefault(name, set()).add(found["version"])
        digests.setdefault(name, set()).add(hashlib.sha256(path.read_bytes()).hexdigest())
    for name, found_versions in versions.items():
        if len(found_versions) != 1:
            raise StepFailed(
                f"{name}: not one version for all: {', '.join(sorted(found_versions))}",
                hint="Bound it in pyproject.toml to one that has wheels for all.",
            )
    return [
        Locked(name, next(iter(versions[name])), tuple(sorted(digests[name])))
        for name in sorted(versions)
    ]


def make_lock(wheel: Path, to: Path) -> None:
    """Find the newest libraries that have wheels for every architecture; write the lock file."""
    with tempfile.TemporaryDirectory(prefix="satchel-lock-") as folder:
        for architecture in PLATFORMS:
            _pip(
                "download", "--only-binary=:all:", f"--dest={folder}/{architecture}",
                *_target(architecture), f"satchel[{EXTRAS}] @ {wheel.as_uri()}", *BESIDES,
            )  # fmt: skip
        found = [
            path for path in Path(folder).glob("*/*.whl") if not path.name.startswith("satchel-")
        ]
        lines = "".join(one.line for one in locked_of(found))
    to.write_text(f"# Made by deploy/hub/pack --lock: what a hub runs with.\n{lines}")


def build_wheel(into: Path) -> Path:
    """Build Satchel's own wheel of this checkout, and return its place. Raises `StepFailed`."""
    _pip("wheel", "--no-deps", f"--wheel-dir={into}", str(CHECKOUT))
    return next(into.glob("satchel-*.whl"))


def fetch_wheels(architecture: str, into: Path) -> None:
    """Fetch what the lock file names, digests checked. Raises `StepFailed`."""
    _pip(
        "download", "--no-deps", "--require-hashes", "--only-binary=:all:", f"--dest={into}",
        *_target(architecture), f"--requirement={LOCK}",
    )  # fmt: skip


def lay_out(wheels: Path, folder: Path) -> None:
    """Lay everything out in `folder`, as an archive holds it."""
    shutil.copytree(wheels, folder / "wheels")
    for name in _GOES_ALONG:
        source, target = CHECKOUT / "deploy" / name, folder / "deploy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=lambda _, names: _STAYS & set(names))
        else:
            shutil.copy(source, target)
    for name in ("install", "SERVER.md", "Containerfile"):
        shutil.move(folder / "deploy/hub" / name, folder / name)
    write_sums(folder)


def write_sums(folder: Path) -> None:
    """Write the digest of each file of a laid out archive."""
    sums = folder / SUMS
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != sums
    ]
    sums.write_text("".join(lines))


def write_archive(folder: Path, to: Path, moment: int) -> None:
    """Pack `folder` as satchel-hub/: the same files make the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            name = f"{FOLDER}/{path.relative_to(folder)}"
            entry = archive.gettarinfo(str(path), name)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = moment
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            if entry.isfile():
                with path.open("rb") as file:
                    archive.addfile(entry, file)
            else:
                archive.addfile(entry)
    part = to.with_name(f"{to.name}.part")
    with part.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, moment) as file:
        file.write(packed.getbuffer())
    part.replace(to)


def version() -> str:
    """Return the version of this checkout."""
    described = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    return str(described["project"]["version"])


def _target(architecture: str) -> list[str]:
    return [
        *(f"--platform={one}" for one in PLATFORMS[architecture]), f"--python-version={PYTHON}",
        "--implementation=cp", "--abi=cp311", "--abi=abi3", "--abi=none",
    ]  # fmt: skip


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *arguments]
    try:
        subprocess.run(command, check=True, timeout=PIP_SECONDS_MAX)
    except (subprocess.SubprocessError, OSError) as error:
        raise StepFailed(
            f"pip {arguments[0]} failed: {error}",
            hint="What it said stands above. It needs a registry of Python's packages.",
        ) from error


def _moment() -> int:
    """Return when the checkout was committed, in seconds since 1970."""
    if said := os.environ.get("SOURCE_DATE_EPOCH"):
        if not (said.isascii() and said.isdigit()):
            raise WrongWish(f"SOURCE_DATE_EPOCH is {said!r}, expected seconds from 1970")
        return int(said)
    command = ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else FIRST_MOMENT


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("deploy/hub/pack", description="Make the archive of a hub.")
    here = _MACHINES.get(os.uname().machine, "amd64")
    parser.add_argument("--arch", choices=PLATFORMS, default=here, help="of the server")
    parser.add_argument("--output", type=Path, default=Path(), metavar="FOLDER")
    parser.add_argument("--lock", action="store_true", help="find the newest libraries first")
    return parser.parse_args(given)


def run(given: list[str]) -> Path:
    """Make the archive, and return its place. Raises `InstallError`."""
    wishes = _arguments(given)
    if not wishes.output.is_dir():
        raise WrongWish(f"{wishes.output}: no such folder", hint="Make it, or name another.")
    with tempfile.TemporaryDirectory(prefix="satchel-pack-") as name:
        work = Path(name)
        wheel = build_wheel(work / "wheels")
        if wishes.lock:
            make_lock(wheel, LOCK)
        fetch_wheels(wishes.arch, work / "wheels")
        lay_out(work / "wheels", work / FOLDER)
        archive: Path = wishes.output / f"satchel-hub-{version()}-{wishes.arch}.tar.gz"
        write_archive(work / FOLDER, archive, _moment())
    return archive


def main() -> int:
    """Run the command."""
    try:
        archive = run(sys.argv[1:])
    except InstallError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - a command's output
        if error.hint:
            print(f"  what to do: {error.hint}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(archive)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
