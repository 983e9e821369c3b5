"""What waits for the hub: sealed batches in an unbroken chain (PROTOCOL.md, section 7).

```
outbox/<keyid>/<sequence>.json    a signed batch, as it is sent, as often as it takes
```
A chain belongs to a key. A batch is durable before anybody sees it, and is never made anew: the
newest file is the chain's end, so that it is kept even when the hub has it. All others go once a
receipt says so whose digest is that of our own document; the oldest goes first, so that a cut
leaves a chain without gaps.
"""

from collections.abc import Callable
from pathlib import Path

from content_packs import batches, durable, key_files
from content_packs.batches import ChainEnd
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, Refused
from content_packs.hub_keys import HubKeys
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.protocol import BatchKind, Receipt
from sync_node.data_dir import DataDir
from sync_node.identity import Identity
from sync_node.limits import OUTBOX_BATCHES_MAX, OUTBOX_BYTES_MAX

_SUFFIX = ".json"
_MODE = 0o600
_COPIED = (
    "Another box may have the same key, a copied card, or this card was restored from a copy: "
    "sync-node enrol CODE --again."
)


class Outbox:
    """The batches of one identity. One process at a time makes them: the engine's lock is held."""

    def __init__(
        self, data_dir: DataDir, identity: Identity, *, batches_max: int = OUTBOX_BATCHES_MAX
    ) -> None:
        self._batches_max = batches_max
        self._identity = identity
        self._folder = data_dir.outbox / identity.keyid

    def sequences(self) -> list[int]:
        """Return the numbers of the batches that are here, in order."""
        with durable.storage_errors(self._folder):
            names = [path.name for path in self._folder.glob(f"*{_SUFFIX}")]
        numbers = (name.removesuffix(_SUFFIX) for name in names)
        return sorted(int(n) for n in numbers if n.isascii() and n.isdigit())

    def waiting(self, receipt: Receipt | None) -> list[int]:
        """Return the numbers of the batches that the hub hasn't acknowledged."""
        done = receipt.sequence if receipt else 0
        return [number for number in self.sequences() if number > done]

    def document(self, sequence: int) -> bytes:
        """Return a batch as it is sent. Raises `Missing`, `InvalidContent`."""
        return key_files.read_bounded(self._path(sequence), DOCUMENT_BYTES_MAX)

    def end(self, receipt: Receipt | None = None) -> ChainEnd:
        """Return where the chain ends. Raises `Refused` where the hub's ends further on.

        Then somebody else goes on with it: to make the next batch here would be a fork.
        """
        here = self.sequences()
        if receipt and receipt.sequence > (here[-1] if here else 0):
            raise Refused(
                f"outbox: the hub has batches up to {receipt.sequence} of this key, here there are "
                f"{here[-1] if here else 0}",
                hint=_COPIED,
            )
        if receipt and here and receipt.sequence == here[-1]:
            return ChainEnd(receipt.sequence, receipt.digest)
        return ChainEnd(here[-1], digest_of(self.document(here[-1]))) if here else ChainEnd()

    @property
    def is_full(self) -> bool:
        """Whether no more reports are kept."""
        here = self.sequences()
        with durable.storage_errors(self._folder):
            size = sum(self._path(number).stat().st_size for number in here)
        return len(here) >= self._batches_max or size >= OUTBOX_BYTES_MAX

    def add(
        self,
        content: bytes,
        kind: BatchKind,
        hub_keys: HubKeys,
        *,
        receipt: Receipt | None,
        randomness: Callable[[int], bytes],
    ) -> int:
        """Seal `content` as the next batch, durably; return its number.

        Raises `Refused` where the hub has no key to seal to, or the chain goes on elsewhere;
        `InvalidContent` for too much content, `StorageFailed`.
        """
        credential = self._identity.credential
        if credential is None:
            raise Refused("outbox: this box isn't enrolled yet")
        document, end = batches.make(
            content,
            node=credential.node,
            kind=kind,
            end=self.end(receipt),
            hub_keys=hub_keys,
            private_key=self._identity.private_key,
            randomness=randomness,
        )
        durable.make_folder(self._folder, mode=0o700)
        durable.write(self._path(end.sequence), document, mode=_MODE)
        return end.sequence

    def settle(self, receipt: Receipt | None) -> int:
        """Delete what a receipt covers; return how many batches went.

        Raises `Refused` where the receipt is for another document than ours, `StorageFailed`.
        """
        if receipt is None or receipt.sequence == 0:
            return 0
        here = self.sequences()
        if receipt.sequence not in here:
            return 0  # it went before; or the chain goes on elsewhere, as `end` says
        try:
            ours = digest_of(self.document(receipt.sequence))
        except (Missing, InvalidContent):
            ours = ""
        if ours != receipt.digest:
            raise Refused(
                f"outbox: the hub has another batch {receipt.sequence} than this box", hint=_COPIED
            )
        covered = [number for number in here[:-1] if number <= receipt.sequence]
        for number in covered:
            durable.remove(self._path(number))
        return len(covered)

    def _path(self, sequence: int) -> Path:
        return self._folder / f"{sequence}{_SUFFIX}"
