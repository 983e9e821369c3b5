"""Files of the school's own materials that the hub asked for, piece by piece into the outbox.

One file after the other, the one that was asked for first. A piece is made only when all before it
is with the hub, so that reports and requests never wait behind a film; where no link has reached
the hub for a day, a bounded number is made ahead, for a courier. A piece is durable in the outbox
before it is remembered that it was made: after a cut it is made once more, and the hub throws the
second away. What isn't offered any more, or whose file is gone, is not sent.

The engine's lock is held, node.db open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from content_packs import school_requests
from content_packs.hub_keys import HubKeys
from content_packs.school_requests import FileHeader, MaterialKind
from sync_node import asked, school_reading
from sync_node.asked import Asked
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments
from sync_node.identity import Identity
from sync_node.limits import (
    FILE_PIECE_BYTES,
    PIECE_ON_THE_WIRE_BYTES,
    PIECES_AHEAD_MAX,
    PIECES_AT_ONCE_MAX,
)
from sync_node.outbox import Outbox
from sync_node.plan_model import Kind
from sync_node.sources import Sources

_Row: TypeAlias = tuple[str, MaterialKind, str, int]  # id, kind, digest, size
_COLUMNS = ("id", "kind", "digest", "size", "offered", "withdrawn_at")


@dataclass(frozen=True)
class Next:
    """The next piece of a file: what it is of, and from which byte on."""

    header: FileHeader
    kind: MaterialKind
    known: Asked

    @property
    def content(self) -> Kind:
        """What links take it for."""
        return "video" if self.kind == "video" else "other"

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return min(FILE_PIECE_BYTES, self.header.size - self.header.offset)


@dataclass(frozen=True)
class SendingFiles:
    """Makes pieces of what the hub asked for."""

    data_dir: DataDir
    who: Identity
    hub_keys: HubKeys
    randomness: Callable[[int], bytes]

    def may_go(self, sources: Sources) -> bool:
        """Say whether the hub waits for a piece, and some link may carry it now."""
        piece = self.next()
        return piece is not None and bool(sources.permitting(piece.content))

    def go(self, hub: str, sources: Sources, outbox: Outbox, send: Callable[[], None]) -> None:
        """Make pieces and `send` what waits, as far as the link to `hub` and its budget let it.

        Raises as `seal`, and what `send` raises.
        """
        documents = HeldDocuments(self.data_dir)
        for _ in range(PIECES_AT_ONCE_MAX):
            piece = self.next()
            if piece is None or outbox.waiting(documents.receipt(self.who)) or outbox.is_full:
                return
            if hub not in sources.permitting(piece.content):
                return
            if not sources.within_budget(piece.content, [PIECE_ON_THE_WIRE_BYTES]):
                return
            self.seal(piece)
            with sources.carrying([piece.content]):
                send()
            outbox.settle(documents.receipt(self.who))

    def seal_ahead(self, outbox: Outbox) -> None:
        """Make pieces for a courier. Raises as `seal`."""
        waiting = len(outbox.waiting(HeldDocuments(self.data_dir).receipt(self.who)))
        for _ in range(PIECES_AHEAD_MAX - waiting):
            piece = self.next()
            if piece is None or outbox.is_full or not self.hub_keys.seal:
                return
            self.seal(piece)

    def next(self) -> Next | None:
        """Return the next piece, None where the hub wants nothing that is here."""
        wanted = {id_: each for id_, each in asked.known().items() if each.file and not each.taken}
        if not wanted:
            return None
        rows = {row[0]: row for row in self._offered()}
        for id_ in sorted(wanted, key=lambda id_: wanted[id_].file):
            known = wanted[id_]
            if id_ in rows and known.sent < rows[id_][3]:
                _, kind, digest, size = rows[id_]
                header = FileHeader(id=id_, digest=digest, size=size, offset=known.sent)
                if self._path(digest).is_file():
                    return Next(header, kind, known)
        return None

    def seal(self, piece: Next) -> None:
        """Make a piece the next batch of the outbox.

        Raises `Refused` and `StorageFailed` as `Outbox.add`, `InvalidContent` for a file that was
        cut.
        """
        data = self._read(piece)
        Outbox(self.data_dir, self.who).add(
            school_requests.encode_piece(piece.header, data),
            "file",
            self.hub_keys,
            receipt=HeldDocuments(self.data_dir).receipt(self.who),
            randomness=self.randomness,
        )
        known = asked.known()
        sent = piece.header.offset + len(data)
        known[piece.header.id] = msgspec.structs.replace(piece.known, sent=sent)
        asked.remember(known)

    def _offered(self) -> list[_Row]:
        try:
            rows = school_reading.rows_of(self.data_dir, "material_row", _COLUMNS)
        except school_reading.SchoolUnread:
            return []  # `Asking` says so
        return [row[:4] for row in rows if row[4] and not row[5]]

    def _read(self, piece: Next) -> bytes:
        try:
            with self._path(piece.header.digest).open("rb") as file:
                file.seek(piece.header.offset)
                return file.read(piece.size)
        except OSError:
            return b""  # `encode_piece` refuses that

    def _path(self, digest: str) -> Path:
        return self.data_dir.materials / digest[:2] / digest
