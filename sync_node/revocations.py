"""Which nodes are revoked: the list that the hub signs as a target of the role `status`.

`from-hub/revoked.json` holds the bytes of the list in force, as verified metadata names them by
length and digest; it comes with any source. Who uses a list looks whether that is so each time: a
file that rotted counts for nothing and is fetched again.
"""

from collections.abc import Iterable
from typing import Protocol

from content_packs import durable, key_files, protocol, repository
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SatchelError, SourceUnavailable
from content_packs.limits import STATUS_LIST_BYTES_MAX
from content_packs.protocol import Credential, StatusList
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.errors import Revoked
from sync_node.source import Source

REVOKED = "revoked.json"


class Asked(Protocol):
    """What the list is fetched from: `sources.Sources`. Who only reads it loads no network."""

    @property
    def cut(self) -> SatchelError | None:
        """What ended the use of the sources, None while there is one."""

    def for_offers(self) -> Iterable[Source]:
        """Return the sources that may be asked."""

    def put_out(self, source: Source, error: SourceUnavailable) -> None:
        """Use a source no more."""


class Revocations:
    """The list of revoked nodes that this node holds."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._path = data_dir.from_hub / REVOKED

    def held(self) -> StatusList | None:
        """Return the list, None where there is none, or it rotted."""
        try:
            return protocol.read_status_list(self._bytes())
        except (Missing, InvalidContent):
            return None

    @property
    def number(self) -> int:
        """The list's number, 0 for none."""
        found = self.held()
        return found.number if found else 0

    def is_revoked(self, node: str, credential: Credential | None = None) -> bool:
        """Say whether a node counts no more; with its credential: whether that one counts.

        A node that was enrolled anew since counts again, with the new credential alone.
        """
        found = self.held()
        if found is None:
            return False
        if credential is None or credential.node != node:
            return node in found.revoked
        return found.revokes(credential)

    def own(self) -> Revoked | None:
        """Return that this very node is revoked, None where it isn't."""
        credential = identity.credential(self._data_dir)
        if credential is None or not self.is_revoked(credential.node, credential):
            return None
        return Revoked(
            f"the hub has revoked this node, {credential.node}: what it has is served on, nothing "
            "more is fetched",
            hint="If it wasn't stolen, ask the district for a code: sync-node enrol CODE --again.",
        )

    def bring(self, wanted: tuple[str, int] | None, sources: Asked) -> bool:
        """Fetch the list that metadata name by digest and length, if it isn't held; say whether.

        Raises the last source's `Missing`, `InvalidContent` or `SourceUnavailable`;
        `StorageFailed`.
        """
        if wanted is None or self._has(wanted[0]):
            return False
        last: SatchelError = sources.cut or SourceUnavailable("no source")
        for source in sources.for_offers():
            try:
                data = _fetched(source, *wanted)
            except SourceUnavailable as error:
                sources.put_out(source, error)
                last = error
            except (Missing, InvalidContent) as error:
                last = error
            else:
                durable.make_folder(self._data_dir.from_hub)
                durable.write(self._path, data)
                return True
        raise last

    def _has(self, digest: str) -> bool:
        try:
            return digest_of(self._bytes()) == digest
        except (Missing, InvalidContent):
            return False

    def _bytes(self) -> bytes:
        return key_files.read_bounded(self._path, STATUS_LIST_BYTES_MAX)


def _fetched(source: Source, digest: str, length: int) -> bytes:
    path = repository.status_path(digest)
    data = source.get(path, bytes_max=min(length, STATUS_LIST_BYTES_MAX)).body or b""
    if len(data) != length or digest_of(data) != digest:
        raise InvalidContent(f"{source.name}: {path}: isn't what the hub signed")
    protocol.read_status_list(data)
    return data
