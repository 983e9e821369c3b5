"""How far the school's records are on their way to the hub: `outbox/records.json`.

1. A record's place in school.db is its `sequence`. Records are sealed in that order; a batch says
   up to which place it goes.
2. A batch is durable in the outbox before it is noted here. After a cut in between its records are
   sealed once more: the hub knows each by its id.
3. Only a receipt for the batch makes records count as delivered. What was sealed for a key that is
   this node's no more goes on from what was delivered.
4. A place is believed only while the record that was there still is: after school.db was made anew
   from a backup, sending goes on from the newest place that it still has, from the beginning at
   worst.

Where the file is lost the hub is told everything once more, which changes nothing there. The engine
writes it, under its lock.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import msgspec

from content_packs import durable
from content_packs.protocol import Receipt
from sync_node.data_dir import DataDir
from sync_node.limits import RECORDS_SENT_BYTES_MAX

NAME = "records.json"

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
_MODE = 0o600


class Mark(msgspec.Struct, frozen=True):
    """A place among the school's records, and the id of the one that is there."""

    sequence: _Count
    id: str


class Sealed(msgspec.Struct, frozen=True):
    """A batch of the outbox with records in it, up to the place `upto`."""

    batch: _Count
    upto: Mark


class RecordsSent(msgspec.Struct, frozen=True):
    """All of it. `delivered`: up to where the hub has them, the newest last, some older before.

    `sealed`: batches of the key `keyid` that no receipt covered yet, in order.
    """

    format: Literal[1] = 1
    keyid: str = ""
    delivered: tuple[Mark, ...] = ()
    sealed: tuple[Sealed, ...] = ()

    @property
    def delivered_to(self) -> int:
        """Up to which place the hub has the records, 0 for none."""
        return self.delivered[-1].sequence if self.delivered else 0

    @property
    def sealed_to(self) -> int:
        """Up to which place they are in batches, or with the hub."""
        return self.sealed[-1].upto.sequence if self.sealed else self.delivered_to


def read(data_dir: DataDir) -> RecordsSent:
    """Return what is known; nothing where the file is missing or damaged."""
    try:
        with (data_dir.outbox / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(RECORDS_SENT_BYTES_MAX), type=RecordsSent)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return RecordsSent()


def write(data_dir: DataDir, known: RecordsSent) -> None:
    """Write it down, durably. Raises `StorageFailed`."""
    durable.make_folder(data_dir.outbox, mode=0o700)
    durable.write(data_dir.outbox / NAME, msgspec.json.encode(known), mode=_MODE)


def settled(known: RecordsSent, receipt: Receipt | None, keyid: str) -> RecordsSent:
    """Return what is known for the chain of `keyid`, with what a receipt for it says. Pure."""
    if known.keyid != keyid:
        return RecordsSent(keyid=keyid, delivered=known.delivered)
    done = receipt.sequence if receipt and receipt.keyid == keyid else 0
    covered = [each.upto for each in known.sealed if each.batch <= done]
    if not covered:
        return known
    return RecordsSent(
        keyid=keyid,
        delivered=_thinned((*known.delivered, *covered)),
        sealed=tuple(each for each in known.sealed if each.batch > done),
    )


def believed(known: RecordsSent, id_at: Callable[[int], str]) -> RecordsSent:
    """Return what still holds; `id_at` gives the id of the record at a place, "" for none. Pure."""
    marks = [*known.delivered, *(each.upto for each in known.sealed)]
    if not marks or id_at(marks[-1].sequence) == marks[-1].id:
        return known
    holds = [mark for mark in known.delivered if id_at(mark.sequence) == mark.id]
    return RecordsSent(keyid=known.keyid, delivered=tuple(holds))


def with_batch(known: RecordsSent, batch: int, upto: Mark) -> RecordsSent:
    """Return what is known once a batch was sealed. Pure."""
    return msgspec.structs.replace(known, sealed=(*known.sealed, Sealed(batch, upto)))


def _thinned(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Return some of the marks: the newest, and of each doubling of the distance to it the oldest.

    There are never more than 64, and whichever is lost, one stays at most twice as far back.
    """
    newest = marks[-1].sequence
    kept: dict[int, Mark] = {}
    for each in marks:
        kept.setdefault(max(newest - each.sequence, 0).bit_length(), each)
    return tuple(sorted(kept.values(), key=lambda each: each.sequence))
