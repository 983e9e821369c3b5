"""Signing a draft where its keys are: needs the draft and the keys, and no hub.

What is signed is shown: who signs a root answers for every school.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization.json import JSONSerializer

from content_packs import durable, hub_keys, key_files
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.limits import METADATA_BYTES_MAX
from hub.clock import in_words
from hub.keyring import draft_rules


@dataclass(frozen=True)
class Draft:
    """What a draft says: the keyids of each role that it names, and who signed it so far.

    `content` is the digest of what is signed: the same on the hub and on the offline machine.
    """

    role: str
    version: int
    expires: str
    content: str
    keys: dict[str, tuple[str, ...]]
    signed_by: tuple[str, ...]


def read_draft(path: Path) -> Metadata[Root] | Metadata[Targets]:
    """Return the root or targets in a file, signatures unchecked.

    Raises `InvalidContent`, also for what `draft_rules` refuses: none but honest drafts are shown.
    """
    data = key_files.read_bounded(path, METADATA_BYTES_MAX)
    try:
        metadata: Metadata[Root] | Metadata[Targets] = Metadata.from_bytes(data)
    except (RepositoryError, ValueError) as error:
        raise InvalidContent(
            f"{path}: is no metadata: {error}",
            hint="Name the file that hub keys export-unsigned wrote.",
        ) from error
    if not isinstance(metadata.signed, Root | Targets):
        raise InvalidContent(
            f"{path}: is {metadata.signed.type} metadata, expected root or targets",
            hint="The others are signed by the hub itself.",
        )
    draft_rules.check(metadata.signed, what=str(path))
    return metadata


def describe(metadata: Metadata[Root] | Metadata[Targets]) -> Draft:
    """Return what a draft says."""
    signed = metadata.signed
    named: dict[str, tuple[str, ...]] = {}
    if isinstance(signed, Root):
        named = {role: tuple(found.keyids) for role, found in signed.roles.items()}
    elif signed.delegations and signed.delegations.roles:
        named = {role: tuple(each.keyids) for role, each in signed.delegations.roles.items()}
        further = hub_keys.read(signed.unrecognized_fields)
        named |= {"service": tuple(further.service), "seal": tuple(further.seal)}
        named |= {"escrow": tuple(further.escrow)}
    return Draft(
        signed.type,
        signed.version,
        in_words(signed.expires),
        digest_of(metadata.signed_bytes),
        named,
        tuple(keyid for keyid, each in metadata.signatures.items() if each.signature),
    )


def sign_draft(path: Path, keys: Sequence[Path], passphrase: bytes | None) -> Draft:
    """Sign the draft in a file with the keys in files, in place; return what it says now.

    Signing again with the same key changes nothing that counts. Raises `InvalidContent`,
    `KeyLocked`, `Missing`, `StorageFailed`.
    """
    metadata = read_draft(path)
    for key in keys:
        pem = key_files.read_bounded(key)
        signing = key_files.signing_from(pem, passphrase, what=str(key))
        metadata.sign(CryptoSigner(signing), append=True)
    durable.write(path, metadata.to_bytes(JSONSerializer()))
    return describe(metadata)
