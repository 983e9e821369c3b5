"""What this node offers to its neighbours, read from its data directory: public content only.

A place leads to a file of store/, manifests/, layouts/, trust/, to the list of revoked nodes or to
the desired state of a group, by a digest, a number or the group; no name of a file comes from
whoever asks. Everything was verified before it got its name here. Who takes it verifies it again.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from content_packs import key_files
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import METADATA_BYTES_MAX, STATUS_LIST_BYTES_MAX
from content_packs.values import Value
from sync_node import peer_places
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments

REVOKED = "revoked.json"  # below from-hub/, see revocations.py
_ROLE = re.compile(r"metadata/([0-9]+)\.((?:root|snapshot|targets|status|c-[a-z0-9-]+))\.json")
_TAG_DIGITS = 32
_PIECE_BYTES = 256 * 1024


class Offered(Value, frozen=True):
    """`size` bytes: those of files one behind the other, or `body`. `tag`: what names them."""

    size: int
    tag: str
    paths: Sequence[tuple[Path, int]] = ()
    body: bytes = b""

    def pieces(self, first: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from byte `first` on. Raises `Missing` where a file has gone."""
        if self.body:
            yield self.body[first : first + length]
            return
        for path, size in self.paths:
            if length <= 0:
                return
            if first < size:
                take = min(size - first, length)
                yield from _pieces(path, first, take)
                length -= take
            first = max(first - size, 0)


class Offering:
    """What `data_dir` offers."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir

    def find(self, place: str) -> Offered:
        """Return what lies at a place. Raises `Missing`."""
        try:
            return self._find(place)
        except OSError as error:
            raise Missing(f"{place[:160]}: can't be read: {error.strerror}") from error

    def _find(self, place: str) -> Offered:
        if place == peer_places.HELD:
            return _of_bytes(peer_places.held_bytes(self._data_dir.stored_digests()))
        if digests := peer_places.digests_of(place):
            return self._files(digests)
        if document := peer_places.document_of(place):
            return self._document(*document)
        if group := peer_places.group_of(place):
            return _of_bytes(HeldDocuments(self._data_dir).desired_state_of_group(group))
        if peer_places.is_shared_with_repositories(place):
            return _of_bytes(self._shared(place))
        raise Missing(f"{place[:160]!r} is no place of a peer")

    def _files(self, digests: Sequence[str]) -> Offered:
        found = [self._data_dir.store_path(digest) for digest in digests]
        paths = [(path, _size_of(path)) for path in found]
        tag = digests[0] if len(digests) == 1 else digest_of("+".join(digests).encode())
        return Offered(sum(size for _, size in paths), tag[:_TAG_DIGITS], paths)

    def _document(self, kind: str, digest: str) -> Offered:
        of_kind = {
            "manifests": self._data_dir.manifest_path,
            "layouts": self._data_dir.layout_path,
        }
        path = of_kind[kind](digest)
        size = _size_of(path)
        return Offered(size, digest[:_TAG_DIGITS], [(path, size)])

    def _shared(self, place: str) -> bytes:
        """Return metadata, or the list of revoked nodes, of the version or digest that is asked."""
        if place.startswith("status/"):
            data = self._bounded(self._data_dir.from_hub / REVOKED, STATUS_LIST_BYTES_MAX)
            if place != f"status/{digest_of(data)}.json":
                raise Missing(f"{place}: another one is here")
            return data
        numbered = _ROLE.fullmatch(place)
        if numbered is None:
            return self._bounded(self._data_dir.trust / "timestamp.json", METADATA_BYTES_MAX)
        version, role = int(numbered[1]), numbered[2]
        name = f"{version}.root.json" if role == "root" else f"{role}.json"
        data = self._bounded(self._data_dir.trust / name, METADATA_BYTES_MAX)
        if role != "root" and _version_of(data) != version:
            raise Missing(f"{place}: another version is here")
        return data

    def _bounded(self, path: Path, bytes_max: int) -> bytes:
        try:
            return key_files.read_bounded(path, bytes_max)
        except InvalidContent as error:
            raise Missing(error.message) from error


def _of_bytes(body: bytes) -> Offered:
    return Offered(len(body), digest_of(body)[:_TAG_DIGITS], body=body)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise Missing(f"{path.name}: not here") from error


def _version_of(data: bytes) -> int:
    try:
        return int(json.loads(data)["signed"]["version"])
    except (ValueError, KeyError, TypeError):
        return 0


def _pieces(path: Path, first: int, length: int) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(first, os.SEEK_SET)
            while length > 0 and (piece := file.read(min(length, _PIECE_BYTES))):
                length -= len(piece)
                yield piece
    except OSError as error:
        raise Missing(f"{path.name}: can't be read: {error.strerror}") from error
    if length:
        raise Missing(f"{path.name}: is shorter than it was")
