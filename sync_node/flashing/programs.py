"""Programs of the laptop's system that write file systems: mtools and e2fsprogs.

They are started with a fixed environment: what a person has set for them elsewhere, a `.mtoolsrc`
say, must not change what is on a card.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from content_packs.errors import InvalidContent, NotInstalled, StorageFailed
from sync_node.flashing.limits import PROGRAM_SECONDS_MAX

_PACKAGES = {
    "mcopy": "mtools", "mmd": "mtools", "mdir": "mtools", "mtype": "mtools",
    "mke2fs": "e2fsprogs", "debugfs": "e2fsprogs", "e2fsck": "e2fsprogs",
}  # fmt: skip
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"PATH": _PATH, "LC_ALL": "C.UTF-8", "MTOOLSRC": "/dev/null", "HOME": "/nonexistent"}


def check_installed(*names: str) -> None:
    """Raise `NotInstalled` where one of these programs isn't here."""
    missing = [name for name in names if _found(name) is None]
    if missing:
        packages = " ".join(sorted({_PACKAGES.get(name, name) for name in missing}))
        raise NotInstalled(
            f"this needs the program {missing[0]}, which isn't installed",
            hint=f"Install it: sudo apt install {packages}",
        )


def run(
    name: str,
    *arguments: str | Path,
    text: bytes = b"",
    environment: Mapping[str, str] | None = None,
    good: Sequence[int] = (0,),
    banner: str = "",
) -> bytes:
    """Run a program to its end and return its output. `text`: its input.

    `banner`: for one that ends well whatever fails. What else than a line that begins so stands in
    its error output is a failure.

    Raises `NotInstalled`, `StorageFailed` for a full disk, `InvalidContent` where it fails.
    """
    check_installed(name)
    command = [str(_found(name)), *map(str, arguments)]
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, check=False, timeout=PROGRAM_SECONDS_MAX,
            env={**_ENVIRONMENT, "TZ": "UTC", **(environment or {})},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise StorageFailed(f"{name} doesn't end", hint="The disk may be failing.") from error
    troubles = done.stderr.decode(errors="replace").strip().splitlines()
    if banner:
        troubles = [line for line in troubles if not line.startswith(banner)]
    if done.returncode not in good or (banner and troubles):
        said = troubles or done.stdout.decode(errors="replace").strip().splitlines()
        words = " ".join(said[-2:])[:300] or f"it ended with {done.returncode}"
        if "space" in words.lower() or "full" in words.lower():
            raise StorageFailed(f"{name}: {words}", hint="Free some space, or name another --work.")
        raise InvalidContent(f"{name}: {words}")
    return done.stdout


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{_PATH}{os.pathsep}{os.environ.get('PATH', '')}")
