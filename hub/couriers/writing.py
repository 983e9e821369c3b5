"""`hub courier write`: a stick for some schools, whole or to be gone on with, never half wrong.

In this order: what it is (`courier.json`, not whole yet), content, metadata, the timestamp, the
documents for single nodes, `courier.json` anew. Each file is read back before it gets its name. Cut
off anywhere, the stick holds the edition that it held before; a second run goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from content_packs import courier, repository
from content_packs.courier import Courier, CourierPlan, LeftOut, OnStick, Wanted
from content_packs.courier_sayings import check_room
from content_packs.digests import digest_of_file, read_pieces
from content_packs.durable import storage_errors
from content_packs.errors import (
    DigestMismatch,
    InvalidContent,
    Missing,
    Refused,
    SourceUnavailable,
    StorageFailed,
)
from content_packs.limits import (
    COURIER_BYTES_MAX,
    DOCUMENT_BYTES_MAX,
    METADATA_BYTES_MAX,
    SHORT_TEXT_CHARACTERS_MAX,
)
from content_packs.messages import to_second
from content_packs.reports import shortened
from content_packs.stick import Stick
from hub.couriers.contents import Contents, School, contents_for
from hub.errors import Damaged
from hub.hub import Hub
from hub.limits import COURIER_DOCUMENTS_BYTES, COURIER_NOTE_BYTES

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all
_ROOT = repository.metadata_path("1.root.json")


@dataclass(frozen=True)
class Waiting:
    """A box whose claim a person has to confirm, once they compared the fingerprint."""

    node: str
    fingerprint: str


class Fleet(Protocol):
    """What the hub knows of its nodes, as far as a courier carries it."""

    def schools(self, nodes: Sequence[str]) -> list[School]:
        """Return these nodes, or all; raises `Missing` for one that there isn't."""
        ...

    def down(self, node: str) -> Mapping[str, bytes]:
        """Return the signed documents for a node, or a box by its keyid, by their kinds."""
        ...

    def take_claim(self, document: bytes) -> Waiting | None:
        """Take a claim; the answer comes with `down`, unless a person has to look first."""
        ...

    def take_report(self, document: bytes) -> None:
        """Take a report."""
        ...

    def take_batch(self, document: bytes) -> bool:
        """Take a batch durably; say whether it is new."""
        ...


@dataclass
class Written:
    """What a run wrote. `there`: bytes that were on the stick before. `nodes`: whom it is for.

    `not_enrolled`: those of them that have no documents, for want of a valid key.
    """

    nodes: tuple[str, ...] = ()
    files: int = 0
    size: int = 0
    there: int = 0
    documents: int = 0
    not_enrolled: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def write(  # noqa: PLR0913  # all by name; what is outside comes in as parameters
    hub: Hub,
    stick: Stick,
    schools: Sequence[School],
    fleet: Fleet,
    *,
    announce: Callable[[CourierPlan], None] = lambda _: None,
    progress: Progress = lambda _doing, _done, _total: None,
    thorough: bool = False,
) -> Written:
    """Write a stick for these schools; for any where none is named.

    `announce` is told what fits before anything is written. `thorough`: what is there already is
    read anew, too. Raises `Refused` for another hub's stick, `StorageFailed` where not even the
    metadata fits or the stick fails, `KeyAbsent`, `KeyLocked`, `InvalidContent`, `Damaged`, `Busy`.
    """
    contents = contents_for(hub, schools)
    _expect_ours(hub, stick)
    writing = _Writing(hub, stick, contents, tuple(sorted(one.node for one in schools)), progress)
    found = writing.plan(thorough=thorough)
    announce(found)
    check_room(found, stick.root)
    for school in schools[:1]:
        fleet.down(school.node)  # a key that can't sign says so now, and not after hours of writing
    writing.run(found)
    for school in schools:
        _put_letters(writing.written, stick, fleet, school)
    writing.note(whole=not found.left_out)
    return writing.written


def _put_letters(written: Written, stick: Stick, fleet: Fleet, school: School) -> None:
    """Write what the hub says to a node, for it by its id and by its keyid."""
    documents = fleet.down(school.node)
    written.documents += put_documents(stick, school.node, documents)
    if school.keyid:
        written.documents += put_documents(stick, school.keyid, fleet.down(school.keyid))
    if not documents:
        written.not_enrolled = (*written.not_enrolled, school.node)


def put_documents(stick: Stick, node: str, documents: Mapping[str, bytes]) -> int:
    """Write what is new of the documents for a node; return how many were. Raises as `write`."""
    count = 0
    for kind in courier.DOWN_KINDS:
        if document := documents.get(kind):
            path = courier.down_path(node, kind)
            if document != _read(stick, path, DOCUMENT_BYTES_MAX):
                stick.put(path, [document])
                count += 1
    return count


def _read(stick: Stick, path: str, bytes_max: int) -> bytes | None:
    """Return what is on a stick, None for anything that can't be used."""
    try:
        return stick.read(path, bytes_max=bytes_max)
    except (Missing, InvalidContent):
        return None
    except SourceUnavailable as error:
        raise StorageFailed(error.message, hint=error.hint) from error


def is_anothers(hub: Hub, stick: Stick) -> bool:
    """Say whether a stick holds another hub's repository. Raises `StorageFailed`."""
    found = _read(stick, courier.repository_path(_ROOT), METADATA_BYTES_MAX)
    return bool(found) and found != hub.data.place(_ROOT).read_bytes()


def _expect_ours(hub: Hub, stick: Stick) -> None:
    if is_anothers(hub, stick):
        raise Refused(
            f"{stick.root}: the stick holds another hub's repository",
            hint=f"Take another stick, or remove the folder {courier.FOLDER} from this one.",
        )


@dataclass
class _Writing:
    """One run."""

    hub: Hub
    stick: Stick
    contents: Contents
    nodes: tuple[str, ...]
    progress: Progress
    written: Written = field(default_factory=Written)
    _files: dict[str, OnStick] = field(default_factory=dict)
    _unnoted: int = 0

    def plan(self, *, thorough: bool) -> CourierPlan:
        """Return what is to be written, and note what is there."""
        wanted = {file.place: file for parcel in self.contents.parcels for file in parcel.files}
        wanted |= {file.place: file for file in self.contents.metadata}
        there = self._there(wanted, thorough=thorough)
        return courier.plan(
            self.contents.parcels,
            self.contents.metadata,
            there,
            self.stick.room(),
            reserve=COURIER_DOCUMENTS_BYTES * (1 + len(self.nodes)),
        )

    def _there(self, wanted: Mapping[str, Wanted], *, thorough: bool) -> dict[str, int]:
        """Return the sizes of the files that are on the stick with the right bytes."""
        with _failing():
            sizes = {
                place: size
                for place in wanted
                if (size := self.stick.size(courier.repository_path(place))) is not None
            }
        known = {} if thorough else courier.remembered(self._noted(), sizes=sizes)
        found = {}
        for place, size in sizes.items():
            if place == repository.TIMESTAMP or size != wanted[place].size:
                continue
            kept = known.get(place) if not place.startswith("metadata/") else None
            if kept or (kept := self._compared(place, size)):
                self._files[place] = kept
                found[place] = size
        return found

    def _noted(self) -> Courier:
        try:
            return courier.decode(_read(self.stick, courier.MARK, COURIER_BYTES_MAX) or b"")
        except InvalidContent:
            return Courier()

    def _compared(self, place: str, size: int) -> OnStick | None:
        """Read a file that nobody vouches for; return it if it is as ours."""
        self.progress(f"reading {place}", 0, size)
        try:
            found = self.stick.digest(courier.repository_path(place))
        except (InvalidContent, Missing, SourceUnavailable):
            return None  # it is written anew; a stick that is gone says so then
        path = self.hub.objects.local(place)
        with storage_errors(path):
            ours = digest_of_file(path)
        if found != ours:
            return None
        return OnStick(path=place, size=size, digest=found)

    def run(self, plan: CourierPlan) -> None:
        """Write what is planned."""
        self.written.nodes, self.written.left_out = self.nodes, plan.left_out
        self.written.there = plan.bytes_there
        self.note(whole=False)
        done, total = 0, plan.bytes_to_write
        for file in plan.write:
            self.progress(file.place, done, total)

            def show(size: int, place: str = file.place, before: int = done) -> None:
                self.progress(place, before + size, total)

            self._put(file, show)
            done += file.size
        self.progress("", done, total)

    def _put(self, file: Wanted, show: Callable[[int], None]) -> None:
        place = file.place
        named = place.removeprefix("bundles/").removesuffix(".bundle")
        expected = named if place.startswith("bundles/") else ""
        try:
            digest = self.stick.put(
                courier.repository_path(place), self._pieces(place, show), expected=expected
            )
        except DigestMismatch as error:
            raise Damaged(
                f"{place}: {error.message}",
                hint="Restore this file from a backup, or from any copy of the repository.",
            ) from error
        self.written.files += 1
        self.written.size += file.size
        self._files[place] = OnStick(path=place, size=file.size, digest=digest)
        self._unnoted += file.size
        if self._unnoted >= COURIER_NOTE_BYTES:
            self.note(whole=False)

    def _pieces(self, place: str, show: Callable[[int], None]) -> Iterable[bytes]:
        if place == repository.TIMESTAMP:
            yield self.contents.timestamp
            return
        path, done = self.hub.objects.local(place), 0
        with storage_errors(path), path.open("rb") as file:
            for piece in read_pieces(file):
                yield piece
                done += len(piece)
                show(done)

    def note(self, *, whole: bool) -> None:
        """Say on the stick what is there."""
        self._unnoted = 0
        said = Courier(
            by=shortened(self.hub.config.title, SHORT_TEXT_CHARACTERS_MAX),
            written_at=to_second(self.hub.clock()),
            nodes=self.nodes,
        )
        data = courier.encode(courier.with_files(said, self._files.values(), whole=whole))
        self.stick.put(courier.MARK, [data])


@contextmanager
def _failing() -> Iterator[None]:
    """Turn what reading a stick raises into what writing to one does."""
    try:
        yield
    except SourceUnavailable as error:
        raise StorageFailed(error.message, hint=error.hint) from error
