"""Pieces of materials that schools were asked for, into whole files, for a publisher to look at.

Where they lie, `places` says. Pieces come in the order of a node's chain. A piece is on the disk
before the transaction that says so: after a cut it is written once more, at the same place. What
was never asked for, or doesn't follow on what came, is thrown away. A file whose digest is wrong is
removed, and said to be damaged: to ask for it again begins anew. The hub opens, plays and unpacks
nothing of this.
"""

import os
from hashlib import sha256
from pathlib import Path

from content_packs import durable
from content_packs.limits import COPY_BUFFER_BYTES
from content_packs.school_requests import FileHeader
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.school_requests.answering import note_change
from hub.school_requests.places import part_of, place_of
from hub.school_requests.tables import RequestRow


def keep(hub: Hub, node: str, header: FileHeader, data: bytes) -> None:
    """Keep a piece of a file, inside the caller's transaction. Raises `StorageFailed`."""
    school = str(NodeRow.get_by_id(node).school)
    row = RequestRow.get_or_none((RequestRow.school == school) & (RequestRow.id == header.id))
    if row is None or row.file != "asked":
        return
    if (header.digest, header.size, header.offset) != (row.digest, row.size, row.file_bytes):
        if header.offset != 0 or (header.digest, header.size) != (row.digest, row.size):
            return
        row.file_bytes = 0  # the node lost its place, and begins anew
    _write(hub.data.root / part_of(row), data, header.offset)
    row.file_bytes = header.offset + len(data)
    if row.file_bytes == row.size:
        row.file = "arrived"
    row.save()


def settle(hub: Hub) -> None:
    """Look at the files that have all their bytes, and put them in their place.

    Whatever was cut off is done now. Raises `StorageFailed`.
    """
    with hub.database.transaction():
        rows = list(RequestRow.select().where(RequestRow.file == "arrived"))
    for row in rows:
        part, place = (hub.data.root / each for each in (part_of(row), place_of(row)))
        is_right = place.is_file() or (part.is_file() and _digest(part) == row.digest)
        if is_right and not place.is_file():
            durable.rename(part, place)
        if not is_right:
            durable.remove(part)
        with hub.database.writing():
            now = RequestRow.get_by_id(row.number)
            if now.file == "arrived":
                now.file = "whole" if is_right else "damaged"
                now.file_bytes = now.size if is_right else 0
                note_change(hub, now)


def _write(path: Path, data: bytes, offset: int) -> None:
    durable.make_folder(path.parent.parent)
    durable.make_folder(path.parent)
    with durable.storage_errors(path):
        is_new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if offset == 0:
                os.ftruncate(descriptor, 0)
            at = 0
            while at < len(data):
                at += os.pwrite(descriptor, data[at:], offset + at)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            durable.fsync_folder(path.parent)


def _digest(path: Path) -> str:
    found = sha256()
    with durable.storage_errors(path), path.open("rb") as file:
        while piece := file.read(COPY_BUFFER_BYTES):
            found.update(piece)
    return found.hexdigest()
