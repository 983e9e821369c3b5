"""The files of a pack folder: only regular files, only under names that every disk can hold.

Nothing is followed out of the folder: a symbolic link is refused, as are sockets, pipes and
devices. Files and folders whose name starts with `.` or `_`, and `Thumbs.db`, aren't looked at.
"""

import os
import stat
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from content_packs import paths
from content_packs.command_line import megabytes
from content_packs.findings import Findings
from content_packs.limits import FILE_BYTES_MAX, FILES_MAX, PACK_BYTES_MAX

_IGNORED = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Found:
    """A file of the folder: its path from the root in NFC, where it lies, its bytes."""

    path: str
    location: Path
    size: int

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Tree:
    """Every usable file of a pack folder by its path, in order; and the folders."""

    root: Path
    files: dict[str, Found]
    folders: frozenset[str]

    def names_in(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the files and of the folders directly in `folder`, sorted."""
        return self._children.get(folder, ([], []))

    def under(self, folder: str) -> list[Found]:
        """Return the files in `folder` and below, in the order of their paths."""
        names, folders = self.names_in(folder)
        found = [self.files[f"{folder}/{name}"] for name in names]
        for name in folders:
            found += self.under(f"{folder}/{name}")
        return sorted(found, key=lambda one: one.path)

    @cached_property
    def _children(self) -> dict[str, tuple[list[str], list[str]]]:
        children: dict[str, tuple[list[str], list[str]]] = {}
        for kind, paths_of_kind in enumerate((sorted(self.files), sorted(self.folders))):
            for path in paths_of_kind:
                folder, _, name = path.rpartition("/")
                children.setdefault(folder, ([], []))[kind].append(name)
        return children


def is_ignored(name: str) -> bool:
    """Say whether a file or folder of this name is not part of a pack."""
    return name.startswith((".", "_")) or name.lower() in _IGNORED


def read_tree(root: Path, findings: Findings) -> Tree:
    """Return the files below `root`; what can't be used becomes an error in `findings`."""
    files: dict[str, Found] = {}
    folders: set[str] = set()
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in _entries(folder, prefix, findings):
            path = prefix + unicodedata.normalize("NFC", entry.name)
            if is_ignored(entry.name) or not _usable_path(path, findings):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.add(path)
                waiting.append((f"{path}/", Path(entry.path)))
            elif found := _regular_file(path, entry, findings):
                if path in files:
                    findings.error(
                        path,
                        "two files have this name, in two ways of writing it",
                        hint="Remove one of the two.",
                    )
                files[path] = found
        if len(files) > FILES_MAX:
            findings.error("", f"more than {FILES_MAX} files", hint="Split it into several packs.")
            break
    _check_sizes(files, findings)
    _check_collisions(files, findings)
    return Tree(root, dict(sorted(files.items())), frozenset(folders))


def _entries(folder: Path, prefix: str, findings: Findings) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        findings.error(
            prefix.rstrip("/"),
            f"the folder can't be read: {error.strerror}",
            hint="Check that it is a folder, and its permissions.",
        )
        return []


def _usable_path(path: str, findings: Findings) -> bool:
    problem = paths.problem_with(path)
    if problem is None:
        return True
    findings.error(
        path, f"the name can't be used: {problem}", hint="Rename it, and the links to it."
    )
    return False


def _regular_file(path: str, entry: os.DirEntry[str], findings: Findings) -> Found | None:
    if entry.is_symlink():
        findings.error(path, "a symbolic link", hint="Put a copy of the file in its place.")
        return None
    try:
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            findings.error(path, "not a regular file (a socket, pipe or device)", hint="Remove it.")
            return None
        with Path(entry.path).open("rb"):
            return Found(path, Path(entry.path), status.st_size)
    except OSError as error:
        findings.error(
            path,
            f"the file can't be read: {error.strerror}",
            hint="Check its permissions, and the disk.",
        )
        return None


def _check_sizes(files: dict[str, Found], findings: Findings) -> None:
    for found in files.values():
        if found.size > FILE_BYTES_MAX:
            findings.error(
                found.path,
                f"{megabytes(found.size)}, more than the {megabytes(FILE_BYTES_MAX)} of a file",
                hint="Make it smaller, or split it.",
            )
    total = sum(found.size for found in files.values())
    if total > PACK_BYTES_MAX:
        findings.error(
            "",
            f"{megabytes(total)} in all, more than the {megabytes(PACK_BYTES_MAX)} of a pack",
            hint="Split it into several packs.",
        )


def _check_collisions(files: dict[str, Found], findings: Findings) -> None:
    seen: dict[str, str] = {}
    for path in files:
        other = seen.setdefault(paths.folded(path), path)
        if other != path:
            findings.error(
                path,
                f"the same name as {other!r} on some file systems",
                hint="Rename one of the two.",
            )
