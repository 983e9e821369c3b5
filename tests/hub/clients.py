"""What a node sees of a repository: python-tuf's client, over a folder, at a time of our choice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, Targets
from tuf.ngclient import FetcherInterface, Updater

from content_packs import layout, manifest, offers, repository
from content_packs.bundle import BlockReader
from content_packs.digests import digest_of
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from hub.data_dir import DataDir

START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


@dataclass
class MovableClock:
    """A clock that goes on when a test says so."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class FolderFetcher(FetcherInterface):
    """Gives a client the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("folder:///")
        if not path.is_file():
            raise DownloadHTTPError(f"{path} is not there", 404)
        yield path.read_bytes()


@dataclass
class Client:
    """A node's view of a hub's repository; it remembers what it has seen, and never goes back."""

    repository: Path
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
            fetcher=FolderFetcher(self.repository),
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
        stored = (self.repository / place).read_bytes()
        assert len(stored) == offer.layout_stored
        laid_out = layout.unpack(stored, found, offer.manifest)
        assert digest_of(layout.encode(laid_out)) == offer.layout
        bundles = self.repository / "bundles"
        reader = BlockReader(
            found, laid_out, lambda digest: (bundles / f"{digest}.bundle").open("rb")
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

    def _manifest(self, offer: Offer) -> Manifest:
        found = manifest.unpack(self._stored_manifest(offer))
        assert manifest.digest(found) == offer.manifest
        return found

    def _stored_manifest(self, offer: Offer) -> bytes:
        place = repository.manifest_path(offer.pack, offer.manifest)
        stored = (self.repository / place).read_bytes()
        assert len(stored) == offer.manifest_stored
        return stored


def client_of(root: Path, memory: Path, *, now: datetime = START) -> Client:
    """Return a new client of the hub in the data directory `root`."""
    data = DataDir(root)
    return Client(data.repository, memory, (data.metadata / "1.root.json").read_bytes(), now)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
