"""zstd (RFC 8878), bounded in output and in memory.

`zstandard`'s one-shot `decompress` trusts the size in a frame and ignores `max_window_size` when
that is there, so foreign bytes go through the streaming reader.
"""

import zstandard

from content_packs.errors import InvalidContent
from content_packs.limits import MIB

DOCUMENT_LEVEL = 19
WINDOW_BYTES_MAX = 8 * MIB  # what a decoder must be able to hold; RFC 8878 recommends 8 MiB
# What is decoded at a time: a run-length block turns 4 bytes into 128 KiB, so that a hostile frame
# goes past its bound by 16 MiB at most.
_SLICE_BYTES = 512
_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1; libzstd reads skippable frames, too


def compress(data: bytes, *, level: int, prefix: bytes = b"") -> bytes:
    """Return `data` as one zstd frame, without checksum: a digest covers it.

    The frame has its size; not so one with a `prefix`, which `data` is like: a delta says it.
    """
    reach = len(data) + len(prefix)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=reach,
        window_log=_window_log(reach),
        write_content_size=not prefix,
        write_checksum=0,
        write_dict_id=0,
    )
    content = _content(prefix)
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=content).compress(data)


def _window_log(size: int) -> int:
    if size <= 1 << 10:
        return 10
    return min((size - 1).bit_length(), WINDOW_BYTES_MAX.bit_length() - 1)


def _content(prefix: bytes) -> zstandard.ZstdCompressionDict | None:
    """Return `prefix` as what stands before a frame's bytes."""
    if not prefix:
        return None
    return zstandard.ZstdCompressionDict(prefix, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def compress_document(data: bytes) -> bytes:
    """Return a manifest's or a layout's bytes in their stored form."""
    return compress(data, level=DOCUMENT_LEVEL)


def decompress(
    frame: bytes | memoryview, *, bytes_max: int, what: str, prefix: bytes = b""
) -> bytes:
    """Return what one zstd frame holds, given the `prefix` that it was made with.

    Raises `InvalidContent` for anything but one whole frame of at most `bytes_max` bytes whose
    window is at most `WINDOW_BYTES_MAX`.
    """
    if frame[: len(_MAGIC)] != _MAGIC:
        raise InvalidContent(f"{what}: not a zstd frame that can be read: starts otherwise")
    decoder = zstandard.ZstdDecompressor(
        dict_data=_content(prefix), max_window_size=WINDOW_BYTES_MAX
    )
    try:
        said = zstandard.get_frame_parameters(frame)
        # CONTENTSIZE_UNKNOWN is past every bound; where 0 is said, `decoder` looks at nothing else
        if 0 < said.content_size <= bytes_max and said.window_size <= WINDOW_BYTES_MAX:
            return decoder.decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError:
        pass  # what is wrong with it is found below
    try:
        return _decompress_slices(decoder, frame, bytes_max, what)
    except zstandard.ZstdError as error:
        raise InvalidContent(f"{what}: not a zstd frame that can be read: {error}") from error


def _decompress_slices(
    decoder: zstandard.ZstdDecompressor, frame: bytes | memoryview, bytes_max: int, what: str
) -> bytes:
    """Decode a frame that doesn't say its size, or says it wrongly, a little at a time."""
    stream = decoder.decompressobj()
    pieces: list[bytes] = []
    size = 0
    view = memoryview(frame)
    for start in range(0, len(view), _SLICE_BYTES):
        if stream.eof:
            raise InvalidContent(f"{what}: {len(view) - start} bytes follow the zstd frame")
        piece = stream.decompress(view[start : start + _SLICE_BYTES])
        pieces.append(piece)
        size += len(piece)
        if size > bytes_max:
            raise InvalidContent(f"{what}: decompresses to more than the {bytes_max} bytes allowed")
    if not stream.eof:
        raise InvalidContent(f"{what}: the zstd frame is cut off after {len(view)} bytes")
    if stream.unused_data:
        raise InvalidContent(f"{what}: {len(stream.unused_data)} bytes follow the zstd frame")
    return b"".join(pieces)
