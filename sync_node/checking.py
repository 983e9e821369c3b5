"""`sync-node check`: every byte in the store re-hashed, and what is derived made to agree with it.

What rotted is taken out of the store, so that the next sync fetches again what is wrong of it;
lessons that needed it go back to their previous version or are closed until then. Nothing that is
intact is touched.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from content_packs import durable
from content_packs.errors import InvalidContent, Missing, SatchelError, StorageFailed, Untrusted
from content_packs.limits import COPY_BUFFER_BYTES
from sync_node import activator, choices, identity, mending, rebuilding, state
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.held_manifests import HeldManifests
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
    choices: str = ""
    identity: str = ""
    rebuilt: bool = False

    @property
    def clean(self) -> bool:
        """Whether all was as it should be."""
        content = self.rotten or self.manifests or self.lessons
        papers = self.metadata or self.choices or self.identity
        return not (content or papers or self.rebuilt)


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
        lost = _check_manifests(data_dir, findings)
        findings.lessons = mending.give_up(data_dir, store, findings.rotten, lost)
        if not findings.clean:
            state.remember_settled("")
        state.remember_scrubbed("", now)
    _check_trust(data_dir, config, findings)
    _check_choices(data_dir, findings)
    _check_identity(data_dir, findings)
    return findings


def is_rotten(path: Path, digest: str, *, read: Callable[[int], None] = lambda _: None) -> bool:
    """Say whether a file of the store isn't what its name says, or can't be read.

    It is read from the disk itself, not from what the system remembers of it, and condemned only if
    a second look agrees. `read` is called with the bytes of each piece. Raises `FileNotFoundError`.
    """
    return not _is_right(path, digest, read) and not _is_right(path, digest, read)


def _is_right(path: Path, digest: str, read: Callable[[int], None]) -> bool:
    if path.is_symlink() or not path.is_file():
        path.lstat()
        return False
    hasher = sha256()
    try:
        for piece in _from_the_disk(path):
            hasher.update(piece)
            read(len(piece))
    except FileNotFoundError:
        raise
    except OSError:
        return False  # a sector that can't be read is rot, too
    return hasher.hexdigest() == digest


def _from_the_disk(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := file.read(COPY_BUFFER_BYTES):
            yield piece


def _check_store(store: Store, findings: Findings, progress: Callable[[int, int], None]) -> None:
    sizes = {}
    for digest in store:
        with durable.storage_errors(store.path(digest)):
            sizes[digest] = store.path(digest).lstat().st_size
    total = sum(sizes.values())
    for digest, size in sizes.items():
        if is_rotten(store.path(digest), digest):
            findings.rotten.append(digest)
        findings.files += 1
        findings.size += size
        progress(findings.size, total)


def _check_manifests(data_dir: DataDir, findings: Findings) -> list[str]:
    """Return the digests of the manifests that aren't intact."""
    held = HeldManifests(data_dir)
    lost = []
    for (pack, version), digest in activator.held_versions().items():
        try:
            held.get(digest)
        except SatchelError:
            lost.append(digest)
            findings.manifests.append(f"{pack} {version}")
    return lost


def _check_trust(data_dir: DataDir, config: Config, findings: Findings) -> None:
    try:
        TrustStore(data_dir.trust).recall(config.channels)
    except Missing:
        return  # nothing was verified yet
    except (Untrusted, StorageFailed) as error:
        findings.metadata = error.message


def _check_choices(data_dir: DataDir, findings: Findings) -> None:
    try:
        choices.read(data_dir)
    except InvalidContent as error:
        findings.choices = error.message


def _check_identity(data_dir: DataDir, findings: Findings) -> None:
    for each in (identity.current, identity.claiming):
        try:
            each(data_dir)
        except (InvalidContent, StorageFailed) as error:
            findings.identity = error.message
