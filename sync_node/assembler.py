"""Turning chunks into files: what is still missing of the wanted files, and where a chunk goes.

A file of one chunk is staged, and goes to the store with others when they are enough, when a lesson
waits for it, or at `flush`; a file of several is written chunk by chunk under incoming/ and goes to
the store when none is missing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from content_packs.digests import digest_of
from content_packs.errors import DigestMismatch, InvalidContent
from content_packs.manifest import Chunk, File
from sync_node.seeds import Place, read_seed
from sync_node.store import Part, Store

_EMPTY = digest_of(b"")


class Assembler:
    """Assembles `files`, none of which is in the store.

    `on_stored` gets the digests of files that the store now has. `on_arrived` gets one before, as
    soon as the bytes are here, and returns whether a lesson waits for it only: then `settle` puts
    what has come into the store. Files that can't be made are in `faults`.
    """

    def __init__(
        self,
        store: Store,
        files: Sequence[File],
        on_stored: Callable[[Sequence[str]], None],
        on_arrived: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._on_stored = on_stored
        self._on_arrived = on_arrived
        self._single: dict[str, int] = {}
        self._parts: dict[str, list[Part]] = {}
        self._stored: list[str] = []
        self._awaited = False
        self.faults: list[InvalidContent] = []
        being_made = store.being_made()
        for file in files:
            if not file.size:
                self._make_empty(file)
            elif file.chunks:
                self._begin(store.part(file))
            elif file.digest in being_made and store.adopt(file):
                self._arrived(file.digest)
            else:
                self._single[file.digest] = file.size

    def _make_empty(self, file: File) -> None:
        """Make a file of no bytes, if it is that: else it would stand for another pack's file."""
        if file.digest != _EMPTY:
            self.faults.append(
                DigestMismatch(
                    f"{file.path}: has no bytes, and digest {file.digest}, expected {_EMPTY}",
                    hint="The pack is faulty: its publisher has to build and publish it again.",
                )
            )
            return
        self._store.stage(file.digest, b"")
        self._arrived(file.digest)

    def _begin(self, part: Part) -> None:
        """Go on with a file of several chunks from where it was left."""
        for digest in part.missing:
            self._parts.setdefault(digest, []).append(part)
        if not part.missing:
            self._finish(part)

    def __contains__(self, digest: object) -> bool:
        """Whether a chunk is wanted still."""
        return digest in self._single or digest in self._parts

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
        self._awaited |= self._on_arrived(digest)
        if self._store.staged_enough:
            self.flush()

    def settle(self) -> None:
        """Put what has come into the store if a lesson waits for it. Raises `StorageFailed`."""
        if self._awaited:
            self.flush()

    def flush(self) -> None:
        """Put the small files that have come into the store, and tell. Raises `StorageFailed`."""
        self._awaited = False
        self._stored += self._store.commit()
        if self._stored:
            told, self._stored = self._stored, []
            self._on_stored(told)

    def copy(self, seeds: Mapping[str, Place]) -> list[str]:
        """Take the missing chunks that lie on this node; return those that turn out not to."""
        gone = []
        for digest in sorted(self.missing & seeds.keys(), key=lambda digest: seeds[digest]):
            size = self._size_of(digest)
            data = read_seed(seeds[digest], digest, size)
            if data is None:
                gone.append(digest)
            else:
                self.take([(Chunk(digest, size), data)])
        return gone

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
            self._stored.append(part.file.digest)
            self._arrived(part.file.digest)
