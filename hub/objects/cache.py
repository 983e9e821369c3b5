"""Content that was fetched from a store, kept on this machine: `cache/<place>` of the data.

Bounded: what wasn't used for longest goes first, but nothing of the last minutes. All of it can be
removed at any time.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from content_packs import durable
from content_packs.durable import storage_errors
from content_packs.repository import is_place
from hub.objects.limits import CACHE_BYTES_MAX, CACHE_KEPT_SECONDS

_TEMPORARY = "new"


class Cache:
    """In `folder`, of about `bytes_max`. `name` gives names that nobody else has."""

    def __init__(
        self,
        folder: Path,
        name: Callable[[], str],
        *,
        bytes_max: int = CACHE_BYTES_MAX,
        kept_seconds: float = CACHE_KEPT_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._name, self._clock = folder, name, clock
        self._bytes_max, self._kept_seconds = bytes_max, kept_seconds

    def find(self, place: str) -> Path | None:
        """Return where a place's bytes lie, if they are here; they count as used now."""
        path = self._path(place)
        try:
            os.utime(path, (self._clock(), self._clock()))
        except OSError:
            return None
        return path

    def fill(self, place: str, pieces: Iterable[bytes]) -> Path:
        """Keep the bytes of a place; `pieces` may raise for what isn't to be kept.

        Raises `StorageFailed`, and what `pieces` raises.
        """
        folder = self._folder / _TEMPORARY
        durable.make_folder(folder)
        new = folder / self._name()
        durable.write(new, pieces)
        return self.adopt(place, new)

    def adopt(self, place: str, path: Path) -> Path:
        """Keep a durable file as the bytes of a place; it is used up. Raises `StorageFailed`."""
        target = self._path(place)
        durable.make_folder(target.parent)
        durable.rename(path, target)
        self.find(place)
        self._evict()
        return target

    def drop(self, place: str) -> None:
        """Keep a place no longer. Raises `StorageFailed`."""
        durable.remove(self._path(place))

    def _path(self, place: str) -> Path:
        return self._folder.joinpath(*place.split("/"))

    def _evict(self) -> None:
        with storage_errors(self._folder):
            found = [
                (status.st_mtime, status.st_size, path)
                for path in self._folder.rglob("*.*")
                if is_place(path.relative_to(self._folder).as_posix())
                and (status := path.stat(follow_symlinks=False))
            ]
            over = sum(size for _, size, _ in found) - self._bytes_max
            last = self._clock() - self._kept_seconds
            for used, size, path in sorted(found, key=lambda one: one[0]):
                if over <= 0 or used > last:
                    return
                path.unlink(missing_ok=True)
                over -= size
