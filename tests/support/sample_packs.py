"""The sample packs as cpacks, made once for every state of what makes them, and kept in `.cache/`.

Drawing, narrating and filming take half a minute; a test that needs the packs waits for that once.
"""

import fcntl
import shutil
from pathlib import Path

from content_packs.digests import digest_of
from scripts.demonstration.programs import run
from scripts.demonstration.story import PACKS
from tests.support.source_code import CHECKOUT

_CACHE = CHECKOUT / ".cache" / "samples"


def sample_cpacks(version: int) -> dict[str, Path]:
    """Return the cpacks of a version of the sample packs, built by today's `content-packs`."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    place = _CACHE / f"{_state()}-{version}"
    with (_CACHE / f"lock-{version}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            unfinished = _CACHE / f"unfinished-{version}"
            shutil.rmtree(unfinished, ignore_errors=True)
            run("content-packs", "samples", unfinished / "folders", "--version", str(version))
            for pack in PACKS:
                run(
                    "content-packs", "build", unfinished / "folders" / pack,
                    "--output", unfinished / f"{pack}-{version}.cpack",
                )  # fmt: skip
            for old in _CACHE.glob(f"*-{version}"):
                if old.is_dir() and old != unfinished:
                    shutil.rmtree(old)
            unfinished.rename(place)
    return {pack: place / f"{pack}-{version}.cpack" for pack in PACKS}


def sample_folders(version: int) -> Path:
    """Return the folder in which the sample packs of a version are, as they were made."""
    return next(iter(sample_cpacks(version).values())).parent / "folders"


def _state() -> str:
    """Return a digest of everything that the packs are made by."""
    sources = sorted((CHECKOUT / "content_packs").rglob("*"))
    parts = [
        f"{path.relative_to(CHECKOUT)} {digest_of(path.read_bytes())}"
        for path in sources
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    ]
    recipes = [
        f"{path.relative_to(CHECKOUT)} {digest_of(path.read_bytes())}"
        for path in (CHECKOUT / "content_packs" / "samples").rglob("*.md")
    ]
    return digest_of("\n".join([*parts, *sorted(recipes)]).encode())[:16]
