"""The source files of a sample pack at one of its versions.

The files in the pack's folder are version 1. `_version-N.toml` says what is otherwise in version N:

    [footer]      localised: the line at the foot of every page
    [[replace]]   file, old, new: `old` stands there once and becomes `new`
    [rename]      lesson folders, old name = new name; links to them follow

Files below `_version-N/` stand in place of those at the same paths (before any renaming).
"""

from pathlib import Path

import msgspec

from content_packs.errors import InvalidContent, UsageError
from content_packs.samples.scripts import LocalisedText, read_script

VERSIONS = (1, 2)
_PAGE_ENDING = ".md"
_TEXT_ENDINGS = (_PAGE_ENDING, ".toml", ".gift")


class Replacement(msgspec.Struct, forbid_unknown_fields=True):
    """A text in a file that becomes another."""

    file: str
    old: str
    new: str


class Revision(msgspec.Struct, forbid_unknown_fields=True):
    """What a version changes."""

    footer: LocalisedText
    replace: list[Replacement] = []
    rename: dict[str, str] = {}


def read_sources(folder: Path, version: int) -> dict[str, bytes]:
    """Return the source files of a pack at `version`, by their paths, sorted.

    Raises `UsageError` for a version that there isn't, `InvalidContent` for a faulty revision.
    """
    if version not in VERSIONS:
        raise UsageError(
            f"the sample packs have no version {version}",
            hint=f"Ask for one of {', '.join(str(one) for one in VERSIONS)}.",
        )
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    read = {name: path.read_bytes() for name, path in sorted(files.items()) if path.is_file()}
    return revise(read, version)


def revise(read: dict[str, bytes], version: int) -> dict[str, bytes]:
    """Return the files of `version` out of all files read. Raises `InvalidContent`."""
    name = f"_version-{version}.toml"
    revision = read_script(read[name], Revision, what=name)
    files = {path: data for path, data in read.items() if not path.startswith("_version-")}
    place = f"_version-{version}/"
    for path, data in read.items():
        if path.startswith(place):
            files[path.removeprefix(place)] = data
    for replacement in revision.replace:
        files[replacement.file] = _replaced(files.get(replacement.file, b""), replacement, name)
    for path in files:
        if path.endswith(_PAGE_ENDING):
            files[path] += _footer(path, revision.footer)
    return _renamed(files, revision.rename)


def _replaced(data: bytes, replacement: Replacement, name: str) -> bytes:
    old = replacement.old.encode()
    if data.count(old) != 1:
        raise InvalidContent(
            f"{name}: {replacement.old!r} stands {data.count(old)} times in {replacement.file}",
            hint="Write enough of the text that it is found once.",
        )
    return data.replace(old, replacement.new.encode())


def _footer(path: str, footer: LocalisedText) -> bytes:
    language = path.removesuffix(_PAGE_ENDING).rpartition(".")[2]
    return f"\n---\n\n{footer[language]}\n".encode()


def _renamed(files: dict[str, bytes], names: dict[str, str]) -> dict[str, bytes]:
    renamed = {}
    for path, data in files.items():
        folder, slash, rest = path.partition("/")
        new_data = data
        if path.endswith(_TEXT_ENDINGS):
            for old, new in names.items():
                new_data = new_data.replace(f"../{old}/".encode(), f"../{new}/".encode())
        renamed[names.get(folder, folder) + slash + rest] = new_data
    return dict(sorted(renamed.items()))
