"""What is in the package satchel-node: the files of all parts, the wheels, and what dpkg is told.

    /usr/lib/satchel/...            as in the image (deploy/node/*/install.toml, for "deb")
    /usr/lib/satchel/wheels/        Satchel and what it needs, for each Python that is served
    /usr/lib/satchel/units          the units that are enabled, one a line

The venv is made of the wheels when the package is configured (debian/postinst): it has to be of
that system's Python. Nothing is fetched for it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy.deb.archives import Entry, ar, tar_xz
from deploy.node.install_list import LIBRARY, Installation

NAME = "satchel-node"
SCRIPTS = Path(__file__).parent / "debian"
SCRIPT_NAMES = ("postinst", "prerm", "postrm")
WHEELS = LIBRARY / "wheels"
PYTHON = "/usr/bin/python3"  # where another one comes here, the venv is made anew
PYTHONS = ("3.11", "3.13")  # of Debian 12 and 13, and of the Raspberry Pi OS made of each
# Radios need it, and not Satchel: systems for boards bring theirs, other archives have none.
RECOMMENDED_PREFIX = "firmware-"
DESCRIPTION = """\
Satchel on a school's box: lessons without internet
 Serves lessons, exercises and films to phones on the school's own Wi-Fi, and
 fetches what is new when there is a link. For boards that have no image of
 Satchel's: see /usr/share/doc/satchel/node/system/README.md.
"""


@dataclass(frozen=True)
class Told:
    """What is said about the package. `moment`: seconds since 1970, of all files in it."""

    version: str
    architecture: str
    moment: int


def build(told: Told, wanted: Installation, wheels: Mapping[str, bytes]) -> bytes:
    """Return the .deb. `wheels`: by file name."""
    entries = [Entry(each.path, each.data, each.mode) for each in wanted.files]
    entries += [Entry(each.path, target=each.target) for each in wanted.links]
    entries += [Entry(WHEELS / name, data) for name, data in wheels.items()]
    sums = "".join(
        f"{hashlib.sha256(wheels[name]).hexdigest()}  {name}\n" for name in sorted(wheels)
    )
    entries.append(Entry(WHEELS / "SHA256SUMS", sums.encode()))
    units = "".join(f"{name}\n" for name in wanted.enable)
    entries.append(Entry(LIBRARY / "units", units.encode()))
    # Those of the node's user are made by tmpfiles.conf: it isn't there yet when dpkg unpacks.
    folders = {str(each.path): each.mode for each in wanted.folders if each.owner == "root"}
    control = [Entry(PurePosixPath("/control"), control_text(told, wanted, entries).encode())]
    control.append(Entry(PurePosixPath("/md5sums"), md5sums(entries).encode()))
    # It isn't waited for: the package of Python goes on without us.
    control.append(Entry(PurePosixPath("/triggers"), f"interest-noawait {PYTHON}\n".encode()))
    own = sorted(str(each.path) for each in entries if each.path.is_relative_to("/etc"))
    if own:
        control.append(Entry(PurePosixPath("/conffiles"), "".join(f"{x}\n" for x in own).encode()))
    control += [
        Entry(PurePosixPath("/", name), (SCRIPTS / name).read_bytes(), 0o755)
        for name in SCRIPT_NAMES
    ]
    return ar(
        [
            ("debian-binary", b"2.0\n"),
            ("control.tar.xz", tar_xz(control, told.moment)),
            ("data.tar.xz", tar_xz(entries, told.moment, folders=folders)),
        ],
        told.moment,
    )


def control_text(told: Told, wanted: Installation, entries: Iterable[Entry]) -> str:
    """Return the file `control`."""
    recommended = [each for each in wanted.packages if each.startswith(RECOMMENDED_PREFIX)]
    size = sum(len(each.data) for each in entries)
    return (
        f"Package: {NAME}\n"
        f"Version: {told.version}\n"
        f"Architecture: {told.architecture}\n"
        "Maintainer: Satchel <satchel@localhost>\n"
        f"Installed-Size: {size // 1024 + 1}\n"
        f"Depends: {', '.join(needed_packages(wanted))}\n"
        f"Recommends: {', '.join([*recommended, 'systemd-timesyncd | time-daemon'])}\n"
        "Section: education\n"
        "Priority: optional\n"
        f"Description: {DESCRIPTION}"
    )


def needed_packages(wanted: Installation) -> list[str]:
    """Return what apt brings with the package, each as `control` names it."""
    first, last = PYTHONS[0], int(PYTHONS[-1].rpartition(".")[2]) + 1
    needed = {each for each in wanted.packages if not each.startswith(RECOMMENDED_PREFIX)}
    needed |= {f"python3 (>= {first})", f"python3 (<< 3.{last})", "python3-venv"}
    return sorted(needed)


def md5sums(entries: Iterable[Entry]) -> str:
    """Return the file `md5sums`: what `dpkg --verify` looks at."""
    return "".join(
        f"{hashlib.md5(each.data, usedforsecurity=False).hexdigest()}  {str(each.path)[1:]}\n"
        for each in sorted(entries, key=lambda entry: str(entry.path))
        if not each.target
    )
