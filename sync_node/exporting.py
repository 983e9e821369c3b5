"""`sync-node export DIR`: a stick with what this node can pass on, and what it has for the hub.

The metadata is passed on as it came. Of each version that is offered to this node go the manifest,
the layout and the bundles, each made anew with the very bytes that its name and the signed lengths
say (`remaking`). Where that can't be done, as after an update that came as a delta, the manifest
and the files go by their digests (`held_folder`), which serves other nodes as well. What isn't here
at all is left out, and said. The order of writing is that of the hub's sticks: metadata after
content, the timestamp last.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from content_packs import courier, layout, manifest, repository
from content_packs.courier import Courier, CourierPlan, LeftOut, OnStick, Parcel, Wanted
from content_packs.courier_sayings import check_room
from content_packs.digests import digest_of, read_pieces
from content_packs.errors import (
    DigestMismatch,
    InvalidContent,
    Missing,
    Refused,
    SourceUnavailable,
    StorageFailed,
)
from content_packs.layout import Layout
from content_packs.limits import METADATA_BYTES_MAX, STATUS_LIST_BYTES_MAX
from content_packs.manifest import Chunk, Manifest
from content_packs.offers import Offer
from content_packs.stick import Stick
from sync_node import following, foreign_sticks, held_folder, peer_places, remaking, seeds
from sync_node.activator import required_digests
from sync_node.data_dir import DataDir
from sync_node.documents import Documents
from sync_node.limits import COURIER_RESERVE_BYTES
from sync_node.revocations import REVOKED
from sync_node.sources import Sources
from sync_node.store import Store
from sync_node.trust_store import TrustStore

Making = Callable[[], Iterator[bytes]]
Progress = Callable[[str, int, int], None]


@dataclass
class Exported:
    """What went onto the stick. `left_out`: packs for which there was no room.

    `not_whole`: packs of which this node can't give every file, by what was the matter.
    """

    files: int = 0
    size: int = 0
    there: int = 0
    left_out: tuple[LeftOut, ...] = ()
    not_whole: dict[str, str] = field(default_factory=dict)


class Export:
    """What this node can give. node.db is open, the engine's lock held."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._store = Store(data_dir)
        self._documents = Documents(data_dir, Sources([]))
        self._making: dict[str, Making] = {}
        self._expected: dict[str, str] = {}
        self._instead: dict[str, Sequence[Wanted]] = {}
        self._done = Exported()

    def write(
        self,
        stick: Stick,
        *,
        announce: Callable[[CourierPlan], None] = lambda _: None,
        progress: Progress = lambda _place, _done, _total: None,
    ) -> Exported:
        """Write the repository. Raises `Refused` for another hub's stick, `StorageFailed`."""
        metadata = self._metadata()
        parcels = [self._parcel(each.offer) for each in following.followed()]
        self._expect_ours(stick)
        there = self._there(stick, [*metadata, *(f for p in parcels for f in p.files)])
        plan = courier.plan(
            parcels, metadata, there, stick.room(), reserve=COURIER_RESERVE_BYTES
        )  # fmt: skip
        announce(plan)
        check_room(plan, stick.root)
        self._done.left_out, self._done.there = plan.left_out, plan.bytes_there
        files = [*map(self._there_already, plan.there), *self._put_all(stick, plan, progress)]
        stick.put(courier.MARK, [courier.encode(courier.with_files(
            Courier(by="node"), files, whole=not (plan.left_out or self._done.not_whole)
        ))])  # fmt: skip
        return self._done

    def _there_already(self, file: Wanted) -> OnStick:
        return OnStick(path=file.place, size=file.size, digest=self._expected[file.place])

    def _put_all(self, stick: Stick, plan: CourierPlan, progress: Progress) -> list[OnStick]:
        files: list[OnStick] = []
        done = 0
        for file in plan.write:
            progress(file.place, done, plan.bytes_to_write)
            if wrong := self._put(stick, file, files):
                self._put_instead(stick, file.place, files, wrong)
            done += file.size
        progress("", done, plan.bytes_to_write)
        return files

    def _put(self, stick: Stick, file: Wanted, files: list[OnStick]) -> str:
        """Write one file; return what was the matter where it can't be made with its bytes."""
        place = file.place
        try:
            digest = stick.put(
                courier.path_of(place),
                self._making[place](),
                expected=self._expected.get(place, ""),
            )
        except (DigestMismatch, Missing) as error:
            return error.message
        files.append(OnStick(path=place, size=file.size, digest=digest))
        self._done.files += 1
        self._done.size += file.size
        return ""

    def _put_instead(self, stick: Stick, place: str, files: list[OnStick], wrong: str) -> None:
        """Write what serves as well as a bundle that couldn't be made after all."""
        instead = self._instead.pop(place, ())
        if not instead:
            self._done.not_whole[place] = wrong
        there = self._there(stick, instead) | {file.path: file.size for file in files}
        plan = courier.plan(
            [Parcel(place, tuple(instead))], (), there, stick.room(), reserve=COURIER_RESERVE_BYTES
        )
        self._done.left_out += plan.left_out
        for file in plan.write:
            if wrong := self._put(stick, file, files):
                self._done.not_whole[file.place] = wrong

    def _offer(self, place: str, size: int, making: Making, expected: str = "") -> Wanted:
        self._making[place] = making
        if expected:
            self._expected[place] = expected
        return Wanted(place, size)

    def _metadata(self) -> list[Wanted]:
        """Return the metadata that is held. Raises `Missing` where nothing was verified yet."""
        trust = TrustStore(self._data_dir.trust)
        if trust.timestamp is None:
            raise Missing(
                f"{self._data_dir.root}: this node has heard of no repository yet",
                hint="There is nothing to pass on: sync first.",
            )
        found = [self._of_bytes(repository.TIMESTAMP, trust.timestamp)]
        for path in sorted(self._data_dir.trust.glob("*.json")):
            data = _bounded(path, METADATA_BYTES_MAX)
            place = repository.metadata_path(_name_of(path, data))
            if path.name != "timestamp.json" and repository.is_place(place):
                found.append(self._of_bytes(place, data))
        with contextlib.suppress(OSError):
            revoked = _bounded(self._data_dir.from_hub / REVOKED, STATUS_LIST_BYTES_MAX)
            found.append(self._of_bytes(repository.status_path(digest_of(revoked)), revoked))
        return found

    def _of_bytes(self, place: str, data: bytes) -> Wanted:
        return self._offer(place, len(data), lambda: iter([data]), digest_of(data))

    def _parcel(self, offer: Offer) -> Parcel:
        """Return what can be given of an offer; note what can't."""
        name = f"{offer.pack} {offer.version}"
        try:
            of = self._documents.held_manifest(offer.manifest)
        except (Missing, InvalidContent) as error:
            self._done.not_whole[name] = error.message
            return Parcel(name, ())
        held = self._held_files(name, offer, of)
        try:
            files = self._repository_files(offer, of, held)
        except Missing:
            files = held
        return Parcel(name, tuple(files))

    def _held_files(self, name: str, offer: Offer, of: Manifest) -> list[Wanted]:
        """Return the manifest and the files of a version, by their digests."""
        found = {}
        required = set().union(*(required_digests(of, lesson) for lesson in of.lessons))
        for file in of.files:
            if file.digest in self._store:
                place = courier.held_place(held_folder.file_path(file.digest))
                path = self._data_dir.store_path(file.digest)
                found[place] = self._offer(place, file.size, partial(_read, path), file.digest)
            elif file.digest in required:
                self._done.not_whole[name] = f"the file {file.path} isn't here"
        place = courier.held_place(peer_places.manifest_path(offer.manifest))
        found[place] = self._of_bytes(place, self._documents.held_bytes(offer.manifest))
        return [*found.values()]

    def _repository_files(self, offer: Offer, of: Manifest, held: Sequence[Wanted]) -> list[Wanted]:
        """Return a version as it lies in a repository. Raises `Missing` where that can't be."""
        laid_out = self._documents.held_layout(offer)
        if laid_out is None:
            raise Missing("its layout isn't kept here: it came as a delta")
        files = self._bundles(of, laid_out, held)
        for place, stored, size in (
            (repository.layout_path(offer.pack, offer.layout), layout.pack(laid_out),
             offer.layout_stored),
            (repository.manifest_path(offer.pack, offer.manifest), manifest.pack(of),
             offer.manifest_stored),
        ):  # fmt: skip
            if len(stored) != size:
                raise Missing("the hub compressed it otherwise than this box does")
            files.append(self._of_bytes(place, stored))
        return files

    def _bundles(self, of: Manifest, laid_out: Layout, held: Sequence[Wanted]) -> list[Wanted]:
        """Return the bundles of a version. Raises `Missing` where one can't be made."""
        found = []
        reader = self._reader(of)
        for number, reference in enumerate(laid_out.bundles):
            remaking.blocks_of(laid_out, number)
            place = repository.bundle_path(reference.digest)
            making = partial(remaking.remade, of, laid_out, number, reader)
            found.append(self._offer(place, reference.size, making, reference.digest))
            self._instead[place] = held
        return found

    def _reader(self, of: Manifest) -> remaking.ReadChunk:
        """Return what reads chunks of files that are held. Raises `Missing` where one isn't."""
        wanted = {chunk.digest for chunk in of.chunk_table}
        places = seeds.find_seeds(wanted, self._store, [lambda: of])
        if absent := wanted - places.keys():
            raise Missing(f"{len(absent)} chunks aren't here")

        def read(chunk: Chunk) -> bytes:
            data = seeds.read_seed(places[chunk.digest], chunk.digest, chunk.size)
            if data is None:
                raise Missing(f"the chunk {chunk.digest} has rotted")
            return data

        return read

    def _expect_ours(self, stick: Stick) -> None:
        try:
            foreign = foreign_sticks.is_anothers(self._data_dir, stick)
        except SourceUnavailable as error:
            raise StorageFailed(error.message, hint=error.hint) from error
        if foreign:
            raise Refused(
                f"{stick.root}: {foreign_sticks.SAID}",
                hint=f"Take another stick, or remove the folder {courier.FOLDER} from it.",
            )

    def _there(self, stick: Stick, wanted: Iterable[Wanted]) -> dict[str, int]:
        """Return the sizes of the files on the stick that have the right bytes."""
        found = {}
        for file in wanted:
            path = courier.path_of(file.place)
            try:
                if stick.size(path) == file.size and stick.digest(path) == self._expected.get(
                    file.place
                ):
                    found[file.place] = file.size
            except (InvalidContent, Missing, SourceUnavailable):
                continue  # it is written anew; a stick that is gone says so then
        return found


def _read(path: Path) -> Iterator[bytes]:
    """Yield a file of the store. Raises `Missing` where it has gone or can't be read."""
    try:
        with path.open("rb") as file:
            yield from read_pieces(file)
    except OSError as error:
        raise Missing(f"{path.name}: can't be read: {error.strerror}") from error


def _bounded(path: Path, bytes_max: int) -> bytes:
    with path.open("rb") as file:
        return file.read(bytes_max)


def _name_of(path: Path, data: bytes) -> str:
    """Return what a file of trust/ is called in a repository."""
    if path.name.endswith(".root.json") or path.name == "timestamp.json":
        return path.name
    try:
        return f"{int(json.loads(data)['signed']['version'])}.{path.name}"
    except (ValueError, KeyError, TypeError):
        return ""  # it rotted
