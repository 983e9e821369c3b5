"""Images as they lie on a laptop: plain, or compressed with xz or zstd; and the map beside them.

`satchel-node-arm64.img`, `.img.xz` and `.img.zst` are one image, and `satchel-node-arm64.map.json`
is its map. Bytes are unpacked as a stream: nothing is ever unpacked past the size that a map says.
"""

import lzma
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from content_packs import image_signatures
from content_packs.durable import storage_errors
from content_packs.errors import InvalidContent, Missing, UsageError
from content_packs.limits import KIB, MIB
from sync_node.flashing.limits import MAP_BLOCK_BYTES

MAP_SUFFIX = ".map.json"
_COMPRESSED = (".xz", ".zst")
_IMAGE = ".img"
_XZ, _ZSTD = b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW_BYTES_MAX = 256 * MIB
_ZSTD_INPUT_BYTES = 1 * KIB  # at a time: 4 bytes of it may stand for 128 KiB
_CUT = "It was cut off or damaged on its way here: copy it again."


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


def base_name(image: Path) -> str:
    """Return an image's name without what says that it is an image, and how it is compressed."""
    name = image.name
    for suffix in (*_COMPRESSED, _IMAGE):
        name = name.removesuffix(suffix)
    return name or image.name


def map_path(image: Path) -> Path:
    """Return where the map of an image lies: beside it."""
    return image.with_name(base_name(image) + MAP_SUFFIX)


def signature_path(map_file: Path) -> Path:
    """Return where the signature of a map lies: beside it."""
    return map_file.with_name(map_file.name + image_signatures.SUFFIX)


def pieces_of(image: Path) -> Iterator[bytes]:
    """Yield an image's bytes, uncompressed. Raises `Missing`, `UsageError`, `InvalidContent`."""
    try:
        with _opened(image) as (file, size):
            read = 0
            while piece := file.read(MAP_BLOCK_BYTES):
                read += len(piece)
                yield piece
            if not read:
                raise InvalidContent(f"{image}: is empty", hint=_CUT)
            if size is not None and read != size:
                raise InvalidContent(f"{image}: ended at {read} of {size} bytes", hint=_CUT)
    except (lzma.LZMAError, EOFError, zstandard.ZstdError) as error:
        raise InvalidContent(f"{image}: can't be unpacked: {error}", hint=_CUT) from error
    except OSError as error:
        raise Missing(
            f"{image}: can't be read: {error.strerror or error}", hint="Check the name."
        ) from error


def plain_pieces(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file of ours as they are. Raises `StorageFailed`."""
    with storage_errors(file), file.open("rb") as opened:
        while piece := opened.read(MAP_BLOCK_BYTES):
            yield piece


@contextmanager
def _opened(image: Path) -> Iterator[tuple[_Reads, int | None]]:
    """Open an image by what its first bytes say; with its size where that is known."""
    with image.open("rb") as raw:
        if not image.is_file():
            raise UsageError(
                f"{image}: is no ordinary file",
                hint="--image names a file: .img, .img.xz, .img.zst",
            )
        head = raw.read(len(_XZ))
        raw.seek(0)
        if head == _XZ:
            with lzma.LZMAFile(raw) as unpacked:
                yield unpacked, None
        elif head.startswith(_ZSTD):
            yield _Zstd(raw), None
        else:
            yield raw, os.fstat(raw.fileno()).st_size


class _Zstd:
    """A zstd file as a stream, however many frames it has; one that is cut off is an error."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._frames = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX)
        self._frame = self._frames.decompressobj()
        self._left = b""
        self._begun = False

    def read(self, _size: int, /) -> bytes:
        while True:
            data = self._left or self._raw.read(_ZSTD_INPUT_BYTES)
            self._left = b""
            if not data:
                if self._begun:
                    raise EOFError("it ends in the middle")
                return b""
            if self._frame.eof:
                self._frame = self._frames.decompressobj()
            self._begun = True
            found = self._frame.decompress(data)
            if self._frame.eof:
                self._begun, self._left = False, self._frame.unused_data
            if found:
                return found
