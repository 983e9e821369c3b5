"""A sound cpack in parts, and ways to bend it: as a zip, and in what it holds."""

import dataclasses
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from content_packs import canonical_json, cpack, layout, manifest, repository
from content_packs.digests import digest_of
from content_packs.layout import Layout
from content_packs.limits import MIB
from content_packs.manifest import Manifest
from tests.support.packs import make_demo
from tests.support.zips import Entry, make_zip

Bytes = Callable[["Parts"], bytes]


@dataclasses.dataclass(frozen=True)
class Parts:
    """The parts of a cpack: its documents as they are, and its one bundle's bytes."""

    manifest: Manifest
    layout: Layout
    bundle: bytes

    def entries(
        self, *, stored_manifest: bytes | None = None, stored_layout: bytes | None = None
    ) -> list[Entry]:
        """Return the entries of the zip, with names that fit whatever the documents say."""
        digest = manifest.digest(self.manifest)
        layout_digest = digest_of(layout.encode(self.layout))
        head = cpack.Head(1, self.manifest.pack, self.manifest.version, digest, layout_digest)
        pack = self.manifest.pack
        return [
            Entry("cpack.json", canonical_json.encode(msgspec.to_builtins(head))),
            Entry(
                repository.manifest_path(pack, digest),
                manifest.pack(self.manifest) if stored_manifest is None else stored_manifest,
            ),
            Entry(
                repository.layout_path(pack, layout_digest),
                layout.pack(self.layout) if stored_layout is None else stored_layout,
            ),
            Entry(repository.bundle_path(self.layout.bundles[0].digest), self.bundle),
        ]

    def zip(self) -> bytes:
        return make_zip(self.entries())

    def with_bundle(self, bundle: bytes) -> "Parts":
        """Return these parts with another bundle, under the digest that it really has."""
        reference = msgspec.structs.replace(
            self.layout.bundles[0], digest=digest_of(bundle), size=len(bundle)
        )
        changed = msgspec.structs.replace(self.layout, bundles=(reference,))
        return dataclasses.replace(self, bundle=bundle, layout=changed)

    def with_blocks(self, **changes: Callable[[int], int]) -> "Parts":
        """Return these parts with fields of every block changed."""
        blocks = tuple(
            msgspec.structs.replace(
                block, **{name: change(getattr(block, name)) for name, change in changes.items()}
            )
            for block in self.layout.blocks
        )
        return dataclasses.replace(self, layout=msgspec.structs.replace(self.layout, blocks=blocks))

    def with_manifest(self, **changes: object) -> "Parts":
        """Return these parts with fields of the manifest changed, and a layout that is of it."""
        changed = msgspec.structs.replace(self.manifest, **changes)
        laid_out = msgspec.structs.replace(self.layout, manifest=manifest.digest(changed))
        return dataclasses.replace(self, manifest=changed, layout=laid_out)


def sound_parts(folder: Path) -> Parts:
    """Make a cpack in `folder`, and return its parts."""
    path = folder / "sound.cpack"
    make_demo(path, video_bytes=MIB + 100_000)
    with cpack.open_cpack(path) as opened, zipfile.ZipFile(path) as archive:
        (place,) = (n for n in archive.namelist() if n.startswith("bundles/"))
        return Parts(opened.manifest, opened.layout, archive.read(place))


def bent_entry(number: int, **lies: object) -> Bytes:
    """Return a maker of the zip with lies told in one entry."""

    def make(parts: Parts) -> bytes:
        entries = parts.entries()
        entries[number] = dataclasses.replace(entries[number], **lies)  # type: ignore[arg-type]
        return make_zip(entries)

    return make


def bent_zip(**lies: object) -> Bytes:
    """Return a maker of the zip with lies told in its end."""
    return lambda parts: make_zip(parts.entries(), **lies)  # type: ignore[arg-type]


def added(entry: Entry, at: int = 4) -> Bytes:
    """Return a maker of the zip with one more entry."""

    def make(parts: Parts) -> bytes:
        entries = parts.entries()
        entries.insert(at, entry)
        return make_zip(entries)

    return make


def swapped_blocks(parts: Parts) -> Parts:
    """Return parts whose bundle has two blocks of the same length in each other's place."""
    blocks = [b for b in parts.layout.blocks if b.stored == 20_000]
    first, second = (slice(b.offset, b.offset + b.stored) for b in blocks[:2])
    bundle = bytearray(parts.bundle)
    bundle[first], bundle[second] = parts.bundle[second], parts.bundle[first]
    return parts.with_bundle(bytes(bundle))


def flipped(parts: Parts, at: int) -> bytes:
    """Return the bundle with one bit flipped."""
    bundle = bytearray(parts.bundle)
    bundle[at] ^= 1
    return bytes(bundle)
