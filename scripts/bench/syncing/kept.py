"""What the bench keeps from run to run, under names that tell what it depends on.

Whatever is made once (the course, its trees, the optimum, what a peer took) is found again as long
as nothing that it depends on has changed: the code that makes it, the versions of programs, what it
was made of. What isn't used any more is never looked for: remove the folder to have the room back.
"""

import hashlib
import inspect
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / ".cache" / "bench"
_KEY_DIGITS = 16


def key(*of: Any) -> str:
    """Return a name for what depends on these: values that JSON has, modules, classes, files."""
    return hashlib.sha256(json.dumps([_told(one) for one in of]).encode()).hexdigest()[:_KEY_DIGITS]


def _told(one: Any) -> Any:
    if isinstance(one, Path):
        return hashlib.sha256(one.read_bytes()).hexdigest()
    if inspect.isclass(one):
        return [inspect.getsource(base) for base in one.__mro__ if "bench" in base.__module__]
    return inspect.getsource(one) if inspect.ismodule(one) else one


def folder(name: str, key_: str, make: Callable[[Path], object]) -> Path:
    """Return the folder of that name and key, made by `make` if it isn't there whole."""
    place = FOLDER / f"{name}-{key_}"
    if not place.is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.{os.getpid()}.part")
        shutil.rmtree(part, ignore_errors=True)
        make(part)
        part.rename(place)
    return place


def remembered(name: str, key_: str) -> Any:
    """Return the figures kept under that name and key, or None."""
    place = FOLDER / f"{name}-{key_}.json"
    return json.loads(place.read_text(encoding="utf-8")) if place.exists() else None


def remember(name: str, key_: str, figures: Any) -> None:
    """Keep figures under that name and key."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    place = FOLDER / f"{name}-{key_}.json"
    part = place.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    part.replace(place)
