"""Manifests and layouts: fetched once, verified, and kept in the form that their digests name."""

from collections.abc import Callable

import msgspec

from content_packs import durable, layout, manifest
from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent
from content_packs.layout import Layout
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from content_packs.repository import layout_path, manifest_path
from sync_node.data_dir import DataDir
from sync_node.held_manifests import HeldManifests
from sync_node.source import Source
from sync_node.sources import Sources


class Documents:
    """The manifests and layouts that offers name."""

    def __init__(self, data_dir: DataDir, sources: Sources) -> None:
        self._data_dir = data_dir
        self._sources = sources
        self._held = HeldManifests(data_dir)

    def held_manifest(self, digest: str) -> Manifest:
        """Return a manifest that is on disk. Raises `Missing`, `InvalidContent`."""
        return self._held.get(digest).manifest

    def manifest(self, offer: Offer) -> Manifest:
        """Return the manifest of an offer, fetched where it isn't held.

        Raises `InvalidContent` for one that isn't what was offered; what sources raise.
        """
        if self._data_dir.manifest_path(offer.manifest).exists():
            try:
                return self.held_manifest(offer.manifest)
            except InvalidContent:
                durable.remove(self._data_dir.manifest_path(offer.manifest))
        self._sources.first_good(lambda source: self._fetch_manifest(source, offer))
        return self.held_manifest(offer.manifest)

    def layout(self, offer: Offer, of: Manifest) -> Layout:
        """Return the layout of an offer, fetched where it isn't held. Raises as `manifest`."""
        path = self._data_dir.layout_path(offer.layout)
        if path.exists():
            try:
                with durable.storage_errors(path):
                    data = path.read_bytes()
                expect_digest(data, offer.layout, what=str(path))
                return msgspec.json.decode(data, type=Layout)
            except (InvalidContent, msgspec.MsgspecError):
                durable.remove(path)
        return self._sources.first_good(lambda source: self._fetch_layout(source, offer, of))

    def _fetch_manifest(self, source: Source, offer: Offer) -> None:
        path = manifest_path(offer.pack, offer.manifest)
        what = f"{source.name}: {path}"
        stored = _stored(source, path, offer.manifest_stored)
        found = manifest.unpack(stored, what=what, expected=offer.manifest)
        if (found.pack, found.version) != (offer.pack, offer.version):
            raise InvalidContent(
                f"{what}: is of {found.pack} {found.version}, expected {offer.pack} {offer.version}"
            )
        durable.write(self._data_dir.manifest_path(offer.manifest), manifest.encode(found))

    def _fetch_layout(self, source: Source, offer: Offer, of: Manifest) -> Layout:
        path = layout_path(offer.pack, offer.layout)
        what = f"{source.name}: {path}"
        stored = _stored(source, path, offer.layout_stored)
        found = layout.unpack(stored, of, offer.manifest, what=what, expected=offer.layout)
        durable.write(self._data_dir.layout_path(offer.layout), layout.encode(found))
        return found


def _stored(source: Source, path: str, size: int) -> bytes:
    """Return a document as it is stored. Raises `InvalidContent` unless it has `size` bytes."""
    body = source.get(path, bytes_max=size).body or b""
    if len(body) != size:
        raise InvalidContent(f"{source.name}: {path}: {len(body)} bytes, expected {size}")
    return body


def loaders(documents: Documents, digests: list[str]) -> list[Callable[[], Manifest]]:
    """Return one function per manifest that loads it when it is called."""

    def loader(digest: str) -> Callable[[], Manifest]:
        return lambda: documents.held_manifest(digest)

    return [loader(digest) for digest in digests]
