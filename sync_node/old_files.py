"""Files of the store as a delta reads them: whole, or a range; a few of them stay open."""

import os
import weakref
from collections import OrderedDict

from content_packs.errors import InvalidContent
from content_packs.manifest import File
from sync_node.limits import OLD_FILES_OPEN_MAX
from sync_node.store import Store

_HINT = "Run `sync-node check`: it fetches again what is damaged."


class OldFiles:
    """Reads files of the store. What is read isn't checked: what is made of it is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: OrderedDict[str, int] = OrderedDict()
        weakref.finalize(self, _close, self._open)  # however a tick ends

    def close(self) -> None:
        """Close what is open; what is read later is opened anew.

        A file that is removed frees no room as long as it is open, and each delta has some open.
        """
        _close(self._open)

    def read(self, file: File) -> bytes:
        """Return a file whole. Raises `InvalidContent` where it is gone or can't be read."""
        return self.read_range(file, 0, file.size)

    def read_range(self, file: File, offset: int, length: int) -> bytes:
        """Return `length` bytes of a file. Raises as `read`."""
        try:
            data = os.pread(self._descriptor(file.digest), length, offset)
        except OSError as error:
            what = f"{self._store.path(file.digest)}: {error.strerror}"
            raise InvalidContent(what, hint=_HINT) from error
        if len(data) != length:
            raise InvalidContent(f"{self._store.path(file.digest)}: is cut short", hint=_HINT)
        return data

    def _descriptor(self, digest: str) -> int:
        if digest not in self._open:
            self._open[digest] = os.open(self._store.path(digest), os.O_RDONLY | os.O_NOFOLLOW)
            while len(self._open) > OLD_FILES_OPEN_MAX:
                os.close(self._open.popitem(last=False)[1])
        self._open.move_to_end(digest)
        return self._open[digest]


def _close(descriptors: OrderedDict[str, int]) -> None:
    while descriptors:
        os.close(descriptors.popitem()[1])
