"""Newer systems to update a box under trial to, made out of its image: a good one, and bad ones.

good   the image's own system, under the next number
dead   it has no program to start with: the kernel finds none, and the box starts again
mute   all of it runs, but for the node: the school's site isn't served

Each is squashed anew, put into a copy of the image, and becomes a pack as deploy/image/system-pack
makes them: what boxes get has gone through all that a real one goes through.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

from content_packs.errors import InvalidContent, Refused
from content_packs.manifest import Manifest
from deploy.image import system_packs
from deploy.image.running import run

Kind: TypeAlias = Literal["good", "dead", "mute"]
KINDS: tuple[Kind, ...] = ("good", "dead", "mute")

_RELEASE = "usr/lib/satchel/release.toml"
_UNIT = "usr/lib/systemd/system/satchel-node.service"
_INIT = "sbin/init"
# As deploy/image/settling.py has it, but for the level: it is tried, not kept.
_SQUASH = (
    "-quiet", "-no-progress", "-noappend", "-no-exports", "-no-xattrs", "-all-time", "1",
    "-mkfs-time", "1", "-b", "256K", "-comp", "zstd", "-Xcompression-level", "1",
)  # fmt: skip


class Systems:
    """Makes systems of an image below `folder`, each newer than the one before."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._image = image
        self._folder = folder
        self._slot = system_packs.partitions(image)[f"system-{system_packs.SLOT}"]
        self._root = folder / "root"
        self.version = 0

    def begin(self) -> None:
        """Unpack the image's system. Raises `Refused` where nobody may, `BuildFailed`."""
        if os.geteuid() != 0:
            raise Refused(
                "--update makes systems out of the image's, whose files belong to several users",
                hint="Run it as root, or in `unshare --map-auto --map-root-user`.",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        run(["unsquashfs", "-quiet", "-no-progress", "-offset", str(self._slot.start),
             "-dest", self._root, self._image])  # fmt: skip
        self.version = system_packs.read_release((self._root / _RELEASE).read_bytes()).version

    def make(self, kind: Kind) -> tuple[Path, Manifest]:
        """Return the next system as a cpack, and its manifest. Raises `InvalidContent`."""
        self.version += 1
        undo = _broken(self._root, kind)
        _replace(self._root / _RELEASE, r"^system = \d+$", f"system = {self.version}")
        image = self._folder / "image"
        try:
            squashed = self._folder / "squashed"
            run(["mksquashfs", self._root, squashed, *_SQUASH])
            self._put(squashed, image)
            out = self._folder / f"{self.version}.cpack"
            return out, system_packs.make(image, out, self._folder / "work")
        finally:
            undo()
            image.unlink(missing_ok=True)

    def end(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put(self, squashed: Path, image: Path) -> None:
        if squashed.stat().st_size > self._slot.size:
            raise InvalidContent(
                f"a system of {squashed.stat().st_size} bytes doesn't fit into a slot of "
                f"{self._slot.size}"
            )
        run(["cp", "--sparse=always", self._image, image])
        with image.open("r+b") as target, squashed.open("rb") as source:
            target.seek(self._slot.start)
            shutil.copyfileobj(source, target)
        squashed.unlink()


def _broken(root: Path, kind: Kind) -> Callable[[], None]:
    """Break a system in its way; return what mends it."""
    if kind == "dead":
        init, kept = root / _INIT, root.with_name("init")
        init.rename(kept)

        def mend() -> None:
            kept.rename(init)

        return mend
    if kind == "mute":
        unit = root / _UNIT
        text = unit.read_bytes()
        _replace(unit, r"^ExecStart=.*$", "ExecStart=/bin/false")

        def put_back() -> None:
            unit.write_bytes(text)

        return put_back
    return lambda: None


def _replace(path: Path, pattern: str, line: str) -> None:
    """Replace the one line of a file that matches. Raises `InvalidContent` for none, or two."""
    text, count = re.subn(pattern, line, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if count != 1:
        raise InvalidContent(f"{path}: expected one line {pattern!r}, found {count}")
    path.write_text(text, encoding="utf-8")
