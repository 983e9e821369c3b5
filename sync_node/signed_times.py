"""When a timestamp says that it was signed, if the newest root held lets its key sign it."""

from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Timestamp

from content_packs.errors import Untrusted
from sync_node import trusted_time
from sync_node.limits import TIMESTAMP_BYTES_MAX
from sync_node.metadata_folder import MetadataFolder, check_root
from sync_node.trusted_time import Said


def said_by(folder: MetadataFolder, data: bytes | None) -> Said | None:
    """Return it; None for one that isn't signed so, or doesn't say.

    Whether it has expired, or is older than what was seen, isn't asked: its time was a time.
    Signatures that anybody could have added to it don't count as its key.
    """
    if not data or len(data) > TIMESTAMP_BYTES_MAX:
        return None
    try:
        root = check_root(folder.newest_root())
        metadata = Metadata[Timestamp].from_bytes(data)
        found = root.get_verification_result(
            Timestamp.type, metadata.signed_bytes, metadata.signatures
        )
    except (Untrusted, tuf_errors.RepositoryError, ValueError, OSError):
        return None
    if not found.verified or not isinstance(metadata.signed, Timestamp):
        return None
    time = trusted_time.signed_time(metadata.signed.unrecognized_fields)
    key = " ".join(sorted(found.signed))
    return Said(time, key, metadata.signed.version) if time else None
