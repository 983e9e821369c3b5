"""Satchel's own programs: a version in a folder of its own, and a link to the one in use.

So an update is made beside what runs, and counts with one rename; the version before stays, for the
case that the new one doesn't come up.
"""

import hashlib
import shutil
from pathlib import Path

from deploy.hub import machine
from deploy.hub.errors import NotReady, StepFailed
from deploy.hub.places import Places

ARCHIVE = Path(__file__).resolve().parents[2]
_WHOLE = ".whole"
_EXTRAS = "hub,postgres,s3,redis"
_KEY_DIGITS = 12


def check_archive(archive: Path = ARCHIVE) -> str:
    """Return this archive's version, once its files are found whole. Raises `NotReady`."""
    sums = archive / "SHA256SUMS"
    hint = "Unpack the archive again; where that says the same, fetch it again."
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NotReady(
            f"{sums}: isn't here; this is no archive of a hub",
            hint="Make one in a checkout: deploy/hub/pack. Run the `install` in that.",
        ) from error
    for line in lines:
        digest, _, name = line.partition("  ")
        try:
            found = hashlib.sha256((archive / name).read_bytes()).hexdigest()
        except OSError as error:
            raise NotReady(f"{archive / name}: {error.strerror}", hint=hint) from error
        if found != digest:
            raise NotReady(f"{archive / name}: isn't as it was packed", hint=hint)
    return _name_of(archive, lines)


def _name_of(archive: Path, lines: list[str]) -> str:
    wheel = next((archive / "wheels").glob("satchel-*.whl"), None)
    if wheel is None:
        raise NotReady(f"{archive}: has no wheel of Satchel", hint="Make it anew: deploy/hub/pack")
    libraries = sorted(line for line in lines if line.endswith(".whl"))
    key = hashlib.sha256("\n".join(libraries).encode()).hexdigest()[:_KEY_DIGITS]
    return f"{wheel.name.split('-')[1]}-{key}"


def make(name: str, places: Places, archive: Path = ARCHIVE) -> Path:
    """Make the version's folder, unless it is whole; return it. Raises `StepFailed`."""
    folder = places.versions / name
    if (folder / _WHOLE).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    machine.make_folder(places.versions)
    machine.run("/usr/bin/python3", "-m", "venv", folder)
    wheels = archive / "wheels"
    wheel = next(wheels.glob("satchel-*.whl"))
    try:
        machine.run(
            folder / "bin/python", "-I", "-m", "pip", "-q", "--isolated", "install", "--no-index",
            "--no-cache-dir", "--find-links", wheels, f"satchel[{_EXTRAS}] @ {wheel.as_uri()}",
            environment={"PIP_CONFIG_FILE": "/dev/null"},
        )  # fmt: skip
        machine.run(folder / "bin/hub", "--version")
    except StepFailed as error:
        raise StepFailed(
            f"Satchel's programs can't be put in place: {error.message}",
            hint="Is the archive one for this machine's architecture, and is this Debian 12?",
        ) from error
    machine.write(folder / _WHOLE, "")
    return folder


def in_use(places: Places) -> Path | None:
    """Return the folder of the version in use, None before the first."""
    return places.venv.resolve() if places.venv.is_symlink() and places.venv.exists() else None


def switch(places: Places, folder: Path) -> None:
    """Have another version be the one in use. Raises `StepFailed`."""
    machine.link(places.venv, folder.relative_to(places.programs))


def tidy(places: Places, keep: set[Path]) -> None:
    """Remove versions that neither run nor ran before."""
    for folder in places.versions.iterdir():
        if folder not in keep:
            shutil.rmtree(folder, ignore_errors=True)
