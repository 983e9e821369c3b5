"""Which chunks share a block, in which order blocks stand, and how hard each is compressed.

In reading order: the texts of all lessons first, since they are small and share context. The first
block of them is small, so that the first lesson opens early; each next one is larger, up to
`BLOCK_BYTES_MAX`. Then, lesson by lesson, its small files (pictures, sheets) share blocks: one by
one they hardly shrink, but their heads are alike. Of large files those chunks that compression
gains something on share blocks with their neighbours of the same file; the others (nearly all of
what cameras, encoders and archivers make) are stored, one chunk a block.

Which chunks share a block and what is compressed is the writer's choice and no part of the format.
"""

from collections.abc import Callable, Iterable, Iterator

from content_packs import compression
from content_packs.bundle import BundleWriter, is_text
from content_packs.limits import (
    BLOCK_BYTES_FIRST,
    BLOCK_BYTES_MAX,
    BLOCK_BYTES_SMALL_FILES,
    BLOCK_CHUNKS_MAX,
    KIB,
)
from content_packs.manifest import File, Manifest

_LEVEL = 19
_KNOWN_LEVEL = 12  # a seventh of the work; see DECISIONS.md, 9
_TRIAL_LEVEL = 1
_TRIAL_WORTH = 0.98  # what the trial leaves of a chunk that is worth compressing
_SMALL_FILE_BYTES_MAX = 256 * KIB
_GROWTH = 4  # of one text block to the next


def reading_order(manifest: Manifest) -> Iterator[list[File]]:
    """Yield the files in the order in which they are of use, in sections; each file once.

    First the texts of all lessons; then what each lesson needs besides, in teaching order; then
    finer renditions; then what no lesson names.
    """
    texts = dict.fromkeys([manifest.cover] if manifest.cover else [])
    needed: list[dict[str, None]] = []
    finer: dict[str, None] = {}
    for lesson in manifest.lessons:
        needed.append({})
        for item in lesson.items:
            for path in item.required_paths():
                here = texts if is_text(manifest.by_path[path].media_type) else needed[-1]
                here.setdefault(path)
            finer |= dict.fromkeys(item.finer_paths())
    seen: set[str] = set()
    for section in (texts, *needed, finer, sorted(manifest.shared_paths())):
        yield [manifest.by_path[path] for path in section if path not in seen]
        seen |= set(section)


class Filler:
    """Writes chunks of `manifest` as blocks; `read_chunk` gives them by their numbers.

    `progress` gets the bytes of each chunk once it is taken.
    """

    def __init__(
        self,
        writer: BundleWriter,
        manifest: Manifest,
        read_chunk: Callable[[int], bytes],
        progress: Callable[[int], None],
    ) -> None:
        self._writer = writer
        self._manifest = manifest
        self._read_chunk = read_chunk
        self._progress = progress

    def write(
        self, wanted: Iterable[int], is_known: Callable[[File], bool] = lambda _: False
    ) -> None:
        """Write the `wanted` chunks, counted in the manifest's chunk table, in reading order.

        Files that are known took the place of earlier ones: nodes that have those fetch a delta, so
        that little is gained by compressing them as well as can be.
        """
        left = set(wanted)
        texts = _Gathering(self._writer, BLOCK_BYTES_FIRST)
        for section in reading_order(self._manifest):
            small = _Gathering(self._writer, BLOCK_BYTES_SMALL_FILES)
            large = []
            for file in section:
                if not is_text(file.media_type) and file.size > _SMALL_FILE_BYTES_MAX:
                    large.append(file)
                    continue
                gathering = texts if is_text(file.media_type) else small
                for number, data in self._take(file, left):
                    gathering.add(number, data, known=is_known(file))
            texts.flush()
            small.flush()
            for file in large:
                self._write_large(file, left, known=is_known(file))

    def _write_large(self, file: File, left: set[int], *, known: bool) -> None:
        gathering = _Gathering(self._writer, BLOCK_BYTES_MAX)
        for number, data in self._take(file, left):
            if _is_worth_compressing(data):
                gathering.add(number, data, known=known)
            else:
                gathering.flush()
                self._writer.add([number], data, level=None)
        gathering.flush()

    def _take(self, file: File, left: set[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the file's chunks that are left, and their numbers."""
        for chunk in file.pieces:
            number = self._manifest.number_of_chunk[chunk.digest]
            if number in left:
                left.discard(number)
                data = self._read_chunk(number)
                yield number, data
                self._progress(len(data))


def _is_worth_compressing(data: bytes) -> bool:
    trial = compression.compress(data, level=_TRIAL_LEVEL)
    return len(trial) < len(data) * _TRIAL_WORTH


class _Gathering:
    """Chunks that are to share a block: at first of at most `bytes_max` bytes, then of more."""

    def __init__(self, writer: BundleWriter, bytes_max: int) -> None:
        self._writer = writer
        self._bytes_max = bytes_max
        self._chunks: list[int] = []
        self._data = bytearray()
        self._known_bytes = 0

    def add(self, number: int, data: bytes, *, known: bool) -> None:
        """Add a chunk; what it doesn't fit into is written."""
        if len(self._data) + len(data) > self._bytes_max or len(self._chunks) >= BLOCK_CHUNKS_MAX:
            self.flush()
        self._chunks.append(number)
        self._data += data
        self._known_bytes += len(data) * known

    def flush(self) -> None:
        """Write what was gathered as a block, if anything was."""
        if not self._chunks:
            return
        level = _KNOWN_LEVEL if self._known_bytes * 2 > len(self._data) else _LEVEL
        self._writer.add(self._chunks, bytes(self._data), level=level)
        self._chunks, self._data, self._known_bytes = [], bytearray(), 0
        self._bytes_max = min(self._bytes_max * _GROWTH, BLOCK_BYTES_MAX)
