"""Local bytes that spare a fetch: chunks inside files of this node, whichever pack brought them."""

import os
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypeAlias

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing
from content_packs.manifest import File, Manifest
from sync_node.store import Store

Place: TypeAlias = tuple[Path, int]  # a file, and the offset of a chunk in it


def find_seeds(
    missing: AbstractSet[str], store: Store, manifests: Iterable[Callable[[], Manifest]]
) -> dict[str, Place]:
    """Return where missing chunks lie, in files of the store or in files that are being made.

    `manifests` load what is known, one at a time, so that memory stays bounded. What lies at a
    place is still to be checked: `read_seed`.
    """
    found: dict[str, Place] = {
        digest: (store.path(digest), 0) for digest in missing if digest in store
    }
    being_made = store.being_made()
    for load in manifests:
        if len(found) == len(missing):
            break
        try:
            files = load().files
        except (Missing, InvalidContent):
            continue  # a manifest that rotted: `check` finds it
        for file in files:
            if file.chunks and file.digest in store:
                _look_into(file, store.path(file.digest), missing, found)
            elif file.chunks and file.digest in being_made:
                there = missing & store.likely_chunks(file)
                _look_into(file, store.part_path(file.digest), there, found)
    return found


def _look_into(file: File, path: Path, missing: AbstractSet[str], found: dict[str, Place]) -> None:
    at = 0
    for chunk in file.chunks:
        if chunk.digest in missing:
            found.setdefault(chunk.digest, (path, at))
        at += chunk.size


def read_seed(place: Place, digest: str, size: int) -> bytes | None:
    """Return the bytes of a chunk that lies at `place`, None if it isn't there any more."""
    path, offset = place
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            data = os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)
    except OSError:
        return None  # gone, or a sector that can't be read: `check` finds it
    return data if len(data) == size and digest_of(data) == digest else None
