"""What a node and its hub say to each other by a stick: the same documents as over a link.

`down/<id>` is taken in, each document verified and by itself; `up/<id>` gets this box's claim, its
report and the batches that no receipt covers. Under `up` a node removes only what is its own: a
claim that was answered (it names its code in the clear), and batches that the hub has.

Folders of other nodes are neither read nor touched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from content_packs import courier, protocol, signed_documents
from content_packs.errors import InvalidContent, Missing, SatchelError, SourceUnavailable
from content_packs.hub_keys import HubKeys
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.reports import Report
from content_packs.stick import Stick
from sync_node import enrolment, identity, state
from sync_node.asking import Asking
from sync_node.box_clock import BoxClock
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments, Keys
from sync_node.identity import Identity
from sync_node.outbox import Outbox
from sync_node.sending_records import SendingRecords
from sync_node.trusted_time import Said


@dataclass
class Exchanged:
    """What was taken in and left on a stick. `wants_tick`: what is to be held has changed."""

    taken: list[str] = field(default_factory=list)
    batches: int = 0
    report: bool = False
    claim: bool = False
    wants_tick: bool = False
    troubles: list[str] = field(default_factory=list)


class Papers:
    """Exchanges documents with sticks. The engine's lock is held, node.db open."""

    def __init__(
        self,
        data_dir: DataDir,
        clock: BoxClock,
        report: Callable[[Identity], Report],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._randomness = randomness
        self._data_dir = data_dir
        self._clock = clock
        self._report = report
        self._documents = HeldDocuments(data_dir)

    def take_in(self, stick: Stick, done: Exchanged) -> None:
        """Take in what the hub says to this box. What is wrong is told.

        Raises `SourceUnavailable` where the stick fails, `StorageFailed` where our own disk does.
        """
        asks = identity.claiming(self._data_dir)
        if asks:
            self._take(stick, asks.keyid, "credential", done,
                       lambda found: self._take_credential(found, asks, done))  # fmt: skip
        who = identity.current(self._data_dir)
        if who is None or who.credential is None:
            return
        takers: dict[str, Callable[[bytes], bool]] = {
            "credential": lambda found: self._take_credential(found, who, done),
            "time": self._take_time,
            "desired-state": lambda found: self._take_desired_state(found, done),
            "receipt": lambda found: self._documents.take_receipt(found, self._keys(), who),
            "answers": lambda found: self._take_answers(found, done),
        }
        for kind in courier.DOWN_KINDS:
            self._take(stick, who.name, kind, done, takers[kind])
        try:
            Outbox(self._data_dir, who).settle(self._documents.receipt(who))
        except SatchelError as error:
            done.troubles.append(error.message)

    def leave(self, stick: Stick, done: Exchanged) -> None:
        """Leave what this box says to the hub. Raises `StorageFailed` where the stick fails."""
        asks = identity.claiming(self._data_dir)
        if asks:
            done.claim |= self._put(stick, courier.up_path(asks.keyid, courier.CLAIM),
                                    enrolment.document_of(asks))  # fmt: skip
        who = identity.current(self._data_dir)
        if who is None or who.credential is None:
            return
        stick.remove(courier.up_path(who.keyid, courier.CLAIM))
        outbox = Outbox(self._data_dir, who)
        self._ask(who, done)
        self._seal_records(who, outbox, done)
        self._leave_batches(stick, who, outbox, done)
        said = signed_documents.sign("report", self._report(who), who.private_key)
        done.report |= self._put(stick, courier.up_path(who.name, courier.REPORT), said)

    def _ask(self, who: Identity, done: Exchanged) -> None:
        """Seal what the school asks of the hub: it goes with this stick."""
        keys = state.hub_keys() or HubKeys()
        asking = Asking(self._data_dir, who, keys, self._randomness)
        asking.seal()
        done.troubles += asking.notes

    def _seal_records(self, who: Identity, outbox: Outbox, done: Exchanged) -> None:
        """Seal what pupils did: it goes with this stick, too."""
        keys = state.hub_keys() or HubKeys()
        records = SendingRecords(self._data_dir, who, keys, self._randomness, done.troubles)
        records.seal_ahead(outbox)

    def _leave_batches(self, stick: Stick, who: Identity, outbox: Outbox, done: Exchanged) -> None:
        receipt = self._documents.receipt(who)
        for number in outbox.waiting(receipt):
            path = courier.batch_path(who.name, number)
            done.batches += self._put(stick, path, outbox.document(number))
        covered = receipt.sequence if receipt else 0
        folder = courier.up_path(who.name, courier.BATCHES)
        for name in stick.names(folder):
            number_of = courier.sequence_of(name)
            if number_of is not None and number_of <= covered:
                stick.remove(f"{folder}/{name}")

    def _put(self, stick: Stick, path: str, document: bytes) -> bool:
        """Write a document unless it is there; say whether it was written."""
        try:
            if stick.read(path, bytes_max=DOCUMENT_BYTES_MAX) == document:
                return False
        except (Missing, InvalidContent, SourceUnavailable):
            pass  # what can't be read is written over; a stick that is gone says so then
        stick.put(path, [document])
        return True

    def _take(
        self, stick: Stick, node: str, kind: str, done: Exchanged, take: Callable[[bytes], bool]
    ) -> None:
        path = courier.down_path(node, kind)
        try:
            document = stick.read(path, bytes_max=DOCUMENT_BYTES_MAX)
        except Missing:
            return
        except InvalidContent as error:
            done.troubles.append(error.message)
            return
        try:
            if take(document):
                done.taken.append(kind)
        except SatchelError as error:
            done.troubles.append(f"{path}: {error.message}")

    def _take_credential(self, document: bytes, of: Identity, done: Exchanged) -> bool:
        before = identity.credential_in(of.folder)
        found = self._documents.take_credential(document, self._keys(), of)
        done.wants_tick |= before != found
        return before != found

    def _take_desired_state(self, document: bytes, done: Exchanged) -> bool:
        of = identity.credential(self._data_dir)
        if of is None or not self._documents.take_desired_state(document, self._keys(), of):
            return False
        done.wants_tick = True
        return True

    def _take_answers(self, document: bytes, done: Exchanged) -> bool:
        of = identity.credential(self._data_dir)
        if of is None or not self._documents.take_answers(document, self._keys(), of):
            return False
        done.wants_tick = True  # what is shown goes by it, and a file may be asked for
        return True

    def _take_time(self, document: bytes) -> bool:
        of = identity.credential(self._data_dir)
        if of is None:
            return False
        found = protocol.open_time(document, self._keys(), node=of.node, nonce="")
        is_news = found.time > self._clock.trusted()
        said = Said(found.time, signed_documents.signer_of(document))
        self._clock.heard_document(said, source="courier")
        state.remember_time(self._clock.known)
        return is_news

    def _keys(self) -> Keys:
        return (state.hub_keys() or HubKeys()).service_keys()
