"""Looks into pictures, PDFs and other files: whether they are what their names say."""

import struct
import warnings
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

import pypdfium2
from PIL import Image

from content_packs.findings import Findings
from content_packs.limits import PICTURE_PIXELS_MAX
from content_packs.media import HEAD_BYTES, kind_of_bytes
from content_packs.source import PackFolder
from content_packs.source_tree import Found

_PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".gif": "GIF", ".webp": "WEBP"}
# What Pillow's readers raise for pictures that are cut off or made up.
_BROKEN_PICTURE = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError, OverflowError,
    struct.error, zlib.error,
)  # fmt: skip
_KINDS = {".svg": "svg", ".woff": "woff", ".woff2": "woff2", ".wav": "wav", ".zip": "zip"}
_UNWELCOME = {
    ".exe": "a program",
    ".apk": "a program",
    ".msi": "a program",
    ".bat": "a program",
    ".docx": "a Word file, which most phones can't open",
    ".doc": "a Word file, which most phones can't open",
    ".pptx": "a PowerPoint file, which most phones can't open",
    ".ppt": "a PowerPoint file, which most phones can't open",
    ".avi": "a video that phones can't play",
    ".mov": "a video that many phones can't play",
    ".wmv": "a video that phones can't play",
    ".mkv": "a video that phones can't play",
    ".flv": "a video that phones can't play",
    ".srt": "captions in a form that browsers don't read",
    ".wav": "sound that isn't compressed",
    ".bmp": "a picture that isn't compressed",
    ".tiff": "a picture that browsers don't show",
    ".heic": "a picture that browsers don't show",
}
_INSTEAD = {
    "a Word": "Export it as PDF.",
    "a PowerPoint": "Export it as PDF.",
    "a program": "Take it out.",
    "a video": "Convert it to MP4 (H.264, AAC).",
    "captions": "Convert it to WebVTT (.vtt).",
    "sound": "Convert it to .m4a or .mp3.",
    "a picture": "Convert it to PNG, JPEG or WebP.",
}


def check(folder: PackFolder, findings: Findings, looked_into: Collection[str] = ()) -> None:
    """Note what is wrong inside the folder's pictures, documents and other files.

    Those whose paths are in `looked_into` aren't opened.
    """
    for found in folder.tree.files.values():
        suffix = PurePosixPath(found.name.lower()).suffix
        try:
            if found.path not in looked_into:
                _check_file(found, suffix, findings)
        except OSError as error:
            findings.error(found.path, f"can't be read: {error.strerror}", hint="Check the disk.")
        if words := _UNWELCOME.get(suffix):
            hint = next(hint for start, hint in _INSTEAD.items() if words.startswith(start))
            findings.warning(found.path, words, hint=hint)


def _check_file(found: Found, suffix: str, findings: Findings) -> None:
    if suffix in _PICTURES:
        _check_picture(found, _PICTURES[suffix], findings)
    elif suffix == ".pdf":
        _check_pdf(found, findings)
    elif suffix in _KINDS:
        with found.location.open("rb") as file:
            kind = kind_of_bytes(file.read(HEAD_BYTES))
        if kind != _KINDS[suffix]:
            findings.warning(
                found.path,
                f"named {suffix}, but it is {kind or 'something else'}",
                hint="Give it the right extension, or export it again.",
            )


def _check_picture(found: Found, expected: str, findings: Findings) -> None:
    try:
        kind, width, height = _open_picture(found.location)
    except _BROKEN_PICTURE as error:
        findings.error(
            found.path,
            f"not a picture that can be opened: {_first_line(error)}",
            hint="Export it again as PNG or JPEG.",
        )
        return
    except (_TooManyPixels, Image.DecompressionBombError):
        findings.error(
            found.path,
            f"more than the {PICTURE_PIXELS_MAX:,} pixels that a phone can show",
            hint="Make it smaller: 1600 pixels wide is plenty.",
        )
        return
    if kind != expected:
        findings.error(
            found.path,
            f"named as {expected}, but it is {kind} ({width} × {height})",
            hint="Give it the right extension, or export it again.",
        )


class _TooManyPixels(Exception):
    pass


def _open_picture(location: Path) -> tuple[str, int, int]:
    """Return a picture's format, width and height, having decoded all of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is lower
        with Image.open(location, formats=tuple(set(_PICTURES.values()))) as picture:
            width, height = picture.size
            if width * height > PICTURE_PIXELS_MAX:
                raise _TooManyPixels
            kind = picture.format or ""
            picture.load()
    return kind, width, height


def _check_pdf(found: Found, findings: Findings) -> None:
    try:
        document = pypdfium2.PdfDocument(found.location)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        findings.error(
            found.path,
            "locked with a password" if locked else f"not a PDF that can be opened: {error}",
            hint="Save it without a password." if locked else "Export it again.",
        )
        return
    try:
        if not len(document):
            findings.error(found.path, "a PDF without pages", hint="Export it again.")
    finally:
        document.close()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].replace(str(Path.cwd()), "")[:160]
