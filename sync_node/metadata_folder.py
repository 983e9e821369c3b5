"""Signed metadata in a folder: brought up to date by python-tuf's client, made durable by us.

`updating` runs the client in a scratch folder of links to what the folder holds. What it verified
is then written to the folder, in this order, each file durable:

    new roots (oldest first) → delegated roles → targets → snapshot → timestamp

A cut between any two leaves a mix of old and new files. Every mix is good to start from, because
none of them is believed for being there: python-tuf verifies each against what comes before it in
that chain, drops what doesn't fit, and asks for it anew. What must not be lost is how far versions
had come: an old timestamp on disk only makes the next start ask for what it needs anyhow, and a new
one is written only when all that it stands for is there. Roots are kept even when what follows them
fails: they revoke keys.

Names and channels are none of this module's business: `trust_store` is a node's, and
`scripts/conformance/tuf-client` runs TUF's public conformance suite over the same code.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Root

from content_packs import durable
from content_packs.errors import Missing, SatchelError, Untrusted
from content_packs.limits import METADATA_BYTES_MAX
from content_packs.repository import metadata_path
from sync_node.limits import ROOT_BYTES_MAX, ROOT_ROTATIONS_MAX, TIMESTAMP_BYTES_MAX
from sync_node.tuf_client import FetcherInterface, Updater, UpdaterConfig

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)  # nothing has expired by then

_ROOT = re.compile(r"([1-9][0-9]{0,9})\.root\.json")
_HISTORY = "root_history"
_CHAIN = ("targets", "snapshot", "timestamp")  # what others rest on first; before them, the others
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


class Expired(Untrusted):
    """The signatures lapsed by trusted time: a source is behind, or holds back news."""


class Updating(NamedTuple):
    """The client at work, and the folder that it keeps what it verified in."""

    updater: Updater
    scratch: Path


class MetadataFolder:
    """The metadata in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def initialise(self, root: bytes) -> None:
        """Trust `root`, the bytes of a root metadata file.

        Raises `Untrusted` if it isn't one that is signed by itself, `StorageFailed`.
        """
        version = check_root(root).version
        durable.write(self.root_path(version), root)

    def root_path(self, version: int) -> Path:
        """Return where the root of a version lies."""
        return self.folder / f"{version}.root.json"

    def roots(self) -> list[int]:
        """Return the versions of the roots held, the oldest first."""
        names = self.folder.iterdir() if self.folder.is_dir() else ()
        found = (_ROOT.fullmatch(path.name) for path in names)
        return sorted(int(match[1]) for match in found if match)

    def read(self, role: str) -> bytes | None:
        """Return the metadata of a role other than root, None where there is none."""
        path = self.folder / f"{role}.json"
        return path.read_bytes() if path.is_file() else None

    @contextmanager
    def updating(
        self,
        fetcher: FetcherInterface,
        *,
        now: datetime,
        where: str,
        base_url: str = metadata_path(""),
        piecemeal: bool = False,
    ) -> Iterator[Updating]:
        """Yield the client; make durable what it verified once the block ends well.

        `where` names in errors what is read. `piecemeal`: of a block that fails, what was verified
        before is kept, too, so that a timestamp may stand there without what it names; without it,
        only new roots are. Raises `Untrusted`, `Missing`, what `fetcher` raises, `StorageFailed`.
        """
        with durable.storage_errors(self.folder), self._scratch() as scratch:
            try:
                with _tuf_errors(where):
                    yield Updating(self._updater(scratch, fetcher, now, base_url), scratch)
            except BaseException:
                self._keep_roots(scratch)
                if piecemeal:
                    self._keep(scratch)
                raise
            self._keep_roots(scratch)
            self._keep(scratch)

    @contextmanager
    def reading(self, fetcher: FetcherInterface, *, where: str) -> Iterator[Updating]:
        """Yield the client, to verify what is here whatever has expired; nothing is written.

        Raises `Untrusted`.
        """
        with (
            durable.storage_errors(self.folder),
            self._scratch() as scratch,
            _tuf_errors(where),
        ):
            yield Updating(self._updater(scratch, fetcher, LONG_AGO, metadata_path("")), scratch)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """Yield a folder with links to our files: the client replaces names, not what they name."""
        with tempfile.TemporaryDirectory(prefix="sync-node-") as name:
            scratch = Path(name)
            (scratch / _HISTORY).mkdir()
            for path in self.folder.resolve().iterdir():
                if path.suffix == ".json":
                    home = scratch / _HISTORY if _ROOT.fullmatch(path.name) else scratch
                    (home / path.name).symlink_to(path)
            yield scratch

    def _updater(
        self, scratch: Path, fetcher: FetcherInterface, reference: datetime, base_url: str
    ) -> Updater:
        updater = Updater(
            str(scratch),
            metadata_base_url=base_url,
            fetcher=fetcher,
            config=_CLIENT,
            bootstrap=self.newest_root(),
        )
        # python-tuf 7.0.1 has no public way to say what time it is (DECISIONS.md, 3). A test fails
        # if this stops working.
        updater._trusted_set.reference_time = reference  # noqa: SLF001
        return updater

    def newest_root(self) -> bytes:
        """Return the newest root that is intact; a rotten one is fetched again.

        Raises `Untrusted` where there is none.
        """
        for version in reversed(self.roots()):
            data = self.root_path(version).read_bytes()
            try:
                check_root(data)
            except Untrusted:
                continue
            return data
        raise Untrusted(
            f"{self.folder}: no intact root to trust",
            hint="Run `sync-node init` again with the hub's root.",
        )

    def _keep_roots(self, scratch: Path) -> None:
        """Make the roots that were verified durable, the oldest first."""
        held = set(self.roots())
        found = sorted(
            (int(match[1]), path)
            for path in (scratch / _HISTORY).iterdir()
            if (match := _ROOT.fullmatch(path.name)) and not path.is_symlink()
        )
        for version, path in found:
            data = path.read_bytes()
            ours = self.folder / path.name
            if version not in held or ours.read_bytes() != data:
                durable.write(ours, data)

    def _keep(self, scratch: Path) -> None:
        """Make what was verified durable, what others rest on first."""
        found = [path for path in scratch.glob("*.json") if not path.is_symlink()]
        order = {f"{role}.json": number for number, role in enumerate(_CHAIN, 1)}
        for path in sorted(found, key=lambda path: (order.get(path.name, 0), path.name)):
            durable.write(self.folder / path.name, path.read_bytes())


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
        raise Expired(
            f"{where}: {error}",
            hint="The hub hasn't renewed its signatures, or somebody holds back newer ones. What "
            "is here stays; a stick with the newest edition is taken.",
        ) from error
    except (tuf_errors.RepositoryError, ValueError, KeyError) as error:
        raise Untrusted(
            f"{where}: {error}",
            hint="Nothing of it was used. Check that this is the hub whose root you trust.",
        ) from error
