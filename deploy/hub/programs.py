"""Satchel's own programs: a version in a folder of its own, and a link to the one in use.

So an update is made beside what runs, and counts with one rename; the version before stays, for the
case that the new one doesn't come up.
"""

import hashlib
import os
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
    lines = _listed(archive)
    hint = "Unpack the archive again; where that says the same, fetch it again."
    for line in lines:
        digest, _, name = line.partition("  ")
        try:
            found = hashlib.sha256((archive / name).read_bytes()).hexdigest()
        except OSError as error:
            raise NotReady(f"{archive / name}: {error.strerror}", hint=hint) from error
        if found != digest:
            raise NotReady(f"{archive / name}: isn't as it was packed", hint=hint)
    libraries = sorted(line for line in lines if line.endswith(".whl"))
    key = hashlib.sha256("\n".join(libraries).encode()).hexdigest()[:_KEY_DIGITS]
    return f"{_own(wheels(archive)).name.split('-')[1]}-{key}"


def wheels(archive: Path) -> list[Path]:
    """Return the wheels that an archive lists. Raises `NotReady`.

    Others may lie beside them: those of an older archive, which was unpacked there before.
    """
    names = (line.partition("  ")[2] for line in _listed(archive))
    return sorted(archive / name for name in names if name.endswith(".whl"))


def _listed(archive: Path) -> list[str]:
    sums = archive / "SHA256SUMS"
    try:
        return sums.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NotReady(
            f"{sums}: isn't here; this is no archive of a hub",
            hint="Make one in a checkout: deploy/hub/pack. Run the `install` in that.",
        ) from error


def _own(found: list[Path]) -> Path:
    own = [path for path in found if path.name.startswith("satchel-")]
    if len(own) != 1:
        raise NotReady(
            f"the archive has {len(own)} wheels of Satchel, expected one",
            hint="Make it anew: deploy/hub/pack",
        )
    return own[0]


def make(name: str, places: Places, archive: Path = ARCHIVE) -> Path:
    """Make the version's folder, unless it is whole; return it. Raises `StepFailed`, `NotReady`."""
    folder = places.versions / name
    if (folder / _WHOLE).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    machine.make_folder(places.versions)
    machine.run("/usr/bin/python3", "-m", "venv", folder)
    listed = wheels(archive)
    # `--no-deps`: what is needed is all listed, and nothing is chosen.
    others = [path for path in listed if path != _own(listed)]
    try:
        machine.run(
            folder / "bin/python", "-I", "-m", "pip", "-q", "--isolated", "install", "--no-index",
            "--no-deps", "--no-cache-dir", *others,
            f"satchel[{_EXTRAS}] @ {_own(listed).as_uri()}",
            environment={"PIP_CONFIG_FILE": "/dev/null"},
        )  # fmt: skip
        machine.run(folder / "bin/python", "-I", "-m", "pip", "-q", "check")
        machine.run(folder / "bin/hub", "--version")
    except StepFailed as error:
        raise StepFailed(
            f"Satchel's programs can't be put in place: {error.message}",
            hint="Is the archive one for this machine's architecture, and is this Debian 12?",
        ) from error
    os.sync()  # what pip wrote lasts before the mark does
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
