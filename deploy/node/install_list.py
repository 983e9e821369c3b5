"""What each part needs on the box: the file `install.toml` in its folder, read strictly.

    only = "image"                        # not in the .deb for other systems; "deb": only there
    packages = ["dnsmasq-base"]           # Debian packages
    modules = ["growing.py"]              # Python, to /usr/lib/satchel/deploy/node/PART/
    [programs]
    satchel-data = "growing.py"           # /usr/lib/satchel/bin/satchel-data runs its main()
    [[folder]]
    path = "/var/lib/satchel"
    mode = "0750"                         # 0755 where it isn't named
    owner = "satchel"                     # "root" where it isn't named
    [[file]]
    from = "hostapd.conf"                 # relative to the folder
    to = "/etc/hostapd/hostapd.conf"
    mode = "0644"                         # 0644 where it isn't named; files are always root's
    [[link]]
    path = "/etc/resolv.conf"
    target = "/run/satchel/resolv.conf"   # as it is written into the link
    [units]
    enable = ["satchel-node.service"]     # of other packages, too, in the image
    mask = ["apt-daily.timer"]            # in the image; a .deb leaves others' units alone

`[[folder]]`, `[[file]]` and `[[link]]` may have `only`, too; a unit of ours is enabled only where
its file is installed. Every key that isn't named here, every file that is missing and every place
that is named twice is an error that names its file and field.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

LIST_NAME = "install.toml"
LIST_BYTES_MAX = 64 * 1024
LIBRARY = PurePosixPath("/usr/lib/satchel")
PROGRAMS = LIBRARY / "bin"
KINDS = ("image", "deb")
OWNERS = ("root", "satchel")
HERE = Path(__file__).parent

_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?")
_UNIT = re.compile(
    r"[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]*)?\.(service|socket|target|timer|path|mount|automount)"
)
_MODE = re.compile(r"0[0-7]{3}|01[0-7]{3}")
_PROGRAM = re.compile(r"[a-z][a-z0-9-]*")
_MODULE = re.compile(r"[a-z_][a-z0-9_]*\.py")

# `#!… -IS`: neither the environment nor other packages have a say, and it starts quickly.
_WRAPPER = """\
#!/usr/bin/python3 -IS
import sys

sys.path.insert(0, "{library}")
from {module} import main

sys.exit(main())
"""


class InvalidList(Exception):
    """An install.toml that can't be followed; the message names file, field and what to do."""


@dataclass(frozen=True)
class Folder:
    """A folder of the box."""

    path: PurePosixPath
    mode: int = 0o755
    owner: str = "root"


@dataclass(frozen=True)
class File:
    """A file of the box, root's. `data`: its bytes."""

    path: PurePosixPath
    data: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    """A symbolic link of the box. `target`: what is written into it."""

    path: PurePosixPath
    target: str


@dataclass(frozen=True)
class Installation:
    """All that is put on a box; each in the order of its name."""

    packages: tuple[str, ...] = ()
    folders: tuple[Folder, ...] = ()
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()
    enable: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()


@dataclass
class _Found:
    """What was read so far, and where each place on the box was named first."""

    kind: str
    packages: set[str] = field(default_factory=set)
    folders: dict[PurePosixPath, Folder] = field(default_factory=dict)
    files: dict[PurePosixPath, File] = field(default_factory=dict)
    links: dict[PurePosixPath, Link] = field(default_factory=dict)
    enable: set[str] = field(default_factory=set)
    mask: set[str] = field(default_factory=set)
    named: dict[PurePosixPath, Path] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)  # names of files for the other kind only

    def claim(self, path: PurePosixPath, by: Path) -> None:
        """Note a place. Raises `InvalidList` where it was named already."""
        if path in self.named:
            raise InvalidList(
                f"{by}: {path} is named twice, first in {self.named[path]}; keep one of the two"
            )
        self.named[path] = by


def read(kind: str = "image", *, parts: Path = HERE) -> Installation:
    """Read the lists of all parts: the subfolders of `parts`. Raises `InvalidList`.

    `kind`: "image", or "deb" for what goes into the package for other systems.
    """
    if kind not in KINDS:
        raise InvalidList(f"{kind!r} is no kind of installation; it is one of {', '.join(KINDS)}")
    found = _Found(kind)
    for path in sorted(parts.glob(f"*/{LIST_NAME}")):
        _Reader(path, parts, found).read()
    both = sorted(found.enable & found.mask)
    if both:
        raise InvalidList(f"{both[0]} is enabled in one {LIST_NAME} and masked in another")
    ours = {path.name for path in found.files}
    gone = found.elsewhere - ours
    return Installation(
        packages=tuple(sorted(found.packages)),
        folders=tuple(each for _, each in sorted(found.folders.items())),
        files=tuple(each for _, each in sorted(found.files.items())),
        links=tuple(each for _, each in sorted(found.links.items())),
        enable=tuple(sorted(found.enable & ours if kind == "deb" else found.enable - gone)),
        mask=tuple(sorted(found.mask)) if kind == "image" else (),
    )


class _Reader:
    """Reads one list into what was found."""

    def __init__(self, path: Path, parts: Path, found: _Found) -> None:
        self._path = path
        self._folder = path.parent
        self._parts = parts
        self._found = found

    def read(self) -> None:
        """Read all of it."""
        plain = self._plain()
        self._keys(
            plain,
            "",
            {"only", "packages", "modules", "programs", "folder", "file", "link", "units"},
        )
        if not self._wanted(plain, ""):
            return
        packages = self._matching(plain.get("packages", []), "packages", _PACKAGE)
        self._found.packages.update(packages)
        self._modules(plain)
        for name, one in self._tables(plain, "folder", {"path", "mode", "owner"}):
            self._take_folder(name, one)
        for name, one in self._tables(plain, "file", {"from", "to", "mode"}):
            to = self._place(one, f"{name}.to")
            self._add(File(to, self._bytes(one, name), self._mode(one, name, 0o644)))
        for name, one in self._tables(plain, "link", {"path", "target"}):
            link = Link(self._place(one, f"{name}.path"), self._text(one, f"{name}.target"))
            self._found.claim(link.path, self._path)
            self._found.links[link.path] = link
        self._units(plain.get("units", {}))

    def _plain(self) -> dict[str, Any]:
        try:
            data = self._path.read_bytes()
            if len(data) > LIST_BYTES_MAX:
                raise self._fault("", f"at most {LIST_BYTES_MAX} bytes", f"{len(data)}")
            return tomllib.loads(data.decode("utf-8"))
        except (OSError, ValueError) as error:
            raise InvalidList(f"{self._path}: can't be read as TOML: {error}") from error

    def _fault(self, name: str, expected: str, found: object) -> InvalidList:
        return InvalidList(
            f"{self._path}: {name or 'the file'}: expected {expected}, found {found!r}"
        )

    def _keys(self, table: Mapping[str, Any], name: str, known: set[str]) -> None:
        unknown = sorted(table.keys() - known)
        if unknown:
            raise self._fault(name, f"only the keys {', '.join(sorted(known))}", unknown[0])

    def _wanted(self, table: Mapping[str, Any], name: str) -> bool:
        only = table.get("only", self._found.kind)
        if only not in KINDS:
            raise self._fault(f"{name}.only".strip("."), f"one of {', '.join(KINDS)}", only)
        return bool(only == self._found.kind)

    def _tables(
        self, plain: Mapping[str, Any], name: str, keys: set[str]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what is wanted of an array of tables, with a name for messages."""
        tables = plain.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            raise self._fault(name, f"tables [[{name}]]", tables)
        for number, one in enumerate(tables):
            shown = f"{name}[{number}]"
            self._keys(one, shown, keys | {"only"})
            if self._wanted(one, shown):
                yield shown, one
            elif "to" in keys:
                self._found.elsewhere.add(PurePosixPath(self._text(one, f"{shown}.to")).name)

    def _text(self, table: Mapping[str, Any], name: str) -> str:
        found = table.get(name.rsplit(".", 1)[-1])
        if not isinstance(found, str) or not found or not found.isprintable():
            raise self._fault(name, "a text of one line", found)
        return found

    def _matching(self, found: Any, name: str, pattern: re.Pattern[str]) -> list[str]:
        if not isinstance(found, list):
            raise self._fault(name, "a list", found)
        for each in found:
            if not isinstance(each, str) or not pattern.fullmatch(each):
                raise self._fault(name, f"names such as {pattern.pattern}", each)
        return found

    def _place(self, table: Mapping[str, Any], name: str) -> PurePosixPath:
        """Return an absolute path of the box, in its shortest form."""
        text = self._text(table, name)
        parts = text.split("/")
        if parts[0] or len(parts) < 2 or not all(parts[1:]) or {".", ".."} & set(parts):
            raise self._fault(name, "an absolute path without '.', '..' or doubled slashes", text)
        return PurePosixPath(text)

    def _mode(self, table: Mapping[str, Any], name: str, default: int) -> int:
        mode = table.get("mode", f"0{default:o}")
        if not isinstance(mode, str) or not _MODE.fullmatch(mode):
            raise self._fault(
                f"{name}.mode", 'an octal text such as "0644", neither setuid nor setgid', mode
            )
        return int(mode, 8)

    def _bytes(self, table: Mapping[str, Any], name: str) -> bytes:
        text = self._text(table, f"{name}.from")
        path = self._folder / text
        inside = self._folder.resolve() in path.resolve().parents
        if text.startswith("/") or not inside or path.is_symlink() or not path.is_file():
            raise self._fault(f"{name}.from", f"a file inside {self._folder}", text)
        return path.read_bytes()

    def _add(self, file: File) -> None:
        self._found.claim(file.path, self._path)
        self._found.files[file.path] = file

    def _take_folder(self, name: str, one: Mapping[str, Any]) -> None:
        owner = one.get("owner", "root")
        if owner not in OWNERS:
            raise self._fault(f"{name}.owner", f"one of {', '.join(OWNERS)}", owner)
        path = self._place(one, f"{name}.path")
        self._found.claim(path, self._path)
        self._found.folders[path] = Folder(path, self._mode(one, name, 0o755), owner)

    def _modules(self, plain: Mapping[str, Any]) -> None:
        """Take Python modules with the packages above them, and the programs that run them."""
        modules = self._matching(plain.get("modules", []), "modules", _MODULE)
        programs = plain.get("programs", {})
        if not isinstance(programs, dict):
            raise self._fault("programs", "a table", programs)
        package = f"deploy.{self._parts.name}.{self._folder.name}"
        for name in dict.fromkeys(["__init__.py", *modules] if modules else []):
            data = self._bytes({"from": name}, f"modules: {name}")
            self._add(File(LIBRARY.joinpath(*package.split("."), name), data))
        if modules:
            self._packages_above()
        for name, module in programs.items():
            if not _PROGRAM.fullmatch(name) or module not in modules:
                raise self._fault(f"programs.{name}", "a module that `modules` names", module)
            dotted = f"{package}.{module.removesuffix('.py')}"
            text = _WRAPPER.format(library=LIBRARY, module=dotted)
            self._add(File(PROGRAMS / name, text.encode(), 0o755))

    def _packages_above(self) -> None:
        """Take the `__init__.py` of `deploy` and of `deploy.node`; every part brings the same."""
        for folder, place in (
            (self._parts.parent, LIBRARY / "deploy"),
            (self._parts, LIBRARY / "deploy" / self._parts.name),
        ):
            path = place / "__init__.py"
            source = folder / "__init__.py"
            self._found.files[path] = File(path, source.read_bytes() if source.exists() else b"")

    def _units(self, units: Any) -> None:
        if not isinstance(units, dict):
            raise self._fault("units", "a table", units)
        self._keys(units, "units", {"enable", "mask"})
        self._found.enable.update(self._matching(units.get("enable", []), "units.enable", _UNIT))
        self._found.mask.update(self._matching(units.get("mask", []), "units.mask", _UNIT))
