"""`deploy/deb/build`: satchel-node_VERSION_ARCHITECTURE.deb, the same bytes for the same checkout.

Wheels are those of the lock files: for Debian 12's Python deploy/image/lock/ARCHITECTURE.lock, of
which the image is made, too; for later ones lock/ARCHITECTURE-PYTHON.lock beside this file.
`--lock` writes the latter anew. Our own wheel is built of the checkout by the tools in the lock.
"""

import argparse
import os
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from content_packs import durable
from content_packs.errors import Missing, SatchelError
from deploy.deb.package import NAME, PYTHONS, Told, build
from deploy.image import wheels
from deploy.image.lock_file import ARCHITECTURES, Lock, parse
from deploy.image.moment import commit_time
from deploy.image.running import run, say
from deploy.node.install_list import InvalidList
from deploy.node.install_list import read as read_install_lists

CHECKOUT = Path(__file__).parents[2]
IMAGE_LOCKS = CHECKOUT / "deploy" / "image" / "lock"
LOCKS = Path(__file__).parent / "lock"
CACHE = CHECKOUT / ".cache" / "deb"


def lock_of(architecture: str, python: str) -> Lock:
    """Return the lock file for an architecture and a Python. Raises `Missing`, `InvalidContent`."""
    is_images = python == wheels.PYTHON_VERSION
    path = IMAGE_LOCKS / f"{architecture}.lock"
    command = f"deploy/image/build --lock --arch {architecture}"
    if not is_images:
        path = LOCKS / f"{architecture}-{python}.lock"
        command = f"deploy/deb/build --lock --arch {architecture}"
    if not path.exists():
        raise Missing(f"{path}: isn't there", hint=f"Run {command}, and commit what it writes.")
    return parse(path.read_text(encoding="utf-8"), name=f"lock/{path.name}")


def options_for(architecture: str, python: str) -> list[str]:
    """Return how pip is told for which machine and which Python wheels are."""
    return [
        python if option == wheels.PYTHON_VERSION else option
        for option in wheels.platform_options(architecture)
    ]


def make_locks(architecture: str) -> None:
    """Ask the index what it would give now for each Python but Debian 12's, and write it down."""
    LOCKS.mkdir(exist_ok=True)
    for python in PYTHONS:
        if python == wheels.PYTHON_VERSION:
            continue
        with tempfile.TemporaryDirectory() as work:
            wanted = wheels.box_requirements(CHECKOUT / "pyproject.toml")
            chosen = wheels.choose(wanted, options_for(architecture, python), Path(work))
        path = LOCKS / f"{architecture}-{python}.lock"
        durable.write(path, Lock(architecture, wheels=chosen).text().encode())
        say(f"wrote {path.relative_to(CHECKOUT)}")


def moment() -> int:
    """Return the time that everything gets. Raises `UsageError`."""
    return commit_time(os.environ.get("SOURCE_DATE_EPOCH"), CHECKOUT)


def own_wheel(tools: Sequence[Path], into: Path, at: int) -> Path:
    """Build our wheel by these tools; return where it is. Raises `BuildFailed`."""
    links = [
        word for tool in {tool.parent for tool in tools} for word in ("--find-links", str(tool))
    ]
    run(
        [*wheels.PIP, "wheel", "--no-deps", "--no-index", *links, "--wheel-dir", into, CHECKOUT],
        environment={"SOURCE_DATE_EPOCH": str(at)},
    )
    return next(into.glob("satchel-*.whl"))


def gather(architecture: str, cache: Path) -> dict[str, bytes]:
    """Return the wheels of a package by file name: our own, and what it needs of each Python."""
    found: dict[str, bytes] = {}
    for python in PYTHONS:
        asked = lock_of(architecture, python).wheels
        folder = cache / f"{architecture}-{python}"
        for path in wheels.fetch(asked, options_for(architecture, python), folder):
            found[path.name] = path.read_bytes()
    tools = wheels.fetch_tools(lock_of(architecture, wheels.PYTHON_VERSION), cache / "tools")
    with tempfile.TemporaryDirectory() as work:
        ours = own_wheel(tools, Path(work), moment())
        found[ours.name] = ours.read_bytes()
    return found


def make(architecture: str, output: Path, held: Mapping[str, bytes], *, version: str = "") -> Path:
    """Build the package of these wheels into the folder `output`; return where it is.

    `version`: another than the project's, for trials of an update.
    """
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = Told(version or project["version"], architecture, moment())
    path = output / f"{NAME}_{told.version}_{architecture}.deb"
    durable.make_folder(output)
    durable.write(path, build(told, read_install_lists("deb"), held))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="deploy/deb/build", description="Makes the package satchel-node."
    )
    parser.add_argument("--arch", choices=ARCHITECTURES, default="arm64")
    parser.add_argument("--output", type=Path, default=CACHE, help="default: .cache/deb")
    parser.add_argument(
        "--cache", type=Path, default=CACHE / "wheels", help="where wheels are kept"
    )
    parser.add_argument("--lock", action="store_true", help="write the lock files anew instead")
    given = parser.parse_args(arguments)
    try:
        if given.lock:
            make_locks(given.arch)
        else:
            path = make(given.arch, given.output, gather(given.arch, given.cache))
            say(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    except SatchelError as error:
        say(f"error: {error.message}" + (f"\n  what to do: {error.hint}" if error.hint else ""))
        return error.exit_code
    except InvalidList as error:
        say(f"error: {error}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
