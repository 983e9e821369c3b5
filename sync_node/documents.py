"""Manifests and layouts: fetched once, verified, and kept in the form that their digests name."""

from collections.abc import Callable

import msgspec

from content_packs import compression, durable, layout, manifest
from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.layout import Layout
from content_packs.limits import LAYOUT_BYTES_MAX
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from content_packs.repository import layout_path, manifest_path
from sync_node import peer_places
from sync_node.data_dir import DataDir
from sync_node.held_manifests import HeldManifests
from sync_node.limits import PEER_DOCUMENT_BYTES_MAX, PEER_DOCUMENT_RATIO_MAX
from sync_node.salvaging import bytes_of
from sync_node.source import Source
from sync_node.sources import Sources


class Documents:
    """The manifests and layouts that offers name. What fetches may be called by several threads."""

    def __init__(self, data_dir: DataDir, sources: Sources) -> None:
        self._data_dir = data_dir
        self._sources = sources
        self._held = HeldManifests(data_dir)

    def held_manifest(self, digest: str) -> Manifest:
        """Return a manifest that is on disk. Raises `Missing`, `InvalidContent`."""
        return self._held.get(digest).manifest

    def held_bytes(self, digest: str) -> bytes:
        """Return the canonical bytes of a manifest that is on disk. Raises as `held_manifest`."""
        path = self._data_dir.manifest_path(digest)
        with durable.storage_errors(path):
            data = path.read_bytes()
        expect_digest(data, digest, what=str(path))
        return data

    def holds_manifest(self, offer: Offer) -> bool:
        """Say whether the manifest of an offer is on disk; one that rotted is removed."""
        try:
            self.held_manifest(offer.manifest)
        except Missing:
            return False
        except InvalidContent:
            durable.remove(self._data_dir.manifest_path(offer.manifest))
            return False
        return True

    def put_manifest(self, offer: Offer, found: Manifest, *, what: str) -> None:
        """Keep a verified manifest that has the digest of an offer.

        Raises `InvalidContent` for one of another pack or version.
        """
        if (found.pack, found.version) != (offer.pack, offer.version):
            raise InvalidContent(
                f"{what}: is of {found.pack} {found.version}, expected {offer.pack} {offer.version}"
            )
        data = manifest.encode(found)
        durable.write(self._data_dir.manifest_path(offer.manifest), data)
        self._held.put(offer.manifest, found, len(data))

    def fetch_manifest(self, offer: Offer) -> None:
        """Fetch the manifest of an offer.

        Raises `InvalidContent` for one that isn't what was offered; what sources raise.
        """
        path = manifest_path(offer.pack, offer.manifest)

        def ask(source: Source) -> None:
            what = f"{source.name}: {path}"
            stored = _stored(source, path, offer.manifest_stored)
            found = manifest.unpack(stored, what=what, expected=offer.manifest)
            self.put_manifest(offer, found, what=what)

        self._sources.first_good(ask)

    def manifest_of_peers(self, offer: Offer) -> Manifest | None:
        """Return the manifest of an offer as a peer has it, None where none has; it isn't kept."""
        data = self._of_peers(
            peer_places.manifest_path(offer.manifest), offer.manifest, offer.manifest_stored
        )
        try:
            return None if data is None else manifest.decode(data)
        except InvalidContent:
            return None  # it has the digest that was signed: the links give the same, and say so

    def _of_peers(self, path: str, digest: str, stored: int) -> bytes | None:
        """Return a document by its digest, whose compressed form has `stored` bytes."""
        bytes_max = min(stored * PEER_DOCUMENT_RATIO_MAX, PEER_DOCUMENT_BYTES_MAX)

        def ask(source: Source) -> bytes:
            data = source.get(path, bytes_max=bytes_max).body or b""
            expect_digest(data, digest, what=f"{source.name}: {path}")
            return data

        try:
            return self._sources.first_good(ask, self._sources.for_files())
        except (Missing, InvalidContent, SourceUnavailable):
            return None

    def held_layout(self, offer: Offer) -> Layout | None:
        """Return the layout of an offer if it is on disk; one that rotted is removed."""
        path = self._data_dir.layout_path(offer.layout)
        if not path.exists():
            return None
        try:
            data = bytes_of(path)
            expect_digest(data, offer.layout, what=str(path))
            return msgspec.json.decode(data, type=Layout)
        except (InvalidContent, msgspec.MsgspecError):
            durable.remove(path)
            return None

    def fetch_layout(self, offer: Offer) -> bytes:
        """Fetch the layout of an offer; return it as it is stored. Raises as `fetch_manifest`."""
        path = layout_path(offer.pack, offer.layout)
        near = self._of_peers(
            peer_places.layout_path(offer.layout), offer.layout, offer.layout_stored
        )
        if near is not None:
            return compression.compress(near, level=1)

        def ask(source: Source) -> bytes:
            what = f"{source.name}: {path}"
            stored = _stored(source, path, offer.layout_stored)
            data = compression.decompress(stored, bytes_max=LAYOUT_BYTES_MAX, what=what)
            expect_digest(data, offer.layout, what=what)
            return stored

        return self._sources.first_good(ask)

    def put_layout(self, offer: Offer, stored: bytes) -> None:
        """Keep a layout that was fetched; the manifest is held. Raises `InvalidContent`."""
        what = f"{offer.pack} {offer.version}: layout"
        of = self.held_manifest(offer.manifest)
        found = layout.unpack(stored, of, offer.manifest, what=what, expected=offer.layout)
        durable.write(self._data_dir.layout_path(offer.layout), layout.encode(found))


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
