"""Turning chunks into files: what is still missing of the wanted files, and where a chunk goes.

A file of one chunk is staged, and goes to the store with others when they are enough, when they are
waited for, or at `flush`; a file of several is written chunk by chunk under incoming/ and goes to
the store when none is missing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from content_packs.digests import digest_of
from content_packs.errors import DigestMismatch, InvalidContent, Missing
from content_packs.manifest import Chunk, File, Manifest
from sync_node.store import Part, Store

Place = tuple[str, int]  # a file in the store, and the offset of a chunk in it


class Assembler:
    """Assembles `files`, none of which is in the store.

    `on_stored` gets the digest of each file that the store now has. `on_arrived` gets it before, as
    soon as the bytes are here, and returns whether it is waited for: then they go to the store at
    once. Files that can't be made are in `faults`.
    """

    def __init__(
        self,
        store: Store,
        files: Sequence[File],
        on_stored: Callable[[str], None],
        on_arrived: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._on_stored = on_stored
        self._on_arrived = on_arrived
        self._single: dict[str, int] = {}
        self._parts: dict[str, list[Part]] = {}
        self.faults: list[InvalidContent] = []
        for file in files:
            if not file.size:
                store.stage(file.digest, b"")
                self._arrived(file.digest)
            elif file.chunks:
                self._begin(store.part(file))
            elif store.adopt(file):
                self._arrived(file.digest)
            else:
                self._single[file.digest] = file.size

    def _begin(self, part: Part) -> None:
        """Go on with a file of several chunks from where it was left."""
        part.resume()
        for digest in part.missing:
            self._parts.setdefault(digest, []).append(part)
        if not part.missing:
            self._finish(part)

    @property
    def missing(self) -> set[str]:
        """The digests of the chunks that are wanted still."""
        return self._single.keys() | self._parts.keys()

    def take(self, chunks: Iterable[tuple[Chunk, bytes | memoryview]]) -> None:
        """Put chunks, whose digests were checked, where they belong. Raises `StorageFailed`."""
        for chunk, data in chunks:
            if self._single.pop(chunk.digest, None):
                self._store.stage(chunk.digest, data)
                self._arrived(chunk.digest)
            for part in self._parts.pop(chunk.digest, ()):
                part.write(chunk.digest, data)
                if not part.missing:
                    self._finish(part)

    def _arrived(self, digest: str) -> None:
        if self._on_arrived(digest) or self._store.staged_enough:
            self.flush()

    def flush(self) -> None:
        """Put the small files that have come into the store. Raises `StorageFailed`."""
        for digest in self._store.commit():
            self._on_stored(digest)

    def copy(self, seeds: Mapping[str, Place]) -> None:
        """Take the missing chunks that lie in files of the store. What has rotted there is left."""
        for digest, (file_digest, offset) in seeds.items():
            data = self._read(digest, file_digest, offset)
            if data is not None:
                self.take([(Chunk(digest, len(data)), data)])

    def _read(self, digest: str, file_digest: str, offset: int) -> bytes | None:
        size = self._size_of(digest)
        path = self._store.path(file_digest)
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
        except OSError:
            return None  # gone, or a sector that can't be read: `check` finds it
        return data if digest_of(data) == digest else None

    def _size_of(self, digest: str) -> int:
        if digest in self._parts:
            return self._parts[digest][0].size_of(digest)
        return self._single[digest]

    def _finish(self, part: Part) -> None:
        try:
            self._store.finish(part)
        except DigestMismatch as error:
            self.faults.append(error)
        else:
            self._on_stored(part.file.digest)
            self._arrived(part.file.digest)


def find_seeds(
    missing: set[str], store: Store, manifests: Iterable[Callable[[], Manifest]]
) -> dict[str, Place]:
    """Return where missing chunks lie in files of the store, whichever pack brought them.

    `manifests` load what is held, one at a time, so that memory stays bounded.
    """
    found: dict[str, Place] = {digest: (digest, 0) for digest in missing if digest in store}
    for load in manifests:
        if len(found) == len(missing):
            break
        try:
            files = load().files
        except (Missing, InvalidContent):
            continue  # a manifest that rotted: `check` finds it
        for file in files:
            if file.chunks and file.digest in store:
                at = 0
                for chunk in file.chunks:
                    if chunk.digest in missing:
                        found.setdefault(chunk.digest, (file.digest, at))
                    at += chunk.size
    return found
