"""The root of trust that nodes are flashed with: the one in force, with two checks.

A node that was flashed with an older one follows the chain to the newest, each root signed by the
one before it; so an older one is good for as long as the chain is whole.
"""

from dataclasses import dataclass
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from content_packs import durable, key_files
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Untrusted
from content_packs.limits import METADATA_BYTES_MAX
from hub.clock import in_words
from hub.edition import file_name, read_edition
from hub.hub import Hub


@dataclass(frozen=True)
class TrustRoot:
    """A root in a file: its version, the newest one's, and the file's digest."""

    file: Path
    version: int
    newest: int
    digest: str
    expires: str


def export_trust(hub: Hub, file: Path) -> TrustRoot:
    """Write the root in force to `file`, byte for byte. Raises `Damaged`, `StorageFailed`."""
    version = read_edition(hub.data.metadata).root.version
    durable.write(file, (hub.data.metadata / file_name("root", version)).read_bytes())
    return check_trust(hub, file)


def check_trust(hub: Hub, file: Path) -> TrustRoot:
    """Say which root `file` is, having followed the chain from it to the one in force.

    Raises `Untrusted` where it doesn't lead there, `InvalidContent`, `Missing`, `Damaged`.
    """
    newest = read_edition(hub.data.metadata).root.version
    data = key_files.read_bounded(file, METADATA_BYTES_MAX)
    root = _root(data, file)
    at, version = root, root.version
    ours = hub.data.metadata / file_name("root", version)
    if not ours.is_file() or ours.read_bytes() != data:
        raise Untrusted(
            f"{file}: root {version} isn't one of this hub's",
            hint="Nodes that trust it will refuse this hub. Write a good one: "
            f"hub keys export-trust {file}",
        )
    for number in range(version + 1, newest + 1):
        path = hub.data.metadata / file_name("root", number)
        following = _metadata(key_files.read_bounded(path, METADATA_BYTES_MAX), path)
        try:
            at.verify_delegate("root", following.signed_bytes, following.signatures)
        except (RepositoryError, ValueError) as error:
            raise Untrusted(f"{path}: isn't signed by root {number - 1}: {error}") from error
        at = following.signed
    return TrustRoot(file, version, newest, digest_of(data), in_words(root.expires))


def _root(data: bytes, path: Path) -> Root:
    metadata = _metadata(data, path)
    try:
        metadata.signed.verify_delegate("root", metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError) as error:
        raise Untrusted(f"{path}: isn't signed by itself: {error}") from error
    return metadata.signed


def _metadata(data: bytes, path: Path) -> Metadata[Root]:
    try:
        metadata = Metadata[Root].from_bytes(data)
    except (RepositoryError, ValueError) as error:
        raise InvalidContent(f"{path}: is no metadata: {error}") from error
    if not isinstance(metadata.signed, Root):
        raise InvalidContent(f"{path}: is {metadata.signed.type} metadata, expected root")
    return metadata
