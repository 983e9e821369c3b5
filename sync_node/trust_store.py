"""Who may say what this node takes: TUF metadata, verified by python-tuf, made durable by us.

How a refresh goes, and why a cut at any moment is harmless, stands in `metadata_folder`. Here is
what a node wants of it: what the channels that it follows offer, the hub's keys, the status list.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Snapshot, TargetFile, Targets, Timestamp

from content_packs import durable, hub_keys, offers
from content_packs.digests import digest_of
from content_packs.errors import Missing, Untrusted
from content_packs.hub_keys import STATUS_ROLE, STATUS_TARGET, HubKeys
from content_packs.limits import METADATA_BYTES_MAX
from content_packs.offers import Offer
from content_packs.repository import TIMESTAMP
from content_packs.values import Value
from sync_node import signed_times, trusted_time
from sync_node.limits import METADATA_REQUESTS_MAX
from sync_node.metadata_folder import LONG_AGO, Expired, MetadataFolder, Outdated, check_root
from sync_node.reading_ahead import ReadingAhead
from sync_node.source import Source
from sync_node.trusted_time import Said
from sync_node.tuf_client import FetcherInterface, Updater

__all__ = ["Expired", "Outdated", "TrustStore", "Verified", "check_root"]


class Verified(Value, frozen=True):
    """What the metadata says: offers by followed channel, and which channels there aren't.

    `expires`: when the first signature in use lapses. `signed_at`: when the timestamp was signed,
    if it says so. `hub_keys`: the hub's further keys. `status`: the list of revoked nodes by
    length and hash, None where the hub has none yet.
    """

    offers: dict[str, tuple[Offer, ...]]
    absent: tuple[str, ...]
    expires: datetime
    signed_at: datetime | None
    hub_keys: HubKeys
    status: TargetFile | None

    @property
    def status_list(self) -> tuple[str, int] | None:
        """Digest and length of the list of revoked nodes, None where the hub has none yet."""
        digest = self.status.hashes.get("sha256") if self.status else None
        return (digest, self.status.length) if self.status and digest else None


class TrustStore:
    """The folder trust/."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._metadata = MetadataFolder(folder)

    def initialise(self, root: bytes) -> None:
        """Trust `root`, the bytes of a root metadata file.

        Raises `Untrusted` if it isn't one that is signed by itself, `StorageFailed`.
        """
        self._metadata.initialise(root)

    @property
    def initialised(self) -> bool:
        """Whether there is a root to trust."""
        return bool(self._metadata.roots())

    @property
    def first_root(self) -> bytes:
        """The oldest root held: the one that `initialise` was given."""
        return self._metadata.root_path(self._metadata.roots()[0]).read_bytes()

    @property
    def timestamp(self) -> bytes | None:
        """The timestamp that was verified last."""
        return self._metadata.read("timestamp")

    def said(self, timestamp: bytes | None) -> Said | None:
        """Return when a timestamp says that it was signed, if the newest root's key signed it."""
        with durable.storage_errors(self.folder):
            return signed_times.said_by(self._metadata, timestamp)

    def refresh(
        self, source: Source, channels: Sequence[str], *, now: datetime, timestamp: bytes | None
    ) -> Verified:
        """Bring the metadata up to what `source` has, and return what it says of `channels`.

        `now` is trusted time; expiry counts only where the source is live. `timestamp` are the
        bytes of the source's timestamp if they were read already. Raises `Untrusted` for anything
        that isn't signed as it has to be, is older than what was seen, or has expired; else what
        the source raises; `StorageFailed`.
        """
        reference = now if source.live else LONG_AGO
        with (
            durable.storage_errors(self.folder),
            ThreadPoolExecutor(METADATA_REQUESTS_MAX) as executor,
        ):
            fetcher = _Fetcher(source, timestamp, self._ahead(source, channels, executor))
            if source.live and timestamp not in {None, self.timestamp}:
                fetcher.read_ahead(self._metadata.roots()[-1] + 1)
            with self._metadata.updating(fetcher, now=reference, where=source.name) as (
                updater,
                scratch,
            ):
                return _read(updater, scratch, channels)

    def hub_keys_at(self, source: Source, timestamp: bytes | None) -> HubKeys:
        """Return the hub's further keys as `source` names them, whatever has expired.

        Verified as in `refresh`; nothing is kept. Raises as `refresh`.
        """
        with (
            durable.storage_errors(self.folder),
            ThreadPoolExecutor(METADATA_REQUESTS_MAX) as executor,
        ):
            fetcher = _Fetcher(source, timestamp, self._ahead(source, (), executor))
            with self._metadata.reading(fetcher, where=source.name) as (updater, scratch):
                return _read(updater, scratch, ()).hub_keys

    def recall(self, channels: Sequence[str]) -> Verified:
        """Return what the metadata on disk says, verified anew, whatever has expired.

        Raises `Untrusted` where it doesn't hang together, `Missing` where there is none yet.
        """
        timestamp = self.timestamp
        if timestamp is None:
            raise Missing(f"{self.folder}: no metadata was verified yet")
        offline = _Offline(timestamp)
        with self._metadata.reading(offline, where=str(self.folder)) as (updater, scratch):
            return _read(updater, scratch, channels)

    def _ahead(
        self, source: Source, channels: Sequence[str], executor: ThreadPoolExecutor
    ) -> ReadingAhead:
        def held(role: str) -> str | None:
            data = self._metadata.read(role)
            return None if data is None else digest_of(data)

        roles = ["targets", STATUS_ROLE, *map(offers.role_of, channels)]
        return ReadingAhead(
            lambda path: _got(source, path),
            executor,
            roles=roles,
            held=held,
            prepare=source.prepare,
        )


def _read(updater: Updater, scratch: Path, channels: Sequence[str]) -> Verified:
    """Return what the verified metadata says of `channels`."""
    updater.refresh()
    timestamp = Metadata[Timestamp].from_file(str(scratch / "timestamp.json")).signed
    snapshot = Metadata[Snapshot].from_file(str(scratch / "snapshot.json")).signed
    targets = Metadata[Targets].from_file(str(scratch / "targets.json")).signed
    roles = targets.delegations.roles if targets.delegations else None
    expires = [timestamp.expires, snapshot.expires, targets.expires]
    status = None
    if roles and STATUS_ROLE in roles:
        updater.get_targetinfo(STATUS_TARGET)
        listed = _delegated(scratch / f"{STATUS_ROLE}.json", STATUS_ROLE, targets, snapshot)
        expires.append(listed.expires)
        status = listed.targets.get(STATUS_TARGET)
    found: dict[str, tuple[Offer, ...]] = {}
    absent = []
    for channel in channels:
        role = offers.role_of(channel)
        if not roles or role not in roles:
            absent.append(channel)
            continue
        # This loads and verifies the channel's role, though there is no such target.
        updater.get_targetinfo(f"{channel}/-/0")
        signed = _delegated(scratch / f"{role}.json", role, targets, snapshot)
        expires.append(signed.expires)
        found[channel] = _offers(channel, signed)
    return Verified(
        found,
        tuple(absent),
        min(expires),
        trusted_time.signed_time(timestamp.unrecognized_fields),
        hub_keys.read(targets.unrecognized_fields),
        status,
    )


def _delegated(path: Path, role: str, targets: Targets, snapshot: Snapshot) -> Targets:
    """Return a delegated role's metadata, verified once more.

    A delegation in front of it may have kept the client from it: then the file here is an old one.
    """
    if not path.exists():
        raise tuf_errors.RepositoryError(f"{role} is delegated, but another role takes its targets")
    data = path.read_bytes()
    metadata = Metadata[Targets].from_bytes(data)
    targets.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    named = snapshot.meta[f"{role}.json"]
    named.verify_length_and_hashes(data)
    if metadata.signed.version != named.version:
        raise tuf_errors.BadVersionNumberError(
            f"{role} has version {metadata.signed.version}, expected {named.version}"
        )
    return metadata.signed


def _offers(channel: str, signed: Targets) -> tuple[Offer, ...]:
    found = []
    for name, target in sorted(signed.targets.items()):
        offer = offers.from_target(channel, name, target.custom)
        if offer.manifest_stored != target.length:
            raise Untrusted(f"channel {channel}: {name}: two lengths for its manifest")
        found.append(offer)
    return tuple(found)


class _Fetcher(FetcherInterface):
    """Gives python-tuf the bytes of a source; keeps our own errors for `_tuf_errors`."""

    def __init__(self, source: Source, timestamp: bytes | None, ahead: ReadingAhead) -> None:
        self._source = source
        self._timestamp = timestamp
        self._ahead = ahead

    def read_ahead(self, next_root: int) -> None:
        """Ask for what will be wanted side by side."""
        self._ahead.begin(self._timestamp or b"", next_root)

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url == TIMESTAMP and self._timestamp is not None:
            return iter([self._timestamp])
        try:
            body = self._ahead.taken(url)
            return iter([_got(self._source, url) if body is None else body])
        except Missing as error:
            raise tuf_errors.DownloadHTTPError(error.message, 404) from error


def _got(source: Source, path: str) -> bytes:
    return source.get(path, bytes_max=METADATA_BYTES_MAX).body or b""


class _Offline(FetcherInterface):
    """Has nothing but the timestamp that was verified last."""

    def __init__(self, timestamp: bytes) -> None:
        self._timestamp = timestamp

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url == TIMESTAMP:
            return iter([self._timestamp])
        raise tuf_errors.DownloadHTTPError(f"{url} isn't here", 404)
