"""What a node sees of a repository: python-tuf's client, over a folder, at a time of our choice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, Targets
from tuf.ngclient import FetcherInterface, Updater

from content_packs import layout, manifest, offers, repository
from content_packs.bundle import BlockReader
from content_packs.digests import digest_of
from content_packs.errors import Missing
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from hub.config import FOLDER, read_config
from hub.data_dir import DataDir
from hub.hub import Hub
from hub.objects.interface import Objects
from hub.objects.opening import objects_of

START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


@dataclass
class MovableClock:
    """A clock that goes on when a test says so."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class PlaceFetcher(FetcherInterface):
    """Gives a client what lies at a repository's places."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read

    def _fetch(self, url: str) -> Iterator[bytes]:
        place = url.removeprefix("folder:///")
        try:
            yield self._read(place)
        except (OSError, Missing) as error:
            raise DownloadHTTPError(f"{place} is not there", 404) from error


@dataclass
class Client:
    """A node's view of a hub's repository; it remembers what it has seen, and never goes back.

    `repository`: a folder, or the store that a hub has its content in.
    """

    repository: Path | Objects
    memory: Path
    trust_root: bytes
    now: datetime = START
    seen: dict[str, int] = field(default_factory=dict)

    def status(self) -> list[str]:
        """Return the verified targets of the role `status`; raise what python-tuf raises."""
        updater = self._updater()
        updater.refresh()
        updater.get_targetinfo("status/-")
        role = Metadata[Targets].from_file(str(self.memory / "status.json"))
        return sorted(role.signed.targets)

    def offers(self, channel: str = "main") -> list[Offer]:
        """Return the verified offers of a channel; raise what python-tuf raises."""
        updater = self._updater()
        updater.refresh()
        updater.get_targetinfo(f"{channel}/-/0")
        role = Metadata[Targets].from_file(str(self.memory / f"{offers.role_of(channel)}.json"))
        targets = role.signed.targets
        found = [offers.from_target(channel, name, targets[name].custom) for name in targets]
        for offer in found:
            target = targets[offers.target_of(channel, offer)]
            stored = self._stored_manifest(offer)
            assert (target.length, target.hashes["sha256"]) == (len(stored), digest_of(stored))
        return found

    def _updater(self) -> Updater:
        self.memory.mkdir(exist_ok=True)
        updater = Updater(
            str(self.memory),
            "folder:///metadata/",
            fetcher=PlaceFetcher(self._read),
            bootstrap=self.trust_root,
        )
        updater._trusted_set.reference_time = self.now
        return updater

    def versions(self, channel: str = "main") -> dict[str, int]:
        """Return the version that a channel offers of each pack."""
        return {offer.pack: offer.version for offer in self.offers(channel)}

    def files(self, offer: Offer) -> dict[str, bytes]:
        """Fetch an offered version whole, each chunk checked; return its files by path."""
        found = self._manifest(offer)
        place = repository.layout_path(offer.pack, offer.layout)
        stored = self._read(place)
        assert len(stored) == offer.layout_stored
        laid_out = layout.unpack(stored, found, offer.manifest)
        assert digest_of(layout.encode(laid_out)) == offer.layout
        reader = BlockReader(
            found, laid_out, lambda digest: BytesIO(self._read(f"bundles/{digest}.bundle"))
        )
        try:
            return {
                file.path: b"".join(
                    reader.read(found.number_of_chunk[chunk.digest]) for chunk in file.pieces
                )
                for file in found.files
            }
        finally:
            reader.close()

    def _read(self, place: str) -> bytes:
        if isinstance(self.repository, Path):
            return self.repository.joinpath(*place.split("/")).read_bytes()
        return _stored(self.repository, place)

    def _manifest(self, offer: Offer) -> Manifest:
        found = manifest.unpack(self._stored_manifest(offer))
        assert manifest.digest(found) == offer.manifest
        return found

    def _stored_manifest(self, offer: Offer) -> bytes:
        place = repository.manifest_path(offer.pack, offer.manifest)
        stored = self._read(place)
        assert len(stored) == offer.manifest_stored
        return stored


def client_of(root: Path, memory: Path, *, now: datetime = START) -> Client:
    """Return a new client of the hub in the data directory `root`."""
    data = DataDir(root)
    config = read_config(data.config)
    where = data.repository if config.objects == FOLDER else objects_of(data, config)
    return Client(where, memory, (data.metadata / "1.root.json").read_bytes(), now)


def content_of(hub: Hub) -> dict[str, bytes]:
    """Return all that a hub's repository has, by place; with a folder, all that is in it."""
    if hub.config.objects == FOLDER:
        return tree(hub.data.repository)
    return {one.place: _stored(hub.objects, one.place) for one in hub.objects.list()}


def _stored(objects: Objects, place: str) -> bytes:
    """Read it in the store itself, not from the hub's cache."""
    sizes = {one.place: one.size for one in objects.list(place)}
    if place not in sizes:
        raise Missing(f"{place}: not in the store")
    with objects.open(place, 0, sizes[place]) as whole:
        return whole.read()


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
