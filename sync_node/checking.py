"""`sync-node check`: every byte in the store re-hashed, and what is derived made to agree with it.

What rotted is removed, so that the next sync fetches it again; lessons that needed it go back to
their previous version or are closed until then. Nothing that is intact is touched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from content_packs import durable
from content_packs.digests import digest_of_file
from content_packs.errors import Missing, SatchelError, StorageFailed, Untrusted
from content_packs.manifest import Manifest
from sync_node import activator, rebuilding, state
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.held_manifests import HeldManifests
from sync_node.models import VersionRow, database_proxy
from sync_node.store import Store
from sync_node.trust_store import TrustStore


@dataclass
class Findings:
    """What a check found and did. `files` were looked at, `size` bytes in all."""

    files: int = 0
    size: int = 0
    rotten: list[str] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
    lessons: list[str] = field(default_factory=list)
    metadata: str = ""
    rebuilt: bool = False

    @property
    def clean(self) -> bool:
        """Whether all was as it should be."""
        return not (self.rotten or self.manifests or self.lessons or self.metadata or self.rebuilt)


def check(
    data_dir: DataDir,
    config: Config,
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Findings:
    """Check everything on disk and mend what can be mended. Needs the engine's lock.

    `progress` gets bytes done and bytes in all. Raises `StorageFailed`.
    """
    data_dir.make()
    with rebuilding.opened(data_dir, config, now=now) as rebuilt, database_errors(data_dir):
        findings = Findings(rebuilt=rebuilt)
        store = Store(data_dir)
        _check_store(store, findings, progress)
        manifests = _check_manifests(data_dir, findings)
        with database_proxy.atomic("IMMEDIATE"):
            findings.lessons = activator.reconcile(manifests, store)
            if not findings.clean:
                state.remember_settled("")
    _check_trust(data_dir, config, findings)
    return findings


def _check_store(store: Store, findings: Findings, progress: Callable[[int, int], None]) -> None:
    sizes = {}
    for digest in store:
        with durable.storage_errors(store.path(digest)):
            sizes[digest] = store.path(digest).lstat().st_size
    total = sum(sizes.values())
    for digest, size in sizes.items():
        if not _is_intact(store, digest):
            store.remove(digest)
            findings.rotten.append(digest)
        findings.files += 1
        findings.size += size
        progress(findings.size, total)


def _is_intact(store: Store, digest: str) -> bool:
    path = store.path(digest)
    try:
        return not path.is_symlink() and path.is_file() and digest_of_file(path) == digest
    except OSError:
        return False  # a sector that can't be read is rot, too


def _check_manifests(data_dir: DataDir, findings: Findings) -> dict[tuple[str, int], Manifest]:
    """Return the manifests that are intact; forget the others."""
    held = HeldManifests(data_dir)
    intact = {}
    for (pack, version), digest in activator.held_versions().items():
        try:
            intact[pack, version] = held.get(digest).manifest
        except SatchelError:
            VersionRow.delete().where(VersionRow.manifest == digest).execute()
            durable.remove(data_dir.manifest_path(digest))
            findings.manifests.append(f"{pack} {version}")
    return intact


def _check_trust(data_dir: DataDir, config: Config, findings: Findings) -> None:
    try:
        TrustStore(data_dir.trust).recall(config.channels)
    except Missing:
        return  # nothing was verified yet
    except (Untrusted, StorageFailed) as error:
        findings.metadata = error.message
