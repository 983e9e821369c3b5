"""The manifest: everything that one version of a pack contains.

It says what the content is, not where it lies (that is the layout's): so the same folder gives the
same manifest on every machine, whatever compresses it, and its digest names the version for ever.
It is canonical JSON; on the wire it is one zstd frame. See FORMAT.md, section 3.
"""

import msgspec

from content_packs import canonical_json, compression, manifest_rules
from content_packs.digests import digest_of, expect_digest
from content_packs.errors import InvalidContent
from content_packs.limits import MANIFEST_BYTES_MAX
from content_packs.manifest_model import (
    Captions,
    Chunk,
    File,
    Item,
    Kind,
    Lesson,
    LocalisedText,
    Manifest,
    Publisher,
    Rendition,
    System,
    Variant,
    lightest,
    text_in,
)

__all__ = [
    "FORMAT", "Captions", "Chunk", "File", "Item", "Kind", "Lesson", "LocalisedText", "Manifest",
    "Publisher", "Rendition", "System", "Variant", "decode", "digest", "encode", "lightest", "pack",
    "text_in", "unpack",
]  # fmt: skip

FORMAT = 1


def encode(manifest: Manifest) -> bytes:
    """Return the canonical bytes of `manifest`."""
    return canonical_json.encode_struct(manifest)


def digest(manifest: Manifest) -> str:
    """Return the digest that names this version."""
    return digest_of(encode(manifest))


def decode(data: bytes, *, what: str = "manifest") -> Manifest:
    """Return the manifest that `data` encodes; `what` names it in messages.

    Raises `InvalidContent` for anything that isn't exactly a valid manifest.
    """
    found = canonical_json.decode_struct(data, Manifest, bytes_max=MANIFEST_BYTES_MAX, what=what)
    if found is None or found.format != FORMAT:
        found = _decode_slowly(data, what=what)
    manifest_rules.check(found, what=what)
    return found


def _decode_slowly(data: bytes, *, what: str) -> Manifest:
    """Say what is wrong with a manifest that isn't one of this format in its canonical bytes."""
    value = canonical_json.decode(data, bytes_max=MANIFEST_BYTES_MAX, what=what)
    if isinstance(value, dict) and value.get("format") != FORMAT:
        raise InvalidContent(
            f"{what}: format {value.get('format')!r}, expected {FORMAT}",
            hint="It was made by a newer Satchel: update this one.",
        )
    try:
        manifest = msgspec.convert(value, Manifest)
    except msgspec.ValidationError as error:
        raise InvalidContent(f"{what}: {error}") from error
    if encode(manifest) != data:
        raise InvalidContent(f"{what}: a default value is spelt out; leave it out")
    return manifest


def unpack(stored: bytes, *, what: str = "manifest", expected: str = "") -> Manifest:
    """Return the manifest in its stored form, one zstd frame. Raises `InvalidContent`.

    With the digest that is `expected`, bytes that don't have it are refused before they are parsed:
    64 MiB of hostile JSON take 2 GB to look at.
    """
    data = compression.decompress(stored, bytes_max=MANIFEST_BYTES_MAX, what=what)
    if expected:
        expect_digest(data, expected, what=what)
    return decode(data, what=what)


def pack(manifest: Manifest) -> bytes:
    """Return the stored form of `manifest`: its canonical bytes in one zstd frame."""
    return compression.compress_document(encode(manifest))
