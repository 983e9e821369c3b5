"""What an image is made of, to the byte: `deploy/image/lock/<architecture>.lock`.

A line each, in this order; `deploy/image/build --lock` writes them, nobody else:

    satchel-image-lock 1
    architecture arm64
    asked PACKAGE                                 Debian packages that the build asked for
    installed NAME VERSION SHA256 BYTES ADDRESS   their closure: installed in the root
    unpacked NAME VERSION SHA256 BYTES ADDRESS    only files of it are taken
    wheel NAME VERSION SHA256 FILE                Python packages in the box's venv
    tool NAME VERSION SHA256 FILE                 Python packages that build our own wheel

ADDRESS is an archive, `debian` or `debian-security`, and the path in it: which mirror of it is
asked is for the machine that builds. Lines that begin with `#`, and empty ones, mean nothing.
"""

import re
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from content_packs.errors import InvalidContent

FORMAT = "satchel-image-lock 1"
LINES_MAX = 2_000
LINE_CHARACTERS_MAX = 500
ARCHIVES = ("debian", "debian-security")
ARCHITECTURES = ("arm64", "amd64")
KINDS = ("asked", "installed", "unpacked", "wheel", "tool")

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,99}")
_DEBIAN_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~-]{0,99}")
_PYTHON_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?")
_PYTHON_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BYTES = re.compile(r"[1-9][0-9]{0,11}")
_ADDRESS = re.compile(
    rf"(?:{'|'.join(ARCHIVES)})/pool/(?:[A-Za-z0-9][A-Za-z0-9+.~-]*/)+[A-Za-z0-9][A-Za-z0-9+.~%_-]*\.deb"
)
_WHEEL = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.+!]+(?:-[A-Za-z0-9_.]+){3,4}\.whl")
_HINT = "deploy/image/build --lock writes it; take the committed one back where it was edited."


@dataclass(frozen=True, order=True)
class Deb:
    """A Debian package as the archive has it."""

    name: str
    version: str
    sha256: str
    size: int
    address: str

    @property
    def archive(self) -> str:
        """The archive that has it."""
        return self.address.split("/", 1)[0]

    @property
    def path(self) -> str:
        """Its path in the archive."""
        return self.address.split("/", 1)[1]

    @property
    def file_name(self) -> str:
        """A name of its own for the cache: archives rebuild under a name that was had."""
        return f"{self.sha256[:16]}_{self.path.rsplit('/', 1)[1]}"

    def line(self) -> str:
        """Return it as it stands in the lock file, without its kind."""
        return f"{self.name} {self.version} {self.sha256} {self.size} {self.address}"


@dataclass(frozen=True, order=True)
class Wheel:
    """A Python package as the index has it."""

    name: str
    version: str
    sha256: str
    file_name: str

    def line(self) -> str:
        """Return it as it stands in the lock file, without its kind."""
        return f"{self.name} {self.version} {self.sha256} {self.file_name}"


_Kind = TypeVar("_Kind", Deb, Wheel)


@dataclass(frozen=True)
class Lock:
    """All that an image of one architecture is made of, besides what this checkout has."""

    architecture: str
    asked: tuple[str, ...] = ()
    installed: tuple[Deb, ...] = ()
    unpacked: tuple[Deb, ...] = ()
    wheels: tuple[Wheel, ...] = ()
    tools: tuple[Wheel, ...] = ()

    def text(self) -> str:
        """Return the lock file: the same text for the same content, whatever its order was."""
        lines = [FORMAT, f"architecture {self.architecture}"]
        lines += [f"asked {name}" for name in sorted(self.asked)]
        for kind, debs in (("installed", self.installed), ("unpacked", self.unpacked)):
            lines += [f"{kind} {deb.line()}" for deb in sorted(debs)]
        for kind, wheels in (("wheel", self.wheels), ("tool", self.tools)):
            lines += [f"{kind} {wheel.line()}" for wheel in sorted(wheels)]
        return "\n".join(lines) + "\n"

    def sorted(self) -> Self:
        """Return it in the order of the file."""
        return replace(
            self,
            asked=tuple(sorted(self.asked)),
            installed=tuple(sorted(self.installed)),
            unpacked=tuple(sorted(self.unpacked)),
            wheels=tuple(sorted(self.wheels)),
            tools=tuple(sorted(self.tools)),
        )

    def deb(self, name: str) -> Deb:
        """Return the unpacked package of this name, or the first whose name begins with it.

        Raises `InvalidContent` where there is none.
        """
        for deb in self.unpacked:
            if deb.name == name or deb.name.startswith(f"{name}-"):
                return deb
        raise InvalidContent(
            f"lock/{self.architecture}.lock: has no package {name} to unpack",
            hint="Run deploy/image/build --lock.",
        )


def _of(kind: type[_Kind], entries: list[Deb | Wheel | str]) -> tuple[_Kind, ...]:
    return tuple(entry for entry in entries if isinstance(entry, kind))


class _Fault(Exception):
    """What is wrong with a line."""


def parse(text: str, *, name: str) -> Lock:
    """Read the lock file `name`.

    Raises `InvalidContent` that tells the line, what was found there and what was expected.
    """
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        raise InvalidContent(f"{name}: {len(lines)} lines, at most {LINES_MAX}", hint=_HINT)
    told = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]
    found: dict[str, list[Deb | Wheel | str]] = {kind: [] for kind in KINDS}
    architecture = ""
    for place, (number, line) in enumerate(told):
        try:
            if place == 0:
                _expect(line == FORMAT, line, f"the format, {FORMAT!r}")
            elif place == 1:
                architecture = _architecture(line)
            else:
                kind, entry = _entry(line)
                _expect(entry not in found[kind], line, "each entry once")
                found[kind].append(entry)
        except _Fault as fault:
            raise InvalidContent(f"{name}, line {number}: {fault}", hint=_HINT) from None
    if not architecture:
        raise InvalidContent(f"{name}: ends before it names an architecture", hint=_HINT)
    lock = Lock(
        architecture,
        tuple(entry for entry in found["asked"] if isinstance(entry, str)),
        _of(Deb, found["installed"]),
        _of(Deb, found["unpacked"]),
        _of(Wheel, found["wheel"]),
        _of(Wheel, found["tool"]),
    ).sorted()
    _check_names(lock, name)
    return lock


def _expect(held: object, found: str, expected: str) -> None:
    if not held:
        raise _Fault(f"found {found[:80]!r}, expected {expected}")


def _architecture(line: str) -> str:
    word, _, architecture = line.partition(" ")
    known = " or ".join(ARCHITECTURES)
    _expect(word == "architecture" and architecture in ARCHITECTURES, line, f"architecture {known}")
    return architecture


def _entry(line: str) -> tuple[str, Deb | Wheel | str]:
    _expect(len(line) <= LINE_CHARACTERS_MAX, line, f"at most {LINE_CHARACTERS_MAX} characters")
    kind, *words = line.split(" ")
    _expect(kind in KINDS, kind, f"one of {', '.join(KINDS)}")
    if kind == "asked":
        _expect(len(words) == 1 and _NAME.fullmatch(words[0]), line, "asked PACKAGE")
        return kind, words[0]
    if kind in {"installed", "unpacked"}:
        _expect(len(words) == 5, line, f"{kind} NAME VERSION SHA256 BYTES ADDRESS")
        _matches(words, ("name", "version", "SHA-256", "bytes", "address"), _DEB)
        return kind, Deb(words[0], words[1], words[2], int(words[3]), words[4])
    _expect(len(words) == 4, line, f"{kind} NAME VERSION SHA256 FILE")
    _matches(words, ("name", "version", "SHA-256", "wheel"), _PYTHON)
    return kind, Wheel(words[0], words[1], words[2], words[3])


_DEB = (_NAME, _DEBIAN_VERSION, _SHA256, _BYTES, _ADDRESS)
_PYTHON = (_PYTHON_NAME, _PYTHON_VERSION, _SHA256, _WHEEL)


def _matches(
    words: list[str], names: tuple[str, ...], patterns: tuple[re.Pattern[str], ...]
) -> None:
    for word, name, pattern in zip(words, names, patterns, strict=True):
        _expect(pattern.fullmatch(word), word, f"a {name}")


def _check_names(lock: Lock, name: str) -> None:
    """Raise where two entries of a kind have one name: neither could be meant."""
    for kind, entries in (
        ("installed", lock.installed),
        ("unpacked", lock.unpacked),
        ("wheel", lock.wheels),
        ("tool", lock.tools),
    ):
        names = [entry.name for entry in entries]
        twice = sorted({each for each in names if names.count(each) > 1})
        if twice:
            raise InvalidContent(f"{name}: {kind} {twice[0]} stands there twice", hint=_HINT)
