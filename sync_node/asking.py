"""The school's requests, on their way to the hub: sealed into the outbox, each until it is said.

1. What teachers wish for and what the school offers stand in school.db, which the engine reads. A
   request is said again, whole, whenever its state changes.
2. The batch is durable in the outbox before it is remembered what was said. After a cut in between
   it is said once more: the hub knows it by its id.
3. A wish is closed by itself once the pack is here: the one that was wished for, or the one that
   the hub answered with. Where a teacher wrote something about a pack that was whole already, a
   newer version has to come.
4. What was taken back before anything was said of it is never said.

The engine's lock is held, node.db open. Nothing here says who wished.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from content_packs import school_requests
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Refused, SatchelError
from content_packs.hub_keys import HubKeys
from content_packs.limits import EXERCISE_BYTES_MAX, REQUESTS_IN_BATCH_MAX
from content_packs.names import is_name
from content_packs.protocol import Receipt
from content_packs.school_requests import Answers, Requests, SaidOffer, SaidWish
from sync_node import asked, school_reading
from sync_node.activator import held_versions
from sync_node.asked import NOTHING, Asked
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments
from sync_node.held_manifests import HeldManifests
from sync_node.identity import Identity
from sync_node.limits import REQUEST_BATCHES_AT_ONCE_MAX
from sync_node.models import LessonRow, PackRow
from sync_node.outbox import Outbox

Said: TypeAlias = SaidWish | SaidOffer

_WISH = ("id", "pack", "text", "created_at", "state")
_MATERIAL = (
    "id", "title", "kind", "media_type", "size", "digest", "seconds", "created_at", "offered",
    "withdrawn_at",
)  # fmt: skip
_MARK_DIGITS = 16


class _Exercise(msgspec.Struct):
    """What is read of an exercise's file: to read all of it takes what no tick loads."""

    language: str = ""


@dataclass
class Asking:
    """Tells the hub what the school asks. `notes`: what went wrong, for the tick."""

    data_dir: DataDir
    who: Identity
    hub_keys: HubKeys
    randomness: Callable[[int], bytes]
    notes: list[str] = field(default_factory=list)
    _packs: "_Packs | None" = None  # as they are during one look

    def seal(self) -> bool:
        """Look at what is here and what the hub said; seal what it has to hear. Say if any was.

        Raises `StorageFailed`.
        """
        self._packs = None
        documents = HeldDocuments(self.data_dir)
        receipt = documents.receipt(self.who)
        known = self._settled(asked.known(), receipt, documents.answers())
        try:
            rows: list[Said] = [*self._wishes(known), *self._offers(known)]
        except school_reading.SchoolUnread as error:
            self.notes.append(f"{error.message}: what the school asks for waits")
            asked.remember(known)
            return False
        known = {said.id: known[said.id] for said in rows if said.id in known}
        due = [said for said in rows if self._is_due(said, known.get(said.id, NOTHING))]
        try:
            sealed = self._seal(due, known, receipt)
        except Refused as error:  # the chain goes on elsewhere: no reason to fall silent
            self.notes.append(error.message)
            sealed = False
        asked.remember(known)
        return sealed

    def _settled(
        self, known: dict[str, Asked], receipt: Receipt | None, answers: Answers | None
    ) -> dict[str, Asked]:
        """Return what is known, with what the hub has and says."""
        taken = set(answers.taken) if answers else set()
        files = {each.id: each.number for each in answers.files} if answers else {}
        for id_, each in known.items():
            changes: dict[str, Any] = {}
            if receipt and each.keyid == self.who.keyid and each.sequence <= receipt.sequence:
                changes = {"told": True, "with_hub": True}
            if answers and (answer := answers.of(id_)):
                changes |= {"answer": answer.state, "text": answer.text, "pack": answer.pack}
            if answers:
                changes |= {"taken": each.taken or id_ in taken}
            number = files.get(id_, 0)
            if number != each.file:
                changes |= {"file": number, "sent": 0}
            known[id_] = msgspec.structs.replace(each, **changes)
        return known

    def _wishes(self, known: dict[str, Asked]) -> Iterator[SaidWish]:
        rows = school_reading.rows_of(self.data_dir, "wish_row", _WISH)
        for id_, pack, text, created_at, state in sorted(rows, key=str):
            at = _moment(created_at)
            if at is None or not (pack == "" or is_name(pack)):
                continue
            wish = SaidWish(id=id_, at=at, pack=pack, text=text)
            if state == "withdrawn":
                yield msgspec.structs.replace(wish, state="withdrawn")
            elif self._is_here(wish, known):
                yield msgspec.structs.replace(wish, state="here")
            else:
                yield wish

    def _is_here(self, wish: SaidWish, known: dict[str, Asked]) -> bool:
        """Say whether what is wished for has come, and remember that."""
        before = known.get(wish.id)
        if before and before.here:
            return True
        answered_with = before.pack if before else ""
        pack = answered_with or wish.pack
        whole = self._whole_version(pack) if pack else 0
        if before is None:
            before = Asked(whole_at=whole if wish.text and not answered_with else 0)
        enough = 0 if answered_with or not wish.text else before.whole_at
        known[wish.id] = msgspec.structs.replace(before, here=whole > enough)
        return whole > enough

    def _whole_version(self, pack: str) -> int:
        """Return at which version all lessons of a pack are open, 0 for none."""
        if self._packs is None:
            self._packs = _Packs(self.data_dir)
        return self._packs.whole_version(pack)

    def _offers(self, known: dict[str, Asked]) -> Iterator[SaidOffer]:
        rows = school_reading.rows_of(self.data_dir, "material_row", _MATERIAL)
        for row in sorted(rows, key=str):
            values = dict(zip(_MATERIAL, row, strict=True))
            at = _moment(values.pop("created_at"))
            offered, withdrawn_at = values.pop("offered"), values.pop("withdrawn_at")
            is_open = bool(offered) and not withdrawn_at
            if at is None or not (is_open or values["id"] in known):
                continue
            values |= {"state": "open" if is_open else "withdrawn", "at": at}
            yield SaidOffer(**values, language=self._language(values))

    def _language(self, values: dict[str, Any]) -> str:
        """Return the language of an exercise, which says it; empty for others."""
        if values["kind"] != "exercise" or values["size"] > EXERCISE_BYTES_MAX:
            return ""
        digest = str(values["digest"])
        try:
            data = (self.data_dir.materials / digest[:2] / digest).read_bytes()
            return msgspec.json.decode(data, type=_Exercise).language
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return ""

    def _is_due(self, said: Said, before: Asked) -> bool:
        if said.state == "withdrawn" and not before.mark:
            return False
        if before.is_said(_mark(said), self.who.keyid):
            return False
        try:
            _content([said])
        except InvalidContent as error:
            self.notes.append(f"a request of the school can't be sent: {error.message}")
            return False
        return True

    def _seal(self, due: list[Said], known: dict[str, Asked], receipt: Receipt | None) -> bool:
        outbox = Outbox(self.data_dir, self.who)
        sealed = False
        for number in range(REQUEST_BATCHES_AT_ONCE_MAX):
            some = due[number * REQUESTS_IN_BATCH_MAX :][:REQUESTS_IN_BATCH_MAX]
            if not some or not self.hub_keys.seal or outbox.is_full:
                break
            sequence = outbox.add(
                _content(some), "requests", self.hub_keys, receipt=receipt,
                randomness=self.randomness,
            )  # fmt: skip
            sealed = True
            for said in some:
                known[said.id] = msgspec.structs.replace(
                    known.get(said.id, NOTHING), mark=_mark(said), keyid=self.who.keyid,
                    sequence=sequence, told=False,
                )  # fmt: skip
        return sealed


def _content(some: list[Said]) -> bytes:
    return school_requests.encode_requests(
        Requests(
            wishes=tuple(each for each in some if isinstance(each, SaidWish)),
            offers=tuple(each for each in some if isinstance(each, SaidOffer)),
        )
    )


def _mark(said: Said) -> str:
    return digest_of(msgspec.json.encode(said, order="sorted"))[:_MARK_DIGITS]


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


class _Packs:
    """What is open of the packs that are shown, at one moment."""

    def __init__(self, data_dir: DataDir) -> None:
        self._manifests = HeldManifests(data_dir)
        self._digests = held_versions()
        self._shown = {
            row.pack: row.held_version or row.offered_version
            for row in PackRow.select().where(~PackRow.retired)
        }
        self._open: dict[tuple[str, int], set[str]] = {}
        columns = (LessonRow.pack, LessonRow.version, LessonRow.lesson)
        rows: Any = LessonRow.select(*columns).tuples()
        for pack, version, lesson in rows:
            self._open.setdefault((pack, version), set()).add(lesson)

    def whole_version(self, pack: str) -> int:
        """Return the version at which all lessons of a pack are open, 0 for none."""
        key = (pack, self._shown.get(pack) or 0)
        if key not in self._open or key not in self._digests:
            return 0
        try:
            lessons = self._manifests.get(self._digests[key]).lessons.keys()
        except SatchelError:
            return 0  # it rotted: `check` says so
        return key[1] if lessons <= self._open[key] else 0
