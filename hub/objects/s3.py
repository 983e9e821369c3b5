"""Content in an S3-compatible store, such as MinIO, Ceph, or a cloud's, behind a CDN if need be.

The store is the truth about content: a place is put whole or not at all, and what was put or
fetched is also kept in a cache here. Metadata's truth stays in the data directory; `publish` copies
it up, with `timestamp.json`, the only thing that is ever replaced, last.
"""

import io
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import S3Store

from content_packs import repository
from content_packs.durable import storage_errors
from content_packs.errors import Missing, StorageFailed
from content_packs.stored_zip import Section
from hub.config import Config
from hub.data_dir import DataDir
from hub.errors import InvalidConfig
from hub.limits import READ_BYTES
from hub.objects import checking
from hub.objects.cache import Cache
from hub.objects.interface import Stored
from hub.objects.limits import (
    CONNECT_SECONDS_MAX,
    LIST_AT_ONCE,
    PART_BYTES,
    PARTS_AT_ONCE,
    PIECE_BYTES,
    REQUEST_SECONDS_MAX,
    RETRIES_MAX,
    RETRY_SECONDS_MAX,
    SIZES_REMEMBERED,
)

if TYPE_CHECKING:
    from obstore.store import S3Config

_METADATA = "metadata/"
_FOR_EVER = "max-age=31536000"
_ASK_EACH_TIME = "no-cache"
_WHY_CHARACTERS = 300
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)  # in S3's errors
_HINT = "Check the store, its address and its keys: see hub/CLI.md, Configuration."


class S3Objects:
    """In the bucket that the configuration names. Raises `InvalidConfig`."""

    def __init__(self, data: DataDir, config: Config) -> None:
        self._data = data
        self._address = config.objects
        self._store = _store(config)
        self._cache = Cache(data.root / "cache", lambda: uuid.uuid4().hex)
        self._known_size = lru_cache(SIZES_REMEMBERED)(self._expect_size)

    def size(self, place: str) -> int | None:
        """Ask the store for the size of what lies at a place. Raises `StorageFailed`."""
        if place.startswith(_METADATA):
            path = self._data.place(place)
            return path.stat().st_size if path.is_file() else None
        try:
            return int(obstore.head(self._store, place)["size"])
        except FileNotFoundError:
            return None
        except exceptions.BaseError as error:
            raise self._failed(place, error) from error

    def known_size(self, place: str) -> int | None:
        """As `size`; the store is asked once. Raises `StorageFailed`."""
        try:
            return self._known_size(place)
        except Missing:
            return None

    def put_file(self, place: str, path: Path) -> None:
        """Send a file to the store, and keep it in the cache. Raises `StorageFailed`."""
        with storage_errors(path):
            size = path.stat().st_size
        if self.size(place) != size:
            self._send(place, path)
        self._cache.adopt(place, path)

    def put(self, place: str, data: bytes) -> None:
        """Send bytes to the store. Raises `StorageFailed`."""
        self._send(place, data)

    def local(self, place: str) -> Path:
        """Return the cached file of a place, fetched and checked if need be.

        Raises `Missing`, `Damaged`, `StorageFailed`.
        """
        if place.startswith(_METADATA):
            return self._data.place(place)
        found = self._cache.find(place)
        if found is None:
            size = self._expect_size(place)
            pieces = checking.checked(place, self._pieces(place, 0, size))
            found = self._cache.fill(place, pieces)
        return found

    def open(self, place: str, start: int, length: int) -> BinaryIO:
        """Return a part of what lies at a place, read from the store as it is asked for."""
        found = self._cache.find(place)
        if found is not None:
            with storage_errors(found):
                part: io.RawIOBase = Section(found, start, length)
        else:
            part = _Pieces(self._pieces(place, start, length))
        return cast("BinaryIO", io.BufferedReader(part, READ_BYTES))

    def delete(self, place: str) -> None:
        """Remove what lies at a place. Raises `StorageFailed`."""
        try:
            obstore.delete(self._store, place)
        except FileNotFoundError:
            pass
        except exceptions.BaseError as error:
            raise self._failed(place, error) from error
        self._cache.drop(place)
        self._known_size.cache_clear()

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Yield what is stored at places that begin so. Raises `StorageFailed`."""
        folder = prefix.rpartition("/")[0]
        try:
            for some in obstore.list(self._store, folder or None, chunk_size=LIST_AT_ONCE):
                for one in some:
                    place = one["path"]
                    if place.startswith(prefix) and repository.is_place(place):
                        yield Stored(place, int(one["size"]))
        except (exceptions.BaseError, FileNotFoundError) as error:
            raise self._failed(prefix, error) from error

    def publish(self) -> int:
        """Copy up what the store lacks of the metadata, roots after what they want, then the rest.

        Nothing is done where the store has the newest timestamp, since that came last. Raises
        `StorageFailed`.
        """
        place = repository.TIMESTAMP
        with storage_errors(self._data.metadata):
            timestamp = self._data.place(place).read_bytes()
            names = [path.name for path in self._data.metadata.iterdir()]
        if self._bytes(place) == timestamp:
            return 0
        there = {one.place for one in self.list(_METADATA)}
        new = {f"{_METADATA}{name}" for name in names} - there - {place}
        wanted = [one for one in new if repository.is_place(one)]
        for one in sorted(wanted, key=lambda one: (one.endswith(".root.json"), len(one), one)):
            self._send(one, self._data.place(one))
        self._send(place, timestamp)
        return len(wanted) + 1

    def _bytes(self, place: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, place).bytes())
        except FileNotFoundError:
            return None
        except exceptions.BaseError as error:
            raise self._failed(place, error) from error

    def _pieces(self, place: str, start: int, length: int) -> Iterator[bytes]:
        """Yield a part of what lies at a place. Raises `Missing`, `StorageFailed`."""
        end = start + length
        for first in range(start, end, PIECE_BYTES):
            wanted = min(PIECE_BYTES, end - first)
            try:
                yield bytes(obstore.get_range(self._store, place, start=first, length=wanted))
            except FileNotFoundError as error:
                raise self._missing(place) from error
            except exceptions.BaseError as error:
                raise self._failed(place, error) from error

    def _send(self, place: str, what: Path | bytes) -> None:
        kept = _FOR_EVER if repository.is_immutable(place) else _ASK_EACH_TIME
        try:
            obstore.put(
                self._store,
                place,
                what,
                attributes={"Cache-Control": kept},
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )
        except (exceptions.BaseError, FileNotFoundError) as error:  # no such bucket
            raise self._failed(place, error) from error

    def _expect_size(self, place: str) -> int:
        found = self.size(place)
        if found is None:
            raise self._missing(place)
        return found

    def _missing(self, place: str) -> Missing:
        return Missing(f"{place}: isn't in the store {self._address}")

    def _failed(self, place: str, error: Exception) -> StorageFailed:
        return StorageFailed(f"the store {self._address}: {place}: {_why(error)}", hint=_HINT)


class _Pieces(io.RawIOBase):
    """Bytes that come in pieces as a file to be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._left = pieces, memoryview(b"")

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next bytes into `buffer`; return how many."""
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._left))
        memoryview(buffer)[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def _why(error: Exception) -> str:
    """Return what the server said, or else how the library begins to tell it."""
    said = str(error)
    message = _MESSAGE.search(said)
    words = message[1] if message else said.partition("Debug source:")[0]
    return " ".join(words.split())[:_WHY_CHARACTERS]


def _store(config: Config) -> S3Store:
    found = urlsplit(config.objects)
    if not found.hostname:
        raise InvalidConfig(
            f"hub.toml: objects is {config.objects!r}, which names no bucket",
            hint='Write "s3://BUCKET/PREFIX".',
        )
    said: S3Config = {"virtual_hosted_style_request": False}
    if config.objects_endpoint:
        said["endpoint"] = config.objects_endpoint
    try:
        return S3Store(
            found.netloc,
            prefix=found.path.strip("/") or None,
            config=said,
            client_options={
                "allow_http": config.objects_endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS_MAX),
                "timeout": timedelta(seconds=REQUEST_SECONDS_MAX),
            },
            retry_config={
                "max_retries": RETRIES_MAX,
                "retry_timeout": timedelta(seconds=RETRY_SECONDS_MAX),
            },
        )
    except exceptions.BaseError as error:
        raise InvalidConfig(f"hub.toml: objects is {config.objects!r}: {error}") from error
