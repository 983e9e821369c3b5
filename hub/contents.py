"""Reading what the repository holds of published versions: manifests and layouts, checked."""

from pathlib import Path

from content_packs import layout, manifest, repository
from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent
from content_packs.layout import Layout
from content_packs.limits import LAYOUT_STORED_BYTES_MAX, MANIFEST_STORED_BYTES_MAX
from content_packs.manifest import Manifest
from hub.data_dir import DataDir
from hub.errors import Damaged

_HINT = "Restore this file from a backup, or from any copy of the repository."


def read_manifest(data: DataDir, pack: str, digest: str) -> tuple[Manifest, bytes]:
    """Return a published manifest, and its stored form. Raises `Damaged`."""
    path = data.place(repository.manifest_path(pack, digest))
    stored = _read(path, MANIFEST_STORED_BYTES_MAX)
    try:
        found = manifest.unpack(stored, what=str(path))
        expect_digest(manifest.encode(found), digest, what=str(path))
    except InvalidContent as error:
        raise Damaged(error.message, hint=_HINT) from error
    return found, stored


def read_layout(data: DataDir, of: Manifest, digest: str) -> tuple[Layout, bytes]:
    """Return the published layout of a manifest, and its stored form. Raises `Damaged`."""
    path = data.place(repository.layout_path(of.pack, digest))
    stored = _read(path, LAYOUT_STORED_BYTES_MAX)
    try:
        found = layout.unpack(stored, of, manifest.digest(of), what=str(path))
        expect_digest(layout.encode(found), digest, what=str(path))
    except InvalidContent as error:
        raise Damaged(error.message, hint=_HINT) from error
    return found, stored


def check_bundles(data: DataDir, of: Layout) -> None:
    """Raise `Damaged` unless every bundle of a layout is there, with its size."""
    for bundle in of.bundles:
        path = data.place(repository.bundle_path(bundle.digest))
        try:
            size = path.stat().st_size
        except OSError as error:
            raise Damaged(f"{path}: can't be read: {error.strerror}", hint=_HINT) from error
        if size != bundle.size:
            raise Damaged(f"{path}: {size} bytes, expected {bundle.size}", hint=_HINT)


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            stored = file.read(bytes_max + 1)
    except OSError as error:
        raise Damaged(f"{path}: can't be read: {error.strerror}", hint=_HINT) from error
    if len(stored) > bytes_max:
        raise Damaged(f"{path}: more than {bytes_max} bytes", hint=_HINT)
    return stored
