"""Who may say what this node takes: TUF metadata, verified by python-tuf, made durable by us.

`refresh` runs python-tuf's client in a scratch folder of links to what trust/ holds, over a source
of ours. What it verified is then written to trust/, in this order, each file durable:

    new roots (oldest first) → channels → targets → snapshot → timestamp

A cut between any two leaves a mix of old and new files. Every mix is good to start from, because
none of them is believed for being there: python-tuf verifies each against what comes before it in
that chain, drops what doesn't fit, and asks for it anew. What must not be lost is how far versions
had come: an old timestamp on disk only makes the next start ask for what it needs anyhow, and a new
one is written only when all that it stands for is there. Roots are kept even when what follows them
fails: they revoke keys.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from content_packs import durable, offers
from content_packs.digests import digest_of
from content_packs.errors import Missing, SatchelError, Untrusted
from content_packs.limits import METADATA_BYTES_MAX
from content_packs.offers import Offer
from content_packs.repository import TIMESTAMP, metadata_path
from sync_node import trusted_time
from sync_node.limits import (
    METADATA_REQUESTS_MAX,
    ROOT_BYTES_MAX,
    ROOT_ROTATIONS_MAX,
    TIMESTAMP_BYTES_MAX,
)
from sync_node.reading_ahead import ReadingAhead
from sync_node.source import Source
from sync_node.tuf_client import FetcherInterface, Updater, UpdaterConfig

_ROOT = re.compile(r"([1-9][0-9]{0,9})\.root\.json")
_HISTORY = "root_history"
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)  # nothing has expired by then
_CLIENT = UpdaterConfig(
    max_root_rotations=ROOT_ROTATIONS_MAX,
    root_max_length=ROOT_BYTES_MAX,
    timestamp_max_length=TIMESTAMP_BYTES_MAX,
    snapshot_max_length=METADATA_BYTES_MAX,
    targets_max_length=METADATA_BYTES_MAX,
)


class Outdated(Untrusted):
    """Older than what this node has verified before: an old copy, or somebody plays one back."""

    code = "outdated"


@dataclass(frozen=True)
class Verified:
    """What the metadata says: offers by followed channel, and which channels there aren't.

    `expires`: when the first signature in use lapses. `signed_at`: when the timestamp was signed,
    if it says so.
    """

    offers: dict[str, tuple[Offer, ...]]
    absent: tuple[str, ...]
    expires: datetime
    signed_at: datetime | None


class TrustStore:
    """The folder trust/."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def initialise(self, root: bytes) -> None:
        """Trust `root`, the bytes of a root metadata file.

        Raises `Untrusted` if it isn't one that is signed by itself, `StorageFailed`.
        """
        version = check_root(root).version
        durable.write(self._folder / f"{version}.root.json", root)

    @property
    def initialised(self) -> bool:
        """Whether there is a root to trust."""
        return bool(self._roots())

    @property
    def first_root(self) -> bytes:
        """The oldest root held: the one that `initialise` was given."""
        return (self._folder / f"{self._roots()[0]}.root.json").read_bytes()

    @property
    def timestamp(self) -> bytes | None:
        """The timestamp that was verified last."""
        path = self._folder / "timestamp.json"
        return path.read_bytes() if path.is_file() else None

    def refresh(
        self, source: Source, channels: Sequence[str], *, now: datetime, timestamp: bytes | None
    ) -> Verified:
        """Bring the metadata up to what `source` has, and return what it says of `channels`.

        `now` is trusted time; expiry counts only where the source is live. `timestamp` are the
        bytes of the source's timestamp if they were read already. Raises `Untrusted` for anything
        that isn't signed as it has to be, is older than what was seen, or has expired; else what
        the source raises; `StorageFailed`.
        """
        reference = now if source.live else _LONG_AGO
        with (
            durable.storage_errors(self._folder),
            self._scratch() as scratch,
            ThreadPoolExecutor(METADATA_REQUESTS_MAX) as executor,
        ):
            fetcher = _Fetcher(source, timestamp, self._ahead(source, channels, executor))
            if source.live and timestamp not in {None, self.timestamp}:
                fetcher.read_ahead(self._roots()[-1] + 1)
            try:
                with _tuf_errors(source.name):
                    updater = self._updater(scratch, fetcher, reference)
                    updater.refresh()
                    verified = _read(updater, scratch, channels)
            finally:
                self._keep_roots(scratch)
            self._keep(scratch, verified)
        return verified

    def recall(self, channels: Sequence[str]) -> Verified:
        """Return what the metadata on disk says, verified anew, whatever has expired.

        Raises `Untrusted` where it doesn't hang together, `Missing` where there is none yet.
        """
        timestamp = self.timestamp
        if timestamp is None:
            raise Missing(f"{self._folder}: no metadata was verified yet")
        where = str(self._folder)
        with durable.storage_errors(self._folder), self._scratch() as scratch, _tuf_errors(where):
            updater = self._updater(scratch, _Offline(timestamp), _LONG_AGO)
            updater.refresh()
            return _read(updater, scratch, channels)

    def _ahead(
        self, source: Source, channels: Sequence[str], executor: ThreadPoolExecutor
    ) -> ReadingAhead:
        def held(role: str) -> str | None:
            path = self._folder / f"{role}.json"
            return digest_of(path.read_bytes()) if path.is_file() else None

        roles = ["targets", *map(offers.role_of, channels)]
        return ReadingAhead(
            lambda path: _got(source, path),
            executor,
            roles=roles,
            held=held,
            prepare=source.prepare,
        )

    def _roots(self) -> list[int]:
        names = self._folder.iterdir() if self._folder.is_dir() else ()
        found = (_ROOT.fullmatch(path.name) for path in names)
        return sorted(int(match[1]) for match in found if match)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """Yield a folder with links to our files: the client replaces names, not what they name."""
        with tempfile.TemporaryDirectory(prefix="sync-node-") as name:
            scratch = Path(name)
            (scratch / _HISTORY).mkdir()
            for path in self._folder.resolve().iterdir():
                if path.suffix == ".json":
                    home = scratch / _HISTORY if _ROOT.fullmatch(path.name) else scratch
                    (home / path.name).symlink_to(path)
            yield scratch

    def _updater(self, scratch: Path, fetcher: FetcherInterface, reference: datetime) -> Updater:
        updater = Updater(
            str(scratch),
            metadata_base_url=metadata_path(""),
            fetcher=fetcher,
            config=_CLIENT,
            bootstrap=self._bootstrap(),
        )
        # python-tuf 7.0.1 has no public way to say what time it is (DECISIONS.md, 3). A test fails
        # if this stops working.
        updater._trusted_set.reference_time = reference  # noqa: SLF001
        return updater

    def _bootstrap(self) -> bytes:
        """Return the newest root that is intact; a rotten one is fetched again."""
        for version in reversed(self._roots()):
            data = (self._folder / f"{version}.root.json").read_bytes()
            try:
                check_root(data)
            except Untrusted:
                continue
            return data
        raise Untrusted(
            f"{self._folder}: no intact root to trust",
            hint="Run `sync-node init` again with the hub's root.",
        )

    def _keep_roots(self, scratch: Path) -> None:
        """Make the roots that were verified durable, the oldest first."""
        held = set(self._roots())
        found = sorted(
            (int(match[1]), path)
            for path in (scratch / _HISTORY).iterdir()
            if (match := _ROOT.fullmatch(path.name)) and not path.is_symlink()
        )
        for version, path in found:
            data = path.read_bytes()
            ours = self._folder / path.name
            if version not in held or ours.read_bytes() != data:
                durable.write(ours, data)

    def _keep(self, scratch: Path, verified: Verified) -> None:
        """Make what was verified durable, what others rest on first."""
        channels = [offers.role_of(channel) for channel in sorted(verified.offers)]
        for role in (*channels, "targets", "snapshot", "timestamp"):
            path = scratch / f"{role}.json"
            if not path.is_symlink():
                durable.write(self._folder / path.name, path.read_bytes())


def check_root(data: bytes, *, what: str = "root") -> Root:
    """Return the root in `data`, signed by itself; `what` names it. Raises `Untrusted`."""
    hint = "Take the file N.root.json that the hub's operator gives out."
    if len(data) > ROOT_BYTES_MAX:
        raise Untrusted(
            f"{what}: more than {ROOT_BYTES_MAX} bytes, too large for a root", hint=hint
        )
    try:
        metadata = Metadata[Root].from_bytes(data)
        if not isinstance(metadata.signed, Root):
            raise Untrusted(f"{what}: is {metadata.signed.type} metadata, expected root", hint=hint)
        metadata.signed.verify_delegate(Root.type, metadata.signed_bytes, metadata.signatures)
    except (tuf_errors.RepositoryError, ValueError) as error:
        raise Untrusted(f"{what}: is no root of trust: {error}", hint=hint) from error
    return metadata.signed


def _read(updater: Updater, scratch: Path, channels: Sequence[str]) -> Verified:
    """Return what the verified metadata says of `channels`."""
    timestamp = Metadata[Timestamp].from_file(str(scratch / "timestamp.json")).signed
    snapshot = Metadata[Snapshot].from_file(str(scratch / "snapshot.json")).signed
    targets = Metadata[Targets].from_file(str(scratch / "targets.json")).signed
    roles = targets.delegations.roles if targets.delegations else None
    expires = [timestamp.expires, snapshot.expires, targets.expires]
    found: dict[str, tuple[Offer, ...]] = {}
    absent = []
    for channel in channels:
        role = offers.role_of(channel)
        if not roles or role not in roles:
            absent.append(channel)
            continue
        # This loads and verifies the channel's role, though there is no such target.
        updater.get_targetinfo(f"{channel}/-/0")
        signed = _channel(scratch / f"{role}.json", role, targets, snapshot)
        expires.append(signed.expires)
        found[channel] = _offers(channel, signed)
    return Verified(
        found,
        tuple(absent),
        min(expires),
        trusted_time.signed_time(timestamp.unrecognized_fields),
    )


def _channel(path: Path, role: str, targets: Targets, snapshot: Snapshot) -> Targets:
    """Return a channel's metadata, verified once more.

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


@contextmanager
def _tuf_errors(where: str) -> Iterator[None]:
    """Turn python-tuf's errors into ours, in words that say what to do."""
    try:
        yield
    except tuf_errors.DownloadError as error:
        cause = error.__cause__
        if isinstance(cause, Missing):
            hint = "It is incomplete, or not a repository at all."
            raise Missing(cause.message, hint=hint) from error
        if isinstance(cause, SatchelError):
            raise cause from error
        raise Untrusted(f"{where}: {error}") from error
    except tuf_errors.BadVersionNumberError as error:
        raise Outdated(
            f"{where}: {error}",
            hint="It is older than what this box has seen, or a mix. Nothing of it was used.",
        ) from error
    except tuf_errors.ExpiredMetadataError as error:
        raise Untrusted(
            f"{where}: {error}",
            hint="The hub hasn't renewed its signatures, somebody holds back newer ones, or this "
            "box's clock is wrong.",
        ) from error
    except (tuf_errors.RepositoryError, ValueError, KeyError) as error:
        raise Untrusted(
            f"{where}: {error}",
            hint="Nothing of it was used. Check that this is the hub whose root you trust.",
        ) from error
