"""Who says that a version is theirs: a publisher's signature beside a cpack (TRUST.md, section 8).

`FILE.cpack.sig` is a signed document (signed_documents.py) of the kind `publication`: pack,
version, the manifest's digest, the publisher's id, and the public key that signed. Through the
manifest it covers every byte that a pupil will see, whatever cpack or layout carries it. That the
signature holds says who has the key; whose key that is, and what it may publish, a hub knows.

The cpack itself stays as it was: every reader of format 1 reads a signed one.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from content_packs import durable, key_files, messages, signed_documents
from content_packs.cpack import Cpack
from content_packs.errors import InvalidContent, Untrusted
from content_packs.hub_keys import keyid_of
from content_packs.limits import PUBLICATION_BYTES_MAX
from content_packs.messages import Hex32, Message, Name, Version

SUFFIX = ".sig"  # after the cpack's own

_KIND: signed_documents.Kind = "publication"
_HINT = "Take the signature that came with this very file, or have it signed again."


class Publication(Message, frozen=True, kw_only=True):
    """What a publisher signs. `manifest` is its digest, `key` the raw public key in hex."""

    pack: Name
    version: Version
    manifest: Hex32
    publisher: Name
    key: Hex32


@dataclass(frozen=True)
class Signer:
    """Who signed a cpack: the key, by its keyid, and the publisher that the cpack names."""

    keyid: str
    publisher: str


def signature_path(cpack: Path) -> Path:
    """Return where the signature of a cpack lies."""
    return cpack.with_name(cpack.name + SUFFIX)


def sign(cpack: Cpack, key: Ed25519PrivateKey) -> Signer:
    """Sign an open cpack with a publisher's key, durably, beside it. Raises `StorageFailed`."""
    raw = key_files.raw_of(key.public_key())
    publication = Publication(
        pack=cpack.manifest.pack,
        version=cpack.manifest.version,
        manifest=cpack.digest,
        publisher=cpack.manifest.publisher.id,
        key=raw.hex(),
    )
    durable.write(signature_path(cpack.path), signed_documents.sign(_KIND, publication, key))
    return Signer(keyid_of(raw), publication.publisher)


def read_signature(cpack: Path) -> bytes | None:
    """Return the signature beside a cpack, None where there is none. Raises `InvalidContent`."""
    path = signature_path(cpack)
    return key_files.read_bounded(path, PUBLICATION_BYTES_MAX) if path.is_file() else None


def check(document: bytes, cpack: Cpack, *, what: str) -> Signer:
    """Return who signed a cpack; `what` names the signature.

    Raises `Untrusted` where the signature doesn't hold or is of another version or other content,
    `InvalidContent` for bytes that are no such signature.
    """
    publication = _opened(document, what)
    manifest = cpack.manifest
    for field, signed, found in (
        ("pack", publication.pack, manifest.pack),
        ("version", publication.version, manifest.version),
        ("manifest", publication.manifest, cpack.digest),
        ("publisher", publication.publisher, manifest.publisher.id),
    ):
        if signed != found:
            raise Untrusted(
                f"{what}: signs {field} {signed}, but the cpack has {found}", hint=_HINT
            )
    return Signer(keyid_of(bytes.fromhex(publication.key)), publication.publisher)


def _opened(document: bytes, what: str) -> Publication:
    """Return what is signed, by the key that it names itself."""
    if len(document) > PUBLICATION_BYTES_MAX:
        raise InvalidContent(f"{what}: more than {PUBLICATION_BYTES_MAX} bytes")
    envelope = signed_documents.envelope_of(document, what=what)
    claimed = messages.decode(
        signed_documents.unverified_payload(envelope, what=what),
        Publication,
        bytes_max=PUBLICATION_BYTES_MAX,
        what=what,
    )
    raw = bytes.fromhex(claimed.key)
    keys = {keyid_of(raw): Ed25519PublicKey.from_public_bytes(raw)}
    try:
        return signed_documents.open_signed(document, _KIND, Publication, keys)
    except Untrusted as error:
        raise Untrusted(f"{what}: {error.message}", hint=_HINT) from error
