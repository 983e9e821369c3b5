"""The school's records, on their way to the hub: sealed batch by batch, each until a receipt.

Records are sealed when they can leave: while a hub answers, one batch after the other and none
before all that was sealed earlier is with the hub, so that reports and requests don't wait behind
them; and for a courier's stick that is there, as many as it may take. So a school whose link is
away for months writes none of them twice to its card, and a stick takes the newest. What isn't
sealed lies in school.db. A batch is as large as the link carries in some seconds: it goes whole or
not at all, and what comes after it in the chain waits.

`records_sent` says in which order what becomes durable. The engine's lock is held, node.db open.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from content_packs import record_batches
from content_packs.errors import InvalidContent, Refused
from content_packs.hub_keys import HubKeys
from content_packs.limits import RECORDS_IN_BATCH_BYTES_MAX, RECORDS_IN_BATCH_MAX
from content_packs.protocol import Receipt
from sync_node import records_sent, records_waiting, school_reading, state
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments
from sync_node.identity import Identity
from sync_node.limits import (
    RECORD_BATCHES_AHEAD_MAX,
    RECORD_BATCHES_AT_ONCE_MAX,
    RECORDS_SEALED_BYTES_MAX,
    RECORDS_SEALED_BYTES_MIN,
    RECORDS_SECONDS,
)
from sync_node.outbox import Outbox
from sync_node.plan_model import Kind
from sync_node.records_sent import Mark, RecordsSent
from sync_node.sources import Sources

_KIND: Kind = "text"  # what links take records for
_SEALED_GROWS = 1.8  # times: base64 twice over


@dataclass(frozen=True)
class SendingRecords:
    """Makes batches of what pupils did. `notes`: what went wrong, for the tick."""

    data_dir: DataDir
    who: Identity
    hub_keys: HubKeys
    randomness: Callable[[int], bytes]
    notes: list[str] = field(default_factory=list)

    def go(self, hub: str, sources: Sources, outbox: Outbox, send: Callable[[], None]) -> None:
        """Seal records and `send` what waits, as far as the link to `hub` and its budget let it.

        Raises `StorageFailed`, and what `send` raises.
        """
        documents = HeldDocuments(self.data_dir)
        for _ in range(RECORD_BATCHES_AT_ONCE_MAX):
            receipt = documents.receipt(self.who)
            size = _bytes_for(hub)
            if hub not in sources.permitting(_KIND) or not sources.within_budget(
                _KIND, [int(size * _SEALED_GROWS)]
            ):
                break
            before = outbox.waiting(receipt)  # what was sealed for a stick goes first
            if not before and not self._seal(outbox, receipt, bytes_max=size):
                break
            with sources.carrying([_KIND]):
                send()
            receipt = documents.receipt(self.who)
            outbox.settle(receipt)
            if before and outbox.waiting(receipt) == before:
                break  # the hub doesn't take them
        with contextlib.suppress(school_reading.SchoolUnread):
            self._settle(documents.receipt(self.who))

    def seal_ahead(self, outbox: Outbox) -> None:
        """Seal records for a courier who is there. Raises `StorageFailed`."""
        receipt = HeldDocuments(self.data_dir).receipt(self.who)
        for _ in range(RECORD_BATCHES_AHEAD_MAX - len(outbox.waiting(receipt))):
            if not self._seal(outbox, receipt, bytes_max=RECORDS_SEALED_BYTES_MAX):
                return

    def _seal(self, outbox: Outbox, receipt: Receipt | None, *, bytes_max: int) -> bool:
        """Make the next records the next batch; say whether there were any that could be."""
        if not self.hub_keys.seal or outbox.is_full:
            return False
        try:
            known = self._settle(receipt)
            found = school_reading.records_after(
                self.data_dir, known.sealed_to,
                count_max=RECORDS_IN_BATCH_MAX, bytes_max=RECORDS_IN_BATCH_BYTES_MAX,
            )  # fmt: skip
            if not found:
                return False
            bodies = [each.body for each in found]
            content, count = record_batches.encode_most(bodies, bytes_max=bytes_max)
            batch = outbox.add(
                content, "records", self.hub_keys, receipt=receipt, randomness=self.randomness
            )
        except (school_reading.SchoolUnread, Refused, InvalidContent) as error:
            self.notes.append(f"{error.message}: what pupils did waits")
            return False
        last = found[count - 1]
        upto = Mark(last.sequence, last.id)
        records_sent.write(self.data_dir, records_sent.with_batch(known, batch, upto))
        return True

    def _settle(self, receipt: Receipt | None) -> RecordsSent:
        """Return how far records are, and write down what a receipt changed of it.

        Raises `SchoolUnread`, `StorageFailed`.
        """
        before = records_sent.read(self.data_dir)
        known = records_waiting.standing(self.data_dir, self.who.keyid, receipt, before)
        if known != before:
            records_sent.write(self.data_dir, known)
        return known


def _bytes_for(hub: str) -> int:
    """Return how large a batch may be that the link to `hub` is to carry, before it is sealed."""
    observed = state.links().get(hub)
    if observed is None or not observed.rate:
        return RECORDS_SEALED_BYTES_MAX
    size = int(observed.rate * RECORDS_SECONDS / _SEALED_GROWS)
    return min(max(size, RECORDS_SEALED_BYTES_MIN), RECORDS_SEALED_BYTES_MAX)
