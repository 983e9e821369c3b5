"""Making room: what nothing refers to goes at once, retired packs when space is needed.

Kept are all files of the versions that a lesson is at or would be rolled back to, that are offered,
or that a person holds; and what came of the newest version of a retired pack: where the hub, or a
desired state, wants that pack again, it goes on from there. Rows go before files: a cut in between
leaves files that the next tidying finds.
"""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import durable
from sync_node.activator import held_versions, versions_in_use
from sync_node.data_dir import DataDir
from sync_node.documents import Documents
from sync_node.following import decode_offer
from sync_node.models import PackRow, VersionRow, database_proxy
from sync_node.store import Store


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
        if row.retired:
            kept.add((pack, max((version for of, version in versions if of == pack), default=0)))
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
    """Remove the files of a folder but those with these names.

    What is gone by itself was another process', that tried whether the disk can be written.
    """
    with durable.storage_errors(folder):
        for path in sorted(folder.iterdir()):
            if path.name not in names and path.is_file():
                with contextlib.suppress(FileNotFoundError):
                    size = path.stat().st_size
                    path.unlink()
                    freed.add(size)
