"""Python packages of the box's venv, and the tools that build our own wheel, by pip.

Only wheels: nothing is compiled, so nothing depends on the machine that builds. pip is this
Python's, configured as this machine has it.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from content_packs.errors import InvalidContent
from deploy.image.contents import KINDS
from deploy.image.digests import sha256_of
from deploy.image.lock_file import Lock, Wheel
from deploy.image.running import run, say

PYTHON_VERSION = "3.11"  # Debian 12's
GLIBC_MINORS = (36, 35, 34, 31, 28, 27, 24, 17, 12, 5)  # of 2.x that wheels name, up to Debian 12's
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


def box_requirements(project: Path) -> list[str]:
    """Return what `pyproject.toml` asks for on a box: the project's own and the extra `node`."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    return [*told["dependencies"], *told["optional-dependencies"]["node"]]


def tool_requirements(project: Path) -> list[str]:
    """Return what `pyproject.toml` asks for to build our wheel."""
    return list(tomllib.loads(project.read_text(encoding="utf-8"))["build-system"]["requires"])


def platform_options(architecture: str) -> list[str]:
    """Return how pip is told for which machine wheels are, whatever this one is."""
    machine = KINDS[architecture].python_platform
    names = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
    names.insert(-3, f"manylinux2014_{machine}")
    options = ["--only-binary=:all:", "--python-version", PYTHON_VERSION, "--implementation", "cp"]
    for name in names:
        options += ["--platform", name]
    return options


def choose(requirements: Sequence[str], options: Iterable[str], work: Path) -> tuple[Wheel, ...]:
    """Return the wheels that pip would install for `requirements` now."""
    report = work / "pip-report.json"
    run(
        [
            *PIP, "install", "--dry-run", "--ignore-installed", "--target", work / "never-made",
            "--report", report, *options, *requirements,
        ]
    )  # fmt: skip
    chosen = json.loads(report.read_text())["install"]
    return tuple(sorted(_wheel(entry) for entry in chosen))


def _wheel(entry: dict[str, Any]) -> Wheel:
    """Read an entry of pip's installation report, version 1."""
    name = re.sub(r"[-_.]+", "-", str(entry["metadata"]["name"])).lower()
    source = entry["download_info"]
    archive = source["archive_info"]
    file_name = str(source["url"]).rsplit("/", 1)[1]
    return Wheel(name, str(entry["metadata"]["version"]), archive["hashes"]["sha256"], file_name)


def fetch_box_wheels(lock: Lock, cache: Path) -> list[Path]:
    """Return where the wheels of the box's venv lie, fetched where `cache` lacks them."""
    return fetch(lock.wheels, platform_options(lock.architecture), cache)


def fetch_tools(lock: Lock, cache: Path) -> list[Path]:
    """Return where the wheels of the tools lie, fetched where `cache` lacks them."""
    return fetch(lock.tools, ["--only-binary=:all:"], cache)


def fetch(wheels: Sequence[Wheel], options: Sequence[str], cache: Path) -> list[Path]:
    """Return where these wheels lie, fetched where `cache` lacks them. `options`: as for `choose`.

    Raises `InvalidContent` where the index has other bytes by now.
    """
    cache.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in wheels if not _held(wheel, cache)]
    if missing:
        say(f"  fetching {len(missing)} Python packages")
        asked = cache / "asked.txt"
        asked.write_text(
            "".join(
                f"{each.name}=={each.version} --hash=sha256:{each.sha256}\n" for each in missing
            )
        )
        run([*PIP, "download", "--no-deps", "--require-hashes", "-r", asked, "-d", cache, *options])
        asked.unlink()
    for wheel in wheels:
        if not _held(wheel, cache):
            raise InvalidContent(
                f"{wheel.file_name}: the index has another file for {wheel.name} {wheel.version}",
                hint="Run deploy/image/build --lock.",
            )
    return [cache / wheel.file_name for wheel in wheels]


def _held(wheel: Wheel, cache: Path) -> bool:
    path = cache / wheel.file_name
    return path.exists() and sha256_of(path) == wheel.sha256
