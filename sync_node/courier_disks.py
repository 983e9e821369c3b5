"""Which disks under the folders where a system mounts them are couriers: noticed, not mounted.

A courier's disk has `satchel/courier.json` or `satchel/repository`, or a repository at its top. It
lies at one of the configured folders, or up to two below it (/media/<disk>, /media/<user>/<disk>).
Looked at are names only, every few seconds: mounts make no events in a folder that is watched.

A disk is dealt with once. It counts as another one when it was away, or its `courier.json` changed.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from content_packs import courier, repository
from sync_node.limits import COURIER_ENTRIES_MAX, COURIER_TRIES_MAX

_Identity: TypeAlias = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class CourierDisk:
    """A disk at the folder `root`; `repository` is where it holds one, None for none."""

    root: Path
    repository: Path | None
    identity: _Identity = field(compare=False)

    @property
    def held(self) -> Path | None:
        """Where it has files by digest (`held_folder`)."""
        place = self.root / courier.HELD
        return place if _is_folder(place) else None

    @property
    def sources(self) -> list[str]:
        """The names of what it is a source of."""
        return [str(place) for place in (self.repository, self.held) if place]

    @property
    def takes_letters(self) -> bool:
        """Whether something may be left on it: not where a folder merely holds a repository."""
        return self.repository != self.root or _is_mount(self.root)


def find(roots: Iterable[Path]) -> list[CourierDisk]:
    """Return the couriers' disks under these folders, by their paths."""
    found = {disk.root: disk for root in roots for disk in _below(root)}
    return [found[root] for root in sorted(found)]


def recognised(root: Path) -> CourierDisk | None:
    """Return the courier's disk at `root`, None where there is none."""
    if _is_folder(root / courier.FOLDER):
        place = root / courier.REPOSITORY
        mark = _status(root / courier.MARK)
        if _is_folder(place) or mark:
            return CourierDisk(root, place if _is_folder(place) else None, _identity(root, mark))
    timestamp = _status(root / repository.TIMESTAMP)
    if timestamp and _is_folder(root / repository.metadata_path("").rstrip("/")):
        return CourierDisk(root, root, _identity(root, timestamp))
    return None


class CourierDisks:
    """The disks that are there, and which of them were dealt with, as long as a process runs."""

    def __init__(self, roots: Sequence[Path] = ()) -> None:
        self.roots = tuple(roots)
        self._done: set[_Identity] = set()
        self._tries: dict[_Identity, int] = {}

    def waiting(self) -> list[CourierDisk]:
        """Return the disks that are there and weren't dealt with yet."""
        there = find(self.roots)
        identities = {disk.identity for disk in there}
        self._done &= identities
        self._tries = {key: count for key, count in self._tries.items() if key in identities}
        return [disk for disk in there if disk.identity not in self._done]

    def has_news(self) -> bool:
        """Say whether a disk waits that wasn't tried yet."""
        return any(disk.identity not in self._tries for disk in self.waiting())

    def is_there(self, disk: CourierDisk) -> bool:
        """Say whether a disk is still there."""
        now = recognised(disk.root)
        return now is not None and now.identity[:3] == disk.identity[:3]

    def done(self, disk: CourierDisk) -> None:
        """Note that a disk was dealt with."""
        self._done.add(disk.identity)
        now = recognised(disk.root)
        if now:
            self._done.add(now.identity)

    def failed(self, disk: CourierDisk) -> bool:
        """Note that a disk couldn't be read; say whether it is tried again."""
        self._tries[disk.identity] = self._tries.get(disk.identity, 0) + 1
        if self._tries[disk.identity] < COURIER_TRIES_MAX:
            return True
        self.done(disk)
        return False


def _below(root: Path) -> Iterator[CourierDisk]:
    """Yield the disks at a folder and up to two below it."""
    level = [root]
    for depth in range(3):
        deeper: list[Path] = []
        for folder in level:
            if disk := recognised(folder):
                yield disk
            elif depth < 2 and not (depth and _is_mount(folder)):
                deeper += _folders_in(folder)
        level = deeper[:COURIER_ENTRIES_MAX]


def _folders_in(folder: Path) -> list[Path]:
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(COURIER_ENTRIES_MAX), strict=False):
                if entry.is_dir(follow_symlinks=False):
                    found.append(folder / entry.name)
    except OSError:
        return []  # not there, or not for us to see
    return sorted(found)


def _is_mount(folder: Path) -> bool:
    try:
        return folder.is_mount()
    except OSError:
        return True  # it doesn't answer


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _is_folder(path: Path) -> bool:
    found = _status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _identity(root: Path, mark: os.stat_result | None) -> _Identity:
    found = _status(root)
    device, inode = (found.st_dev, found.st_ino) if found else (0, 0)
    changed, size = (mark.st_mtime_ns, mark.st_size) if mark else (0, 0)
    return str(root), device, inode, changed, size
