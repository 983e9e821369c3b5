"""tus 1.0.0, the protocol of resumable uploads, without a web framework: asked, answered.

Core, and the extensions creation, creation-with-upload, checksum, expiration and termination
(https://tus.io/protocols/resumable-upload). A length that is told later and uploads in parts aren't
offered. What isn't allowed raises an error; `STATUSES` says as which status it is told.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from content_packs.errors import InvalidContent, Missing, Refused, SatchelError, UsageError
from hub.hub import Hub
from hub.people.actor import Actor
from hub.uploads import metadata, receiving
from hub.uploads.errors import (
    ChecksumMismatch,
    NoRoom,
    OffsetConflict,
    TusVersion,
    UploadBusy,
    UploadGone,
)
from hub.uploads.limits import CHECKSUM_CHARACTERS_MAX, DIGITS_MAX, UPLOAD_BYTES_MAX
from hub.uploads.receiving import Checksum, Read, Upload

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"
METHODS = ("OPTIONS", "HEAD", "POST", "PATCH", "DELETE")
ALGORITHMS = ("sha1", "sha256")
EXTENSIONS = ("creation", "creation-with-upload", "checksum", "expiration", "termination")


class NotAPiece(UsageError):
    """The body isn't said to be a piece: 415."""

    code = "unsupported-media-type"


STATUSES: tuple[tuple[type[SatchelError], int], ...] = (  # the first that it is one of
    (TusVersion, 412),
    (NotAPiece, 415),
    (OffsetConflict, 409),
    (UploadBusy, 423),
    (ChecksumMismatch, 460),
    (NoRoom, 413),
    (UploadGone, 410),
    (Missing, 404),
    (Refused, 403),
    (InvalidContent, 400),
    (UsageError, 400),
)
_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Asked:
    """A request. `headers` by lower-case name; `upload` is the id in its path, empty for none.

    `read` gives the body; `address_of` where an upload with an id is found.
    """

    method: str
    headers: Mapping[str, str]
    read: Read
    address_of: Callable[[str], str]
    upload: str = ""

    @property
    def wanted(self) -> str:
        """The method that is meant, where something on the way knows only GET and POST.

        Only a POST can stand for another: whoever lets a HEAD pass as harmless must not be fooled.
        """
        if self.method != "POST":
            return self.method
        return self.headers.get("x-http-method-override", "").upper() or self.method


@dataclass(frozen=True)
class Answered:
    """An answer without a body. `whole`: the upload whose last byte came with this request."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    whole: Upload | None = None


def options() -> Answered:
    """Say what this server does. Anybody may ask."""
    return Answered(
        204,
        {
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Max-Size": str(UPLOAD_BYTES_MAX),
            "Tus-Extension": ",".join(EXTENSIONS),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


def answer(hub: Hub, actor: Actor, asked: Asked) -> Answered:
    """Do what is asked. Raises what `STATUSES` has, and `StorageFailed`."""
    if asked.wanted == "OPTIONS":
        return options()
    if asked.headers.get("tus-resumable") != VERSION:
        raise TusVersion(
            f"Tus-Resumable is {asked.headers.get('tus-resumable', 'absent')[:20]!a}, "
            f"expected {VERSION}"
        )
    verbs = _WITH_ID if asked.upload else _WITHOUT_ID
    verb = verbs.get(asked.wanted)
    if verb is None:
        raise UsageError(f"{asked.wanted[:20]!a} isn't done here")
    return verb(hub, actor, asked)


def _create(hub: Hub, actor: Actor, asked: Asked) -> Answered:
    if "upload-concat" in asked.headers or "upload-defer-length" in asked.headers:
        raise UsageError("uploads in parts, and of unknown length, aren't taken here")
    size = _number(asked, "upload-length")
    name = metadata.file_name(metadata.decode(asked.headers.get("upload-metadata", "")))
    checksum = _checksum(asked)
    made = receiving.create(hub, actor, name, size)
    headers = {"Location": asked.address_of(made.id)}
    if asked.headers.get("content-type") != PIECE:
        return Answered(201, {**headers, **_about(made), "Upload-Offset": "0"})
    took = receiving.append(hub, actor, made.id, 0, asked.read, checksum)
    return Answered(201, {**headers, **_about(took)}, _if_whole(took))


def _tell(hub: Hub, actor: Actor, asked: Asked) -> Answered:
    found = receiving.find(hub, actor, asked.upload)
    headers = {"Upload-Length": str(found.size), "Cache-Control": "no-store"}
    return Answered(200, {**headers, **_about(found)}, _if_whole(found))


def _append(hub: Hub, actor: Actor, asked: Asked) -> Answered:
    if asked.headers.get("content-type") != PIECE:
        raise NotAPiece(f"Content-Type has to be {PIECE}")
    offset = _number(asked, "upload-offset")
    checksum = _checksum(asked)
    took = receiving.append(hub, actor, asked.upload, offset, asked.read, checksum)
    return Answered(204, _about(took), _if_whole(took))


def _end(hub: Hub, actor: Actor, asked: Asked) -> Answered:
    receiving.remove(hub, actor, asked.upload)
    return Answered(204, {"Tus-Resumable": VERSION})


_Verb = Callable[[Hub, Actor, Asked], Answered]
_WITHOUT_ID: dict[str, _Verb] = {"POST": _create}
_WITH_ID: dict[str, _Verb] = {"HEAD": _tell, "PATCH": _append, "DELETE": _end}


def _about(upload: Upload) -> dict[str, str]:
    headers = {"Tus-Resumable": VERSION, "Upload-Offset": str(upload.received)}
    if upload.state == "receiving":
        expires = datetime.fromisoformat(upload.expires_at)
        headers["Upload-Expires"] = format_datetime(expires, usegmt=True)
    return headers


def _if_whole(upload: Upload) -> Upload | None:
    return upload if upload.state == "whole" else None


def _number(asked: Asked, name: str) -> int:
    text = asked.headers.get(name, "")
    if not _NUMBER.fullmatch(text) or not text.isascii() or len(text) > DIGITS_MAX:
        raise UsageError(f"{name}: {text[:20]!a} is no number of bytes")
    return int(text)


def _checksum(asked: Asked) -> Checksum | None:
    text = asked.headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text[:CHECKSUM_CHARACTERS_MAX].partition(" ")
    if algorithm not in ALGORITHMS:
        raise UsageError(f"upload-checksum: {algorithm[:20]!a} isn't one of {ALGORITHMS}")
    try:
        return Checksum(algorithm, base64.b64decode(encoded.encode(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise UsageError("upload-checksum: isn't base64") from error
