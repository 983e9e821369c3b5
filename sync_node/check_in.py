"""What a node and its hub say to each other, mostly at the end of a tick, over a counted link.

1. A claim that hasn't been answered is sent again.
2. A node checks in when something changed, when the school asks for something, when the box was
   started, and each hour of being on. It sends the batches that wait first, so that their receipt
   comes with the answer; then what pupils did, and pieces of files that the hub asked for. After a
   start it does so before the tick, too: the first tick of a new box may take days, and is to
   fetch what the hub wants, by the right time. And in a tick of hours it does so each hour.
3. The answer brings the time, and what is newer than the node holds. Each document is verified and
   taken by itself: one that is wrong is noted, and the others count.
4. A node that hasn't reached its hub for an hour of being on takes the desired state of its group
   from neighbours who hold a newer one.
5. A node that hasn't reached its hub for a day of being on seals a report for whoever comes by.

Nothing of this ends a tick or changes its outcome: what goes wrong is noted.
"""

import contextlib
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from content_packs import protocol, reports, signed_documents
from content_packs.errors import (
    InvalidContent,
    Missing,
    SatchelError,
    SourceUnavailable,
    Untrusted,
)
from content_packs.hub_keys import HubKeys
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import NONCE_BYTES
from content_packs.protocol import CheckInAnswer, CheckInRequest, Credential, Pending
from content_packs.reports import Report
from content_packs.signed_documents import Envelope
from sync_node import claims, disk, hub_calls, identity, state, trusted_time
from sync_node.asking import Asking
from sync_node.box_clock import BoxClock
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.errors import HubRefused
from sync_node.hardware import Hardware
from sync_node.held_documents import HeldDocuments, Keys
from sync_node.hub_calls import Signer
from sync_node.hub_source import HubSource
from sync_node.identity import Identity, Sequence
from sync_node.last_check_in import last_check_in
from sync_node.limits import (
    BATCH_REPORT_SECONDS,
    BATCHES_AT_ONCE_MAX,
    CHECK_IN_SECONDS,
    HUB_SILENT_SECONDS,
    PEERS_ASKED_MAX,
)
from sync_node.outbox import Outbox
from sync_node.peer_places import desired_state_path
from sync_node.reporting import report_of
from sync_node.revocations import Revocations
from sync_node.sending_files import SendingFiles
from sync_node.sending_records import SendingRecords
from sync_node.sources import Sources
from sync_node.ticks import Tick
from sync_node.trusted_time import Said

_UNAUTHORISED = 401
_NOT_ACCEPTED = (
    "the hub doesn't accept this node: it was revoked, or its card was copied or restored from a "
    "copy; ask the district for a code, and enrol this box anew"
)


class Talker:
    """Talks to the hubs of one tick. The engine's lock is held, node.db open.

    `eager`: somebody asked for this tick, so that a node checks in whatever rule 2 says.
    """

    def __init__(  # noqa: PLR0913  # what is outside comes in as parameters
        self,
        data_dir: DataDir,
        config: Config,
        sources: Sources,
        clock: BoxClock,
        *,
        hardware: Hardware,
        randomness: Callable[[int], bytes],
        disk_free: Callable[[Path], int] = disk.disk_free,
        eager: bool = False,
    ) -> None:
        self._eager = eager
        self._data_dir = data_dir
        self._config = config
        self._sources = sources
        self._clock = clock
        self._hardware = hardware
        self._randomness = randomness
        self._disk_free = disk_free
        self._documents = HeldDocuments(data_dir)
        self._was_refused = False
        self.was_answered = False  # a claim was, in this tick
        self.before = Tick(clock.now())  # for what is said before the end of the tick
        self.wants_tick = False  # what is to be held has changed

    def talk(self, tick: Tick) -> None:
        """Do what is due. What goes wrong is a note of the tick."""
        tick.notes += self.before.notes
        for step in (self._claim, self._node):
            try:
                step(tick)
            except SatchelError as error:
                tick.notes.append(error.message)
        tick.notes[:] = dict.fromkeys(tick.notes)

    def hear_first(self) -> None:
        """Send a claim that waits, and check in where no hub was heard since the box was started.

        What goes wrong is told, and but for a refusal tried again, at the end of the tick.
        """
        if self._keys():
            with contextlib.suppress(SatchelError):
                self._claim(self.before)
        if last_check_in().boot != self._clock.known.boot:
            self._hear_beside_work()

    def go_on_from(self, other: "Talker") -> None:
        """Take over what another one heard before the tick."""
        self.before.notes += other.before.notes
        self.was_answered |= other.was_answered

    def hear_meanwhile(self) -> None:
        """Check in during a tick that takes hours, where one is due; what comes of it as above.

        What the hub then wants counts from the next tick on.
        """
        if not 0 <= self._clock.known.on - last_check_in().on < CHECK_IN_SECONDS:
            self._hear_beside_work()

    def _hear_beside_work(self) -> None:
        if self._was_refused or not self._keys():
            return
        with contextlib.suppress(SatchelError):
            who = identity.current(self._data_dir)
            if who and who.credential:
                outbox = Outbox(self._data_dir, who)
                self._is_heard(who, outbox, self.before, last_check_in().what)

    def claim(self, hub: HubSource, asks: Identity) -> Pending | Credential:
        """Send a claim to one hub. Raises as `claims.ask`."""
        return claims.ask(hub, asks, self._documents, self._keys())

    def _claim(self, tick: Tick) -> None:
        asks = None if self.was_answered else identity.claiming(self._data_dir)
        if asks is None:
            return
        for hub in self._sources.hubs():
            try:
                answer = self.claim(hub, asks)
            except SourceUnavailable as error:
                self._sources.put_out(hub, error)
            except Missing as error:
                tick.notes.append(error.message)
            else:
                tick.notes.append(_in_words(answer))
                self.was_answered = True
                self.wants_tick |= isinstance(answer, Credential)
                return

    def _node(self, tick: Tick) -> None:
        who = identity.current(self._data_dir)
        if who is None or who.credential is None:
            return
        outbox = Outbox(self._data_dir, who)
        sealed, files = self._ask(who, tick), self._files(who)
        what = self._what(tick)
        due = self._eager or tick.activated or sealed or self._is_due(what)
        due = due or files.may_go(self._sources)
        if due and not self._was_refused and self._is_heard(who, outbox, tick, what):
            return
        self._ask_neighbours(who.credential, tick)
        self._seal(who, outbox, tick)
        last = last_check_in()
        if not (last.at and 0 <= self._clock.known.on - last.on < HUB_SILENT_SECONDS):
            files.seal_ahead(outbox)

    def _ask(self, who: Identity, tick: Tick) -> bool:
        """Seal what the school asks of the hub; say whether there was anything new."""
        asking = Asking(self._data_dir, who, self._hub_keys(), self._randomness)
        sealed = asking.seal()
        tick.notes += asking.notes
        return sealed

    def _files(self, who: Identity) -> SendingFiles:
        return SendingFiles(self._data_dir, who, self._hub_keys(), self._randomness)

    def _records(self, who: Identity, tick: Tick) -> SendingRecords:
        keys = self._hub_keys()
        return SendingRecords(self._data_dir, who, keys, self._randomness, tick.notes)

    def _is_heard(self, who: Identity, outbox: Outbox, tick: Tick, what: str) -> bool:
        """Check in at the first hub that answers; say whether one did, though it refuse."""
        for hub in self._sources.hubs():
            try:
                self._check_in(hub, who, outbox, tick, what)
            except SourceUnavailable as error:
                if tick is not self.before:  # its content may come all the same
                    self._sources.put_out(hub, error)
            except Missing as error:
                tick.notes.append(error.message)
                self._remember(boot=self._clock.known.boot)  # not before each tick again
            except HubRefused as error:
                self._refused(error, tick)
                return True
            else:
                return True
        return False

    def _ask_neighbours(self, of: Credential, tick: Tick) -> None:
        last = last_check_in()
        if last.at and 0 <= self._clock.known.on - last.on < CHECK_IN_SECONDS:
            return
        for peer in islice(self._sources.for_files(), PEERS_ASKED_MAX):
            for group in of.groups:
                try:
                    document = peer.get(desired_state_path(group), bytes_max=DOCUMENT_BYTES_MAX)
                    self._take_desired_state(document.body or b"", of_group=True)
                except SourceUnavailable as error:
                    self._sources.put_out(peer, error)
                    break
                except Missing:
                    continue
                except (Untrusted, InvalidContent) as error:
                    tick.notes.append(f"{peer.name}: {error.message}")

    def _what(self, tick: Tick) -> str:
        """Return what a check-in would be about; another one is due when it changes."""
        desired = self._documents.desired_state()
        held = desired.number if desired else 0
        credential = identity.credential(self._data_dir)
        serial = credential.serial if credential else 0
        codes = " ".join(sorted({error.code for error in tick.troubles}))
        return f"{tick.outcome} [{codes}] {held} {serial} {state.applied()[:64]}"

    def _is_due(self, what: str) -> bool:
        last, known = last_check_in(), self._clock.known
        if not 0 <= known.on - last.on < CHECK_IN_SECONDS:
            return True
        return not last.refused and (last.what != what or last.boot != known.boot)

    def _remember(self, **changed: object) -> None:
        found = msgspec.structs.replace(last_check_in(), **changed)
        state.remember_check_in(msgspec.json.encode(found).decode())

    def _refused(self, error: HubRefused, tick: Tick) -> None:
        self._was_refused = True
        known = self._clock.known
        count = last_check_in().refused + 1
        self._remember(refused=count, on=known.on, boot=known.boot)
        tick.notes.append(_NOT_ACCEPTED if error.status == _UNAUTHORISED else error.message)

    def _check_in(
        self, hub: HubSource, who: Identity, outbox: Outbox, tick: Tick, what: str
    ) -> None:
        """Send what waits, check in, and take what comes."""
        sequence = Sequence(who, trusted=self._clock.trusted)
        signer = Signer(who.private_key, sequence.take, lambda: int(self._clock.now().timestamp()))
        self._send_batches(hub, who, outbox, signer, tick)
        request = self._request(who, tick)
        asked = self._clock.uptime()
        answer = hub_calls.check_in(hub, request, signer)
        self._take(answer, request.nonce, hub, who, asked=asked, tick=tick)
        known = self._clock.known
        self._remember(
            at=trusted_time.in_words(self._clock.now()),
            boot=known.boot,
            on=known.on,
            what=what,
            refused=0,
        )
        if tick is not self.before:  # beside a transfer the link is its own
            self._ask(who, tick)  # what the hub said counts for what is shown, and for files
            send = partial(self._send_batches, hub, who, outbox, signer, tick)
            self._records(who, tick).go(hub.name, self._sources, outbox, send)
            self._files(who).go(hub.name, self._sources, outbox, send)

    def _send_batches(
        self, hub: HubSource, who: Identity, outbox: Outbox, signer: Signer, tick: Tick
    ) -> None:
        """Send what waits. A chain that the hub doesn't take is no reason to fall silent."""
        try:
            for number in outbox.waiting(self._documents.receipt(who))[:BATCHES_AT_ONCE_MAX]:
                receipt = hub_calls.send_batch(hub, outbox.document(number), signer)
                self._documents.take_receipt(receipt, self._keys(), who)
        except SourceUnavailable:
            raise
        except SatchelError as error:
            if isinstance(error, HubRefused) and error.status == _UNAUTHORISED:
                raise
            tick.notes.append(error.message)

    def _request(self, who: Identity, tick: Tick) -> CheckInRequest:
        desired, receipt = self._documents.desired_state(), self._documents.receipt(who)
        answers = self._documents.answers()
        return CheckInRequest(
            nonce=self._randomness(NONCE_BYTES).hex(),
            credential=who.credential.serial if who.credential else 0,
            desired_state=desired.number if desired else 0,
            status=Revocations(self._data_dir).number,
            receipt=receipt.sequence if receipt else 0,
            answers=answers.number if answers else 0,
            report=self.report(who, None if tick is self.before else tick),
        )

    def report(self, who: Identity, tick: Tick | None) -> Report:
        """Return what this node says about itself now. Raises `StorageFailed`."""
        return report_of(
            self._data_dir,
            self._config,
            who,
            clock=self._clock,
            tick=tick,
            hardware=self._hardware,
            disk_free=self._disk_free,
            newest=max(Outbox(self._data_dir, who).sequences(), default=0),
        )

    def _take(  # noqa: PLR0913  # all that is known of an answer
        self,
        answer: CheckInAnswer,
        nonce: str,
        hub: HubSource,
        who: Identity,
        *,
        asked: trusted_time.Uptime,
        tick: Tick,
    ) -> None:
        keys = self._keys()
        credential = who.credential
        if credential is None:
            return

        def time(document: bytes) -> None:
            found = protocol.open_time(document, keys, node=credential.node, nonce=nonce)
            said = Said(found.time, signed_documents.signer_of(document))
            self._clock.heard_hub(said, asked=asked, source=hub.name)
            state.remember_time(self._clock.known)

        taking: list[tuple[Envelope | None, Callable[[bytes], object]]] = [
            (answer.time, time),
            (answer.credential, lambda found: self._documents.take_credential(found, keys, who)),
            (answer.desired_state, self._take_desired_state),
            (answer.receipt, lambda found: self._documents.take_receipt(found, keys, who)),
            (answer.answers, lambda found: self._documents.take_answers(found, keys, credential)),
        ]
        for envelope, take in taking:
            try:
                if envelope:
                    take(envelope.document)
            except SatchelError as error:
                tick.notes.append(error.message)
        Outbox(self._data_dir, who).settle(self._documents.receipt(who))

    def _take_desired_state(self, document: bytes, *, of_group: bool = False) -> None:
        documents = self._documents
        take = documents.take_desired_state_of_group if of_group else documents.take_desired_state
        of = identity.credential(self._data_dir)
        if of and take(document, self._keys(), of):
            self.wants_tick = True

    def _seal(self, who: Identity, outbox: Outbox, tick: Tick) -> None:
        """Seal a report where the hub has heard nothing for long, if it has a key to seal to."""
        last, keys = last_check_in(), self._hub_keys()
        on = self._clock.known.on
        quiet = on - max(last.on if last.at else 0.0, last.sealed_on)
        if 0 <= quiet < BATCH_REPORT_SECONDS or not keys.seal or outbox.is_full:
            return
        outbox.add(
            reports.encode_batch((self.report(who, tick),)),
            "reports",
            keys,
            receipt=self._documents.receipt(who),
            randomness=self._randomness,
        )
        self._remember(sealed_on=on)

    def _hub_keys(self) -> HubKeys:
        return state.hub_keys() or HubKeys()

    def _keys(self) -> Keys:
        return self._hub_keys().service_keys()


def _in_words(answer: Pending | Credential) -> str:
    if isinstance(answer, Credential):
        return f"enrolled as {answer.node} of {answer.school}"
    return f"the enrolment waits for a person to confirm the fingerprint {answer.fingerprint}"
