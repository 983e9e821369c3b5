"""Paths inside a pack: relative, normal, and safe on every file system a box or stick may have.

A path is refused when it
1. isn't Unicode NFC, or has lone surrogates;
2. is empty, absolute, has an empty, `.` or `..` component, or a backslash;
3. has control, format (bidi and zero-width), private-use or unassigned characters;
4. has a component that Windows or FAT reserves (`con`, `aux`, `nul`, ...; `<>:"|?*`; a trailing dot
   or space; a leading space);
5. is longer or deeper than `limits` allows.

Two paths of one pack may not be equal under NFKC case folding, nor may one be a folder of another:
`unique` checks that. Unicode data is that of the running Python; assigned characters stay assigned.
"""

import re
import unicodedata
from collections.abc import Iterable

from content_packs.errors import InvalidPath
from content_packs.limits import PATH_BYTES_MAX, PATH_COMPONENT_BYTES_MAX, PATH_DEPTH_MAX

_RESERVED_CHARACTERS = re.compile(r'[<>:"|?*\\]')
_RESERVED_NAMES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
# Zero-width joiners belong to scripts (Indic, emoji) and change no direction; still refused, since
# two paths that look alike must not differ.
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def problem_with(path: str) -> str | None:
    """Return what is wrong with `path`, in words, or None."""
    if not path:
        return "it is empty"
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "it has a lone surrogate"
    if len(encoded) > PATH_BYTES_MAX:
        return f"it is {len(encoded)} bytes long, more than {PATH_BYTES_MAX}"
    if unicodedata.normalize("NFC", path) != path:
        return "it isn't in Unicode normal form C"
    if path.startswith("/"):
        return "it is absolute"
    components = path.split("/")
    if len(components) > PATH_DEPTH_MAX:
        return f"it is {len(components)} deep, more than {PATH_DEPTH_MAX}"
    for component in components:
        if problem := _problem_with_component(component):
            return problem
    return None


def _problem_with_component(component: str) -> str | None:
    if component == "":
        return "it has an empty component"
    if component in {".", ".."}:
        return f"it has the component {component!r}"
    if len(component.encode()) > PATH_COMPONENT_BYTES_MAX:
        return f"{component[:20]!r}... is longer than {PATH_COMPONENT_BYTES_MAX} bytes"
    if not (component.isascii() and component.isprintable()):
        for character in component:
            if unicodedata.category(character) in _REFUSED_CATEGORIES:
                return f"it has the character U+{ord(character):04X}"
    if found := _RESERVED_CHARACTERS.search(component):
        return f"it has the character {found.group()!r}, which some file systems reserve"
    if component[-1] in ". " or component[0] == " ":
        return f"{component!r} starts with a space, or ends with a dot or space"
    if _RESERVED_NAMES.fullmatch(component.split(".", 1)[0].strip()):
        return f"{component!r} is a name that Windows reserves"
    return None


def check_path(path: str, *, what: str) -> str:
    """Return `path` if a pack may contain it; raise `InvalidPath` otherwise."""
    if problem := problem_with(path):
        raise InvalidPath(
            f"{what}: the path {path[:120]!a} can't be used: {problem}",
            hint="Paths are relative, with '/' between names that every file system can hold.",
        )
    return path


def folded(path: str) -> str:
    """Return what `path` is compared by: NFKC, case-folded, to a fixed point."""
    for _ in range(4):  # folding can undo normalisation and the other way round; 2 suffice
        again = unicodedata.normalize("NFKC", path).casefold()
        if again == path:
            break
        path = again
    return path


def check_unique(paths: Iterable[str], *, what: str) -> None:
    """Raise `InvalidPath` if two of `paths` would meet on some file system."""
    seen: dict[str, str] = {}
    for path in paths:
        key = folded(path)
        if key in seen:
            raise InvalidPath(
                f"{what}: the paths {seen[key]!r} and {path!r} are the same on some file systems",
                hint="Rename one of them.",
            )
        seen[key] = path
    for key, path in seen.items():
        parent = key
        while "/" in parent:
            parent = parent.rsplit("/", 1)[0]
            if parent in seen:
                raise InvalidPath(
                    f"{what}: {seen[parent]!r} is a file, and {path!r} needs it to be a folder",
                    hint="Rename one of them.",
                )
