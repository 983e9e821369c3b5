"""Making room: what nothing refers to goes at once, retired packs when space is needed.

Kept are all files of the versions that a lesson is at or would be rolled back to, that are offered,
or that a person holds. Rows go before files: a cut in between leaves files that the next tidying
finds.
"""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.activator import held_versions, versions_in_use
from sync_node.data_dir import DataDir
from sync_node.documents import Documents
from sync_node.following import decode_offer
from sync_node.limits import DISK_RESERVE_BYTES
from sync_node.models import PackRow, VersionRow, database_proxy
from sync_node.store import Store

_TROUBLES = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read-only",
    errno.ENOENT: "unreadable",
    errno.EACCES: "",
    errno.EPERM: "",
}


@dataclass
class Freed:
    """What was removed: files, the bytes that they took, and what it was, in words."""

    files: int = 0
    size: int = 0
    words: list[str] = field(default_factory=list)

    def add(self, size: int) -> None:
        """Count one more file."""
        self.files += 1
        self.size += size


def disk_free(folder: Path) -> int:
    """Return the bytes that are free for us on the disk of `folder`."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def disk_trouble(data_dir: DataDir) -> str:
    """Return what is wrong with a node's disk, "" for nothing. Writes a byte, and removes it.

    `full`: half of the reserve is gone that is kept for databases and logs. `read-only`: as a card
    turns that fails. `failing`: it can't be written for another reason. `unreadable`: it is gone.
    Where this user may not write, whoever runs the engine may, and nothing is said.
    """
    try:
        if disk_free(data_dir.root) < DISK_RESERVE_BYTES // 2:
            return "full"
        durable.check_writable(data_dir.incoming)
    except OSError:
        return "unreadable"
    except StorageFailed as error:
        cause = error.__cause__
        number = cause.errno if isinstance(cause, OSError) else None
        return _TROUBLES.get(number or 0, "failing")
    return ""


def tidy(data_dir: DataDir, store: Store, documents: Documents) -> Freed:
    """Remove what nothing refers to. Raises `StorageFailed`, `Missing`, `InvalidContent`.

    Nothing is removed unless every manifest that is kept can be read: what it refers to isn't known
    otherwise.
    """
    versions = held_versions()
    offers = {row.pack: row for row in PackRow.select()}
    kept = versions_in_use()
    for pack, row in offers.items():
        kept |= {(pack, row.offered_version), (pack, row.held_version)}
    referenced: set[str] = set()
    for key in kept & versions.keys():
        manifest = documents.held_manifest(versions[key])
        referenced.update(file.digest for file in manifest.files)
    with database_proxy.atomic("IMMEDIATE"):
        for pack, version in versions.keys() - kept:
            VersionRow.delete().where(
                (VersionRow.pack == pack) & (VersionRow.version == version)
            ).execute()
    freed = Freed()
    for digest in store:
        if digest not in referenced:
            freed.add(store.remove(digest))
    documents_kept = {versions[key] for key in kept & versions.keys()}
    _keep_only(data_dir.manifests, {f"{digest}.json" for digest in documents_kept}, freed)
    layouts = {decode_offer(row.offer).layout for row in offers.values() if row.offer}
    _keep_only(data_dir.layouts, {f"{digest}.json" for digest in layouts}, freed)
    parts = {data_dir.part_path(digest).name for digest in referenced if digest not in store}
    _keep_only(data_dir.incoming, parts, freed)
    return freed


def _keep_only(folder: Path, names: set[str], freed: Freed) -> None:
    with durable.storage_errors(folder):
        for path in sorted(folder.iterdir()):
            if path.name not in names and path.is_file():
                size = path.stat().st_size
                path.unlink()
                freed.add(size)
