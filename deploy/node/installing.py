"""Puts what the box needs into a root file system: `python3 -m deploy.node.installing --root DIR`.

The lists are the parts' `install.toml` (install_list.py). With `--list packages`, `enable` or
`mask` it prints names, one a line, and installs nothing. Only the standard library: it runs outside
of the venv, before there is one. It may run twice. The build that calls it makes what it wrote
durable.

Ends with 2 where it was called wrongly, 3 where a list can't be followed, 9 where the disk can't.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from deploy.node.install_list import KINDS, Installation, InvalidList, read

SATCHEL_ID = 990  # user and group `satchel` on every box: a card moves between boxes
UNIT_FOLDERS = ("etc/systemd/system", "usr/lib/systemd/system")
LISTS = ("packages", "enable", "mask")

Chown = Callable[[Path, int, int], None]


def install(root: Path, wanted: Installation, *, chown: Chown = os.chown) -> None:
    """Put folders, files, links and the enabling of units into `root`.

    What other packages put there is replaced. Modes are as the lists say, whatever the umask.
    Raises `InvalidList` where a path would leave the root or a unit isn't there, `OSError`.
    """
    for folder in wanted.folders:
        path = _inside(root, folder.path)
        _make_folders(root, path)
        path.chmod(folder.mode)
        number = SATCHEL_ID if folder.owner == "satchel" else 0
        chown(path, number, number)
    for file in wanted.files:
        path = _inside(root, file.path)
        _make_folders(root, path.parent)
        path.unlink(missing_ok=True)
        path.write_bytes(file.data)
        path.chmod(file.mode)
        chown(path, 0, 0)
    for link in wanted.links:
        _link(root, link.path, link.target)
    for unit in wanted.enable:
        enable(root, unit)
    for unit in wanted.mask:
        _link(root, PurePosixPath("/etc/systemd/system") / unit, "/dev/null")


def enable(root: Path, unit: str) -> None:
    """Make the links by which systemd starts `unit`, as `systemctl enable` does.

    Follows WantedBy=, RequiredBy=, Alias= and Also= of its [Install] section. Raises `InvalidList`.
    """
    _enable(root, unit, set())


def _enable(root: Path, unit: str, done: set[str]) -> None:
    if unit in done:
        return
    done.add(unit)
    source = _unit_file(root, unit)
    at = PurePosixPath("/etc/systemd/system")
    target = f"/{source.relative_to(root.resolve()).as_posix()}"
    section = install_section(source.read_text(encoding="utf-8"))
    if not any(section.values()):
        raise InvalidList(f"{target}: has nothing in [Install]: it can't be enabled")
    for key, suffix in (("WantedBy", "wants"), ("RequiredBy", "requires")):
        for by in section[key]:
            _link(root, at / f"{by}.{suffix}" / unit, target)
    for alias in section["Alias"]:
        _link(root, at / alias, target)
    for other in section["Also"]:
        _enable(root, other, done)


def install_section(text: str) -> dict[str, list[str]]:
    """Return the names that the [Install] section of a unit gives, by key."""
    found: dict[str, list[str]] = {"WantedBy": [], "RequiredBy": [], "Alias": [], "Also": []}
    section = ""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.strip()
        if words.startswith("["):
            section = words
        key, mark, value = words.partition("=")
        if section == "[Install]" and mark and key.strip() in found:
            found[key.strip()].extend(value.split())
    return found


def _unit_file(root: Path, unit: str) -> Path:
    """Return where a unit lies; of an instance, its template."""
    name, _, rest = unit.partition("@")
    names = [unit, f"{name}@.{rest.rsplit('.', 1)[-1]}"] if rest else [unit]
    for folder in UNIT_FOLDERS:
        for each in names:
            path = (root / folder / each).resolve()
            if path.is_relative_to(root.resolve()) and path.is_file():
                return path
    raise InvalidList(
        f"{unit} is to be enabled and isn't in {root}: is its package installed, its name right?"
    )


def _inside(root: Path, path: PurePosixPath) -> Path:
    """Return a path of the box below `root`. Raises `InvalidList` where links lead out of it."""
    place = root.joinpath(*path.parts[1:])
    parent = place.parent.resolve()
    if parent != root.resolve() and root.resolve() not in parent.parents:
        raise InvalidList(f"{path}: a link in {root} leads out of it, to {parent}; mend the root")
    return parent / place.name


def _make_folders(root: Path, folder: Path) -> None:
    missing = []
    while not folder.is_dir() and folder != root:
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
        each.chmod(0o755)


def _link(root: Path, path: PurePosixPath, target: str) -> None:
    place = _inside(root, path)
    _make_folders(root, place.parent)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def main(arguments: Iterable[str] | None = None) -> int:
    """Install or list, as the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(description="Puts what a box needs into a root file system.")
    parser.add_argument("--root", type=Path, help="the root file system")
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="what it is for")
    parser.add_argument("--list", choices=LISTS, help="print names instead")
    given = parser.parse_args(None if arguments is None else list(arguments))
    if given.root is None and given.list is None:
        parser.error("--root or --list is needed")
    if given.root is not None and not given.root.is_dir():
        parser.error(f"--root: {given.root} is no folder")
    try:
        wanted = read(given.kind)
        if given.list:
            print("\n".join(getattr(wanted, given.list)))  # noqa: T201  # what it was asked for
        else:
            install(given.root, wanted)
    except InvalidList as error:
        sys.stderr.write(f"{error}\n")
        return 3
    except OSError as error:
        sys.stderr.write(f"{given.root}: can't be installed into: {error}\n")
        return 9
    return 0


if __name__ == "__main__":
    sys.exit(main())
