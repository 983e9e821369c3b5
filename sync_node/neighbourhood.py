"""What this node goes by when a neighbour asks: read from its own disk, looked at now and then.

The hub's service keys stand in node.db as verified metadata named them last, this node's district
in its credential, and who is revoked in the signed list. Where verified metadata name a list and
it isn't here, nobody is let in: a stolen box isn't served because a sector rotted, nor because
somebody in between lets through all that the hub signed but that list.
"""

import threading
from collections.abc import Callable

from content_packs import key_files, protocol
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SatchelError
from content_packs.limits import STATUS_LIST_BYTES_MAX
from content_packs.protocol import StatusList
from sync_node import identity
from sync_node.admission import NOBODY, Trusted
from sync_node.data_dir import DataDir
from sync_node.limits import PEER_TRUST_SECONDS
from sync_node.node_reader import NodeReader
from sync_node.offering import REVOKED


class Neighbourhood:
    """Knows whom to trust, as of at most `PEER_TRUST_SECONDS` ago. Safe for several threads."""

    def __init__(
        self, data_dir: DataDir, reader: NodeReader, *, monotonic: Callable[[], float]
    ) -> None:
        self._data_dir = data_dir
        self._reader = reader
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._found = NOBODY
        self._looked_at = float("-inf")

    def trusted(self) -> Trusted:
        """Return what this node goes by now; nobody, where that can't be read."""
        with self._lock:
            now = self._monotonic()
            if now - self._looked_at >= PEER_TRUST_SECONDS:
                self._looked_at = now
                self._found = self._read()
            return self._found

    def _read(self) -> Trusted:
        try:
            ours = identity.credential(self._data_dir)
            keys, listed = self._reader.hub_keys()
            revoked = self._revoked(listed)
        except SatchelError:
            return NOBODY
        if ours is None or keys is None or (listed and revoked is None):
            return NOBODY
        return Trusted(keys.service_keys(), ours.district, revoked)

    def _revoked(self, digest: str) -> StatusList | None:
        """Return the list with this digest; any, where none is named any more."""
        path = self._data_dir.from_hub / REVOKED
        try:
            data = key_files.read_bounded(path, STATUS_LIST_BYTES_MAX)
            if digest and digest_of(data) != digest:
                return None
            return protocol.read_status_list(data)
        except (Missing, InvalidContent):
            return None
