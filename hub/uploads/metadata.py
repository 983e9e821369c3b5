"""What a client says of a file before it comes: the header `Upload-Metadata` of tus 1.0.

Pairs of a key and a base64 value, divided by commas; a value may be left out. We want `filename`
and ignore the others, within bounds: a name is a name here, never a path.
"""

import base64
import binascii
import re

from content_packs import cpack, paths
from content_packs.errors import InvalidContent
from hub.uploads.limits import (
    UPLOAD_METADATA_BYTES_MAX,
    UPLOAD_METADATA_PAIRS_MAX,
    UPLOAD_NAME_BYTES_MAX,
)

SIGNATURE_SUFFIX = f"{cpack.SUFFIX}.sig"
ZIP_SUFFIX = ".zip"
STICK_SUFFIX = ".stick.zip"  # what a courier's stick brought home, packed
_SUFFIXES = (cpack.SUFFIX, SIGNATURE_SUFFIX, ZIP_SUFFIX, STICK_SUFFIX)
_KEY = re.compile(r"[!-+\--~]+")  # ASCII, no space, no comma
_HINT = "Upload a .cpack, the .cpack.sig that belongs to one, or a .zip of a pack folder."


def is_stick(name: str) -> bool:
    """Say whether a file of this name is a stick that came back, and no pack; by exact case."""
    return name.endswith(STICK_SUFFIX)


def decode(header: str) -> dict[str, str]:
    """Return the pairs that a header holds. Raises `InvalidContent`."""
    if len(header) > UPLOAD_METADATA_BYTES_MAX:
        raise InvalidContent(
            f"Upload-Metadata: {len(header)} bytes, at most {UPLOAD_METADATA_BYTES_MAX}"
        )
    pairs = [pair.strip(" ") for pair in header.split(",")] if header.strip() else []
    if len(pairs) > UPLOAD_METADATA_PAIRS_MAX:
        raise InvalidContent(
            f"Upload-Metadata: {len(pairs)} pairs, at most {UPLOAD_METADATA_PAIRS_MAX}"
        )
    found: dict[str, str] = {}
    for pair in pairs:
        key, _, value = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise InvalidContent(f"Upload-Metadata: {key[:40]!a} is no key, or stands there twice")
        found[key] = _text(key, value)
    return found


def _text(key: str, value: str) -> str:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True).decode()
    except (binascii.Error, ValueError) as error:  # not ASCII and not UTF-8 are ValueErrors
        raise InvalidContent(f"Upload-Metadata: {key[:40]!a} isn't UTF-8 in base64") from error


def file_name(pairs: dict[str, str]) -> str:
    """Return the name of the file that comes. Raises `InvalidContent`, `InvalidPath`."""
    name = pairs.get("filename", "")
    if not name:
        raise InvalidContent("Upload-Metadata: has no filename", hint=_HINT)
    if "/" in name or len(name.encode(errors="replace")) > UPLOAD_NAME_BYTES_MAX:
        raise InvalidContent(
            f"filename: {name[:80]!a} is a path, or too long; expected the name of a file",
            hint=_HINT,
        )
    paths.check_path(name, what="filename")
    if name.lower().endswith(STICK_SUFFIX) and not is_stick(name):
        raise InvalidContent(
            f"filename: {name[:80]!a} is taken for no stick: it has to end in {STICK_SUFFIX}",
            hint="Write the end of its name in small letters.",
        )
    if not name.endswith(_SUFFIXES) or name in _SUFFIXES:
        raise InvalidContent(f"filename: {name[:80]!a} is of no kind that is taken", hint=_HINT)
    return name
