"""What a file's name says: `STEM[.LANGUAGE][.RENDITION].EXTENSION` (FORMAT.md, section 2.3)."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from content_packs.names import NO_LANGUAGE, RENDITIONS, is_language, is_name

Role: TypeAlias = Literal["page", "html", "video", "audio", "captions", "document", "exercise"]

_ROLES: dict[str, Role] = {
    ".quiz.toml": "exercise",
    ".gift": "exercise",
    ".md": "page",
    ".html": "html",
    ".htm": "html",
    ".mp4": "video",
    ".webm": "video",
    ".m4a": "audio",
    ".mp3": "audio",
    ".ogg": "audio",
    ".opus": "audio",
    ".vtt": "captions",
    ".pdf": "document",
}
# Named here, not taken from the machine's tables: the same folder gives the same manifest anywhere.
_MEDIA_TYPES = {
    "html": "text/html",
    "htm": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "json": "application/json",
    "xml": "application/xml",
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "vtt": "text/vtt",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "ico": "image/x-icon",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "wasm": "application/wasm",
    "zip": "application/zip",
}
EXERCISE_MEDIA_TYPE = "application/vnd.satchel.exercise+json"
OTHER_MEDIA_TYPE = "application/octet-stream"
_NUMBERED = re.compile(r"([0-9]+)-(.+)")


@dataclass(frozen=True)
class ItemName:
    """A file name taken apart. `language` is `und` where the name has none."""

    stem: str
    language: str
    rendition: str
    role: Role
    extension: str

    @property
    def built_name(self) -> str:
        """The name in the pack, if the file is turned into another one."""
        language = "" if self.language == NO_LANGUAGE else f".{self.language}"
        ending = {"page": ".html", "exercise": ".exercise.json"}.get(self.role, self.extension)
        return f"{self.stem}{language}{ending}"


def role_of(name: str) -> Role | None:
    """Return what part a file of this name plays in an item, or None: it is another file."""
    lowered = name.lower()
    return next((role for ending, role in _ROLES.items() if lowered.endswith(ending)), None)


def take_apart(name: str) -> ItemName | str:
    """Return the parts of an item file's name, or what is wrong with it, in words."""
    lowered = name.lower()
    extension = next(ending for ending in _ROLES if lowered.endswith(ending))
    stem, *parts = name[: -len(extension)].split(".")
    if not is_name(stem):
        return f"{stem!r} can't name an item"
    language = rendition = ""
    for part in parts:
        if part in RENDITIONS and not rendition:
            rendition = part
        elif is_language(part) and not language and not rendition:
            language = part
        else:
            return f"{part!r} is neither a language nor a rendition, in that order"
    role = _ROLES[extension]
    if rendition and role not in {"video", "audio"}:
        return f"{rendition!r} stands in the name of what has no renditions"
    if role == "audio" and rendition not in {"", "audio"}:
        return f"a sound file can't be the rendition {rendition!r}"
    return ItemName(stem, language or NO_LANGUAGE, rendition, role, extension)


def take_apart_folder(name: str) -> tuple[str, str] | str:
    """Return an app folder's item and language, or what is wrong with its name, in words."""
    stem, *parts = name.split(".")
    if not is_name(stem):
        return f"{stem!r} can't name an item"
    if not parts:
        return stem, NO_LANGUAGE
    if len(parts) > 1 or not is_language(parts[0]):
        return f"{'.'.join(parts)!r} is not a language"
    return stem, parts[0]


def lesson_of(folder: str) -> str:
    """Return a lesson's name: its folder's without a leading number and hyphen."""
    numbered = _NUMBERED.fullmatch(folder)
    return numbered.group(2) if numbered else folder


def teaching_order(folder: str) -> tuple[int, int, str]:
    """Return what lesson folders are sorted by: their numbers, then their names."""
    numbered = _NUMBERED.fullmatch(folder)
    return (0, int(numbered.group(1)[:18]), folder) if numbered else (1, 0, folder)


def media_type_of(path: str) -> str:
    """Return the media type that a path's extension stands for."""
    extension = path.rpartition("/")[2].rpartition(".")[2].lower()
    return _MEDIA_TYPES.get(extension, OTHER_MEDIA_TYPE)


def name_like(text: str) -> str:
    """Return a name made from any text, or an empty string: a suggestion for a person."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64].strip("-")
