"""Content in the data directory's folder `repository`, which any web server can offer as it is."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from content_packs import durable, repository
from content_packs.durable import storage_errors
from content_packs.errors import Missing
from content_packs.stored_zip import Section
from hub.limits import READ_BYTES
from hub.objects.interface import Stored


class FolderObjects:
    """In the folder `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def size(self, place: str) -> int | None:
        """Return how many bytes lie at a place, None where no file can be looked at."""
        try:
            return self.local(place).stat().st_size
        except OSError:
            return None  # who puts or opens it says why

    def known_size(self, place: str) -> int | None:
        """As `size`."""
        return self.size(place)

    def put_file(self, place: str, path: Path) -> None:
        """Rename a file to its place. Raises `StorageFailed`."""
        target = self.local(place)
        durable.make_folder(target.parent)
        durable.rename(path, target)

    def put(self, place: str, data: bytes) -> None:
        """Write a file. Raises `StorageFailed`."""
        target = self.local(place)
        durable.make_folder(target.parent)
        durable.write(target, data)

    def local(self, place: str) -> Path:
        """Return the file's path, whether it is there or not."""
        return self._root.joinpath(*place.split("/"))

    def open(self, place: str, start: int, length: int) -> BinaryIO:
        """Return a part of a file. Raises `Missing`."""
        try:
            part = Section(self.local(place), start, length)
        except OSError as error:
            raise Missing(f"{place}: not here") from error
        return cast("BinaryIO", io.BufferedReader(part, READ_BYTES))

    def delete(self, place: str) -> None:
        """Remove a file. Raises `StorageFailed`."""
        durable.remove(self.local(place))

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield the files of a repository in the folder. Raises `StorageFailed`."""
        with storage_errors(self._root):
            for path in self._root.joinpath(prefix.partition("/")[0]).rglob("*"):
                place = path.relative_to(self._root).as_posix()
                if place.startswith(prefix) and repository.is_place(place):
                    yield Stored(place, path.stat().st_size)

    def publish(self) -> int:
        """Do nothing: what others read is this folder itself."""
        return 0
