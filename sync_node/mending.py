"""What is done about files that rotted: the lessons that need them first, then the files.

In one transaction the lessons go back to their previous version, or close, and what is to be taken
out of the store is written down; then it is taken out. A cut in between is gone on from before the
next tick, so that nothing that rotted is ever activated.

A file of several chunks becomes a part under incoming/: its chunks that are right are found there,
and only the others are fetched again. One with sectors that can't be read is copied, as far as it
can be read: writing over a part of such a sector would fail, too.
"""

import os
from collections.abc import Iterable

from content_packs import durable
from content_packs.errors import SatchelError
from content_packs.manifest import File, Manifest
from sync_node import state
from sync_node.activator import held_versions, reconcile
from sync_node.data_dir import DataDir
from sync_node.held_manifests import HeldManifests
from sync_node.limits import MENDED_TOGETHER_MAX
from sync_node.models import VersionRow, database_proxy
from sync_node.salvaging import can_be_read, salvage
from sync_node.store import Store


def give_up(
    data_dir: DataDir, store: Store, rotten: Iterable[str], manifests: Iterable[str] = ()
) -> list[str]:
    """Take rotten files and manifests, by digest, out of use; return what changed, in words.

    A lesson that lacks a file for another reason is treated alike. node.db is open, the engine's
    lock is held. Raises `StorageFailed`; what wasn't done then is done by `finish`.
    """
    words: list[str] = []
    given_up = sorted(rotten)
    lost = set(manifests)
    with database_proxy.atomic("IMMEDIATE"):
        for digest in lost:
            VersionRow.delete().where(VersionRow.manifest == digest).execute()
    # In shares, since each is one row; all of it is out of use from the first on.
    for first in range(0, max(len(given_up), 1), MENDED_TOGETHER_MAX):
        share = given_up[first : first + MENDED_TOGETHER_MAX]
        with database_proxy.atomic("IMMEDIATE"):
            held = frozenset(store) - frozenset(given_up)
            words += reconcile(_Loader(data_dir), held)
            state.remember_rotten(share)
            if share or lost or words:
                state.remember_settled("")
        finish(data_dir, store)
    for digest in lost:
        durable.remove(data_dir.manifest_path(digest))
    return words


def finish(data_dir: DataDir, store: Store | None = None) -> None:
    """Take out of the store what was given up, if there is something. Raises `StorageFailed`."""
    rotten = state.rotten()
    if not rotten:
        return
    store = store or Store(data_dir)
    files = _files(data_dir, set(rotten))
    for digest in rotten:
        _take_out(data_dir, store, digest, files.get(digest))
    state.remember_rotten(())


class _Loader:
    """Loads the manifest of a version; None where it isn't here or isn't what it was."""

    def __init__(self, data_dir: DataDir) -> None:
        self._held = HeldManifests(data_dir)
        self._digests = held_versions()

    def __call__(self, pack: str, version: int) -> Manifest | None:
        digest = self._digests.get((pack, version))
        try:
            return self._held.get(digest).manifest if digest else None
        except SatchelError:
            return None


def _files(data_dir: DataDir, wanted: set[str]) -> dict[str, File]:
    """Return what the manifests say of files, by digest."""
    found: dict[str, File] = {}
    load = _Loader(data_dir)
    for pack, version in held_versions():
        manifest = load(pack, version)
        for file in manifest.files if manifest else ():
            if file.digest in wanted:
                found.setdefault(file.digest, file)
    return found


def _take_out(data_dir: DataDir, store: Store, digest: str, file: File | None) -> None:
    path = store.path(digest)
    with durable.storage_errors(path):
        if file and file.chunks and path.is_file() and not path.is_symlink():
            part = data_dir.part_path(digest)
            path.chmod(0o644)
            if path.stat().st_size > file.size:
                os.truncate(path, file.size)
            if can_be_read(path):
                durable.rename(path, part)
            else:
                salvage(path, part)
    store.remove(digest)
