"""Taking in a file piece by piece, so that no cut costs more than the piece that was under way.

The row says how many bytes are durable: it is written once they are fsynced, and only what it says
is ever told to a client. What a killed process had written past it is cut off by the next one. A
row comes before its file and goes before it, so a file without a row is nobody's.

Packs are uploaded by who may publish, sticks that came back by who may change the fleet. Uploads
are their maker's; who sees all packs, or all townships, sees all of their kind. What isn't theirs
is `Missing`, alike to what doesn't exist.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import peewee

from content_packs import durable
from content_packs.errors import Missing, UsageError
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import files, metadata
from hub.uploads.errors import ChecksumMismatch, NoRoom, OffsetConflict, UploadGone
from hub.uploads.limits import (
    DISK_KEPT_BYTES,
    UPLOAD_BYTES_MAX,
    UPLOAD_ID_BYTES,
    UPLOAD_LIFETIME,
    UPLOAD_NOTE_BYTES,
    UPLOAD_READ_BYTES,
    UPLOAD_ROOM_TIMES,
    UPLOADS_LISTED_MAX,
    UPLOADS_MAX,
    UPLOADS_OF_ONE_BYTES_MAX,
    UPLOADS_OF_ONE_MAX,
)
from hub.uploads.tables import UploadRow

State: TypeAlias = Literal["receiving", "whole", "published", "taken", "failed"]
Kind: TypeAlias = Literal["pack", "stick"]
Read: TypeAlias = Callable[[int], bytes]
_HOLDING = ("receiving", "whole", "failed")  # states in which the bytes are here
_OVER = ("published", "taken")


@dataclass(frozen=True)
class Upload:
    """A file on its way in. `received` of `size` bytes are durable; times are RFC 3339 in UTC.

    `publisher`: whose packs its maker may publish, empty for all. `job`: what publishes it, empty
    before. `result`: what came of that, in words.
    """

    id: str
    login: str
    publisher: str
    name: str
    size: int
    received: int
    state: State
    job: str
    result: str
    created_at: str
    changed_at: str
    expires_at: str


@dataclass(frozen=True)
class Checksum:
    """What a piece's bytes have to hash to. `algorithm`: `sha1` or `sha256`."""

    algorithm: str
    digest: bytes


def create(  # noqa: PLR0913 - the last two by name
    hub: Hub,
    actor: Actor,
    name: str,
    size: int,
    *,
    random: Callable[[int], str] = secrets.token_hex,
    disk_free: Callable[[Path], int] = files.disk_free,
) -> Upload:
    """Begin an upload of `size` bytes of a file called `name`; return it.

    Raises `Refused` for who may not, `NoRoom`, `UsageError`, `StorageFailed`.
    """
    actor.expect(_right_for(name))
    if size <= 0:
        raise UsageError(f"{name}: the file is empty")
    if size > UPLOAD_BYTES_MAX:
        raise NoRoom(f"{name}: {size} bytes, at most {UPLOAD_BYTES_MAX} are taken")
    durable.make_folder(files.folder_of(hub), mode=0o700)
    free = disk_free(files.folder_of(hub)) - DISK_KEPT_BYTES
    made = random(UPLOAD_ID_BYTES)
    now = hub.clock()
    with hub.database.writing():
        _expect_room(actor, size, free)
        row = UploadRow.create(
            id=made,
            login=actor.login,
            publisher=actor.publisher,
            name=name,
            size=size,
            received=0,
            state="receiving",
            job="",
            result="",
            created_at=in_words(now),
            changed_at=in_words(now),
            expires_at=in_words(now + UPLOAD_LIFETIME),
        )
        return view(row)


def _expect_room(actor: Actor, size: int, free: int) -> None:
    held = UploadRow.select().where(UploadRow.state << list(_HOLDING))
    own = held.where(UploadRow.login == actor.login)
    hint = "Wait until some are published, or remove some of those that wait."
    if held.count() >= UPLOADS_MAX or own.count() >= UPLOADS_OF_ONE_MAX:
        raise NoRoom(f"too many uploads wait: {UPLOADS_OF_ONE_MAX} of one person", hint=hint)
    if _sum(own, UploadRow.size) + size > UPLOADS_OF_ONE_BYTES_MAX:
        raise NoRoom(
            f"your uploads would have more than {UPLOADS_OF_ONE_BYTES_MAX} bytes", hint=hint
        )
    coming = UploadRow.select().where(UploadRow.state == "receiving")
    promised = _sum(coming, UploadRow.size - UploadRow.received)
    if promised + size * UPLOAD_ROOM_TIMES > free:
        raise NoRoom(
            f"the hub's disk hasn't the room for {size} bytes and what is made of them",
            hint="Ask whoever keeps the hub for a larger disk.",
        )


def _sum(among: Any, what: Any) -> int:
    return int(among.select(peewee.fn.COALESCE(peewee.fn.SUM(what), 0)).scalar())


def find(hub: Hub, actor: Actor, upload: str) -> Upload:
    """Return an upload of `actor`'s. Raises `Missing`, `UploadGone` once it has expired."""
    expect_any(actor)
    with hub.database.transaction():
        row = UploadRow.get_or_none(UploadRow.id == upload)
    if row is None or not _sees(actor, row):
        raise Missing("there is no such upload", hint="Begin it anew.")
    if row.state == "receiving" and row.expires_at < in_words(hub.clock()):
        raise UploadGone("the upload has expired", hint="Begin it anew.")
    return view(row)


def list_uploads(hub: Hub, actor: Actor, *, after: str = "", limit: int = 50) -> list[Upload]:
    """Return `actor`'s packs, the newest first; `after` the one called so. Raises `Refused`."""
    actor.expect(Right.PUBLISH)
    query = _of_kind("pack").order_by(UploadRow.created_at.desc(), UploadRow.id.desc())
    if actor.publisher:
        query = query.where(UploadRow.login == actor.login)
    with hub.database.transaction():
        last = UploadRow.get_or_none(UploadRow.id == after) if after else None
        if last is not None:
            query = query.where(
                (UploadRow.created_at < last.created_at)
                | ((UploadRow.created_at == last.created_at) & (UploadRow.id < last.id))
            )
        return [view(row) for row in query.limit(min(limit, UPLOADS_LISTED_MAX))]


def list_sticks(hub: Hub, actor: Actor, *, name: str = "", limit: int = 50) -> list[Upload]:
    """Return sticks that came back, the newest first: of somebody, or all of that `name`.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    query = _of_kind("stick").order_by(UploadRow.created_at.desc(), UploadRow.id.desc())
    if name:
        query = query.where(UploadRow.name == name)
    elif actor.townships is not None:
        query = query.where(UploadRow.login == actor.login)
    with hub.database.transaction():
        return [view(row) for row in query.limit(min(limit, UPLOADS_LISTED_MAX))]


def count_failed(hub: Hub, actor: Actor, kind: Kind = "pack") -> int:
    """Return how many uploads of somebody came to nothing and are still here."""
    query = _of_kind(kind).where(UploadRow.state == "failed")
    if actor.publisher or (kind == "stick" and actor.townships is not None):
        query = query.where(UploadRow.login == actor.login)
    with hub.database.transaction():
        return int(query.count())


def append(  # noqa: PLR0913, PLR0917 - a piece: where it belongs, its bytes, their checksum
    hub: Hub,
    actor: Actor,
    upload: str,
    offset: int,
    read: Read,
    checksum: Checksum | None = None,
) -> Upload:
    """Add the bytes that `read` gives (b"" at the end) from `offset`; return the upload.

    What came before the link broke stays, but of a piece with a checksum: that is taken whole or
    not at all. Raises `Missing`, `UploadGone`, `UploadBusy`, `OffsetConflict`, `ChecksumMismatch`,
    `NoRoom` for more than was announced, `StorageFailed`.
    """
    _expect_next(find(hub, actor, upload), offset)
    path = files.path_of(hub, upload)
    with files.held(path) as file:
        found = find(hub, actor, upload)  # another may have written before we held the file
        _expect_next(found, offset)
        files.cut_to(file, offset, path)
        with durable.storage_errors(path):
            return _Piece(hub, found, file, checksum).take(read)


def _expect_next(upload: Upload, offset: int) -> None:
    if offset != upload.received or upload.state in _OVER:
        raise OffsetConflict(
            f"byte {upload.received} comes next, not {offset}",
            hint="Ask where to go on (HEAD), and go on there.",
        )


class _Piece:
    """One piece on its way onto the disk."""

    def __init__(self, hub: Hub, upload: Upload, file: BinaryIO, checksum: Checksum | None) -> None:
        self._hub, self._upload, self._file, self._checksum = hub, upload, file, checksum
        self._hasher = hashlib.new(
            checksum.algorithm if checksum else "sha256", usedforsecurity=False
        )

    def take(self, read: Read) -> Upload:
        at = self._upload.received
        while at < self._upload.size:
            data = read(min(UPLOAD_READ_BYTES, self._upload.size - at))
            if not data:
                break
            files.write_all(self._file, data)
            at += len(data)
            if self._checksum:
                self._hasher.update(data)
            elif at - self._upload.received >= UPLOAD_NOTE_BYTES:
                self._upload = self._note(at)
        self._check()
        if at == self._upload.size and read(1):
            raise NoRoom(f"more than the {self._upload.size} bytes that were announced")
        return self._note(at)

    def _check(self) -> None:
        if self._checksum and self._hasher.digest() != self._checksum.digest:
            raise ChecksumMismatch(
                "the piece's bytes aren't those that were sent", hint="Send it again."
            )

    def _note(self, received: int) -> Upload:
        """Make `received` bytes durable, then say so."""
        if received == self._upload.received:
            return self._upload
        files.sync(self._file)
        now = self._hub.clock()
        state = "whole" if received == self._upload.size else "receiving"
        with self._hub.database.writing():
            UploadRow.update(
                received=received,
                state=state,
                changed_at=in_words(now),
                expires_at=in_words(now + UPLOAD_LIFETIME),
            ).where(UploadRow.id == self._upload.id).execute()
            row = UploadRow.get_or_none(UploadRow.id == self._upload.id)
        if row is None:
            raise UploadGone("the upload was removed meanwhile", hint="Begin it anew.")
        return view(row)


def remove(hub: Hub, actor: Actor, upload: str) -> None:
    """End an upload and forget its bytes; what was published of it stays.

    Raises `Missing`, `Refused`, `StorageFailed`.
    """
    found = find_even_expired(hub, actor, upload)
    with hub.database.writing():
        UploadRow.delete().where(UploadRow.id == found.id).execute()
        audit.note(hub, "upload-removed", reason=found.name, actor=actor.login)
    files.remove(hub, found.id)


def find_even_expired(hub: Hub, actor: Actor, upload: str) -> Upload:
    """Return an upload of `actor`'s, also one that has expired. Raises `Missing`, `Refused`."""
    expect_any(actor)
    with hub.database.transaction():
        row = UploadRow.get_or_none(UploadRow.id == upload)
    if row is None or not _sees(actor, row):
        raise Missing("there is no such upload", hint="Begin it anew.")
    return view(row)


def sweep(hub: Hub) -> int:
    """Remove what has expired, and files that are nobody's; return how many rows went.

    Raises `StorageFailed`.
    """
    lying = files.lying(hub)  # before the rows: a row is there before its file
    with hub.database.writing():
        now = in_words(hub.clock())
        old = [str(row.id) for row in UploadRow.select().where(UploadRow.expires_at < now)]
        UploadRow.delete().where(UploadRow.expires_at < now).execute()
        kept = {str(row.id) for row in UploadRow.select(UploadRow.id)}
    for upload in lying - kept:
        files.remove(hub, upload)
    return len(old)


def expect_any(actor: Actor) -> None:
    """Raise `Refused` for who may not upload anything."""
    if not actor.may(Right.CHANGE_FLEET):
        actor.expect(Right.PUBLISH)


def _right_for(name: str) -> Right:
    return Right.CHANGE_FLEET if metadata.is_stick(name) else Right.PUBLISH


def _of_kind(kind: Kind) -> Any:
    # Not by endswith(): LIKE ignores case where is_stick() doesn't.
    end = peewee.fn.SUBSTR(
        UploadRow.name, peewee.fn.LENGTH(UploadRow.name) - (len(metadata.STICK_SUFFIX) - 1)
    )
    is_stick = end == metadata.STICK_SUFFIX
    return UploadRow.select().where(is_stick if kind == "stick" else ~is_stick)


def _sees(actor: Actor, row: UploadRow) -> bool:
    sees_all = actor.townships is None if metadata.is_stick(row.name) else not actor.publisher
    return actor.may(_right_for(row.name)) and (sees_all or bool(row.login == actor.login))


def view(row: UploadRow) -> Upload:
    """Return what a row says."""
    return Upload(
        id=row.id,
        login=row.login,
        publisher=row.publisher,
        name=row.name,
        size=row.size,
        received=row.received,
        state=row.state,
        job=row.job,
        result=row.result,
        created_at=row.created_at,
        changed_at=row.changed_at,
        expires_at=row.expires_at,
    )
