"""What another node held, in a folder of a courier's stick: files and manifests by digest.

```
files/<aa>/<digest>        a file, as in that node's store
manifests/<digest>.json    a manifest, in the bytes that its digest names
```
To whoever asks it is a peer (`peer_places`) that happens to be a folder. What is in there is what
its names say or it is refused: nothing needs to be signed but the metadata beside it.
"""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import BinaryIO

from content_packs.errors import SourceUnavailable
from sync_node import peer_places
from sync_node.folder_source import FolderSource
from sync_node.limits import HELD_BYTES_MAX
from sync_node.source import Answer, Begun, Reading, check_place

_FOLDERS = [f"{number:02x}" for number in range(256)]
_DIGEST = re.compile("[0-9a-f]{64}")
_DIGEST_BYTES = 32


def file_path(digest: str) -> str:
    """Return where a file lies in the folder."""
    return f"files/{digest[:2]}/{digest}"


class HeldFolder(FolderSource):
    """Such a folder as a source. See `FolderSource`."""

    by_digest = True

    def get(
        self, path: str, *, bytes_max: int, etag: str = "", begun: Begun | None = None
    ) -> Answer:
        """Return a document, or the list of what is here. See `Source.get`."""
        if path != peer_places.HELD:
            return super().get(path, bytes_max=bytes_max, etag=etag, begun=begun)
        held = bytearray()
        for folder in _FOLDERS:
            left = (HELD_BYTES_MAX - len(held)) // _DIGEST_BYTES
            held += peer_places.held_bytes(self._digests_in(folder)[:left])
        return Answer(bytes(held))

    def open(self, path: str, first: int, length: int, *, fresh: bool = False) -> Reading:
        """Begin to read a range of files, one behind the other. See `Source.open`."""
        check_place(path, peer_places.is_place)
        digests = peer_places.digests_of(path)
        if not digests:
            return super().open(path, first, length, fresh=fresh)
        return _OneBehindTheOther(self, digests, first, length)

    def place_of(self, path: str) -> str:
        """Return where in the folder a peer's place lies."""
        check_place(path, peer_places.is_place)
        digests = peer_places.digests_of(path)
        return file_path(digests[0]) if digests else path

    def _digests_in(self, folder: str) -> Sequence[str]:
        names = self.names_in(f"files/{folder}")
        return sorted(name for name in names if name[:2] == folder and _DIGEST.fullmatch(name))


class _OneBehindTheOther:
    """A range over several files. See `Reading`."""

    waiting_since: float | None = None

    def __init__(self, folder: HeldFolder, digests: Sequence[str], first: int, length: int) -> None:
        self._folder = folder
        self._to_come = list(digests)
        self._skip = first
        self._left = length
        self._file: BinaryIO | None = None
        self._open = ExitStack()

    def readinto(self, view: memoryview) -> int:
        """Read some of the range. Raises what sources raise."""
        while self._left:
            file = self._file or self._next()
            with self._folder.errors("files"):
                size: int = file.readinto(view[: self._left])  # type: ignore[attr-defined]  # raw
            if size:
                self._left -= size
                self._folder.traffic.bytes_in += size
                return size
            self.close()
        return 0

    def _next(self) -> BinaryIO:
        """Open the next file of which something is wanted."""
        while self._to_come:
            place = peer_places.files_path([self._to_come.pop(0)])
            file, size = self._open.enter_context(self._folder.opened(place))
            if self._skip < size:
                with self._folder.errors(place):
                    file.seek(self._skip)
                self._skip = 0
                self._file = file
                return file
            self._skip -= size
            self._open.close()
        raise SourceUnavailable(f"{self._folder.name}: files: ended {self._left} bytes early")

    def abort(self) -> None:
        """Do nothing: a disk answers or fails by itself."""

    def close(self) -> None:
        """Close the file that is open."""
        self._file = None
        self._open.close()
