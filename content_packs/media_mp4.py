"""MP4 as ISO 14496-12 writes it: boxes within boxes. Reads ftyp, moov and where mdat starts."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from content_packs.errors import InvalidContent
from content_packs.limits import MEDIA_PARTS_MAX, MEDIA_SECONDS_MAX
from content_packs.media_facts import MediaFacts, Reader, Track

_FIXED_BYTES_MAX = 256  # the largest prefix of mvhd, tkhd, mdhd, hdlr and stsd that is looked at
_KINDS = {b"vide": "video", b"soun": "audio"}


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int  # of the content
    end: int


def read(reader: Reader) -> MediaFacts:
    """Return what an MP4 file says about itself. Raises `InvalidContent`."""
    seconds = 0.0
    tracks: list[Track] = []
    moov_at = mdat_at = -1
    for box in _boxes(reader, 0, reader.size):
        if box.kind == b"mdat" and mdat_at < 0:
            mdat_at = box.start
        if box.kind == b"moov" and moov_at < 0:
            moov_at = box.start
            for part in _boxes(reader, box.start, box.end):
                if part.kind == b"mvhd":
                    seconds = max(seconds, _seconds_of_header(reader, part))
                elif part.kind == b"trak":
                    track, long = _track(reader, part)
                    tracks.append(track)
                    seconds = max(seconds, long)
    if moov_at < 0 or mdat_at < 0:
        lacking = "its index (moov)" if moov_at < 0 else "content (mdat)"
        raise InvalidContent(
            f"an MP4 file without {lacking}: the recording or the copy was cut off",
            hint="Export or copy it again.",
        )
    return MediaFacts(
        container="mp4",
        seconds=seconds,
        tracks=tuple(tracks),
        plays_while_loading=moov_at < mdat_at,
    )


def _boxes(reader: Reader, start: int, end: int) -> Iterator[_Box]:
    for _ in range(MEDIA_PARTS_MAX):
        if end - start < 8:  # a box's size and kind; less is padding
            return
        size, kind = struct.unpack(">I4s", reader.at(start, 8))
        head = 8
        if size == 1:
            head = 16
            (size,) = struct.unpack(">Q", reader.at(start + 8, 8))
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise InvalidContent(
                f"cut off or damaged: the box {_printable(kind)} at byte {start} says that it has "
                f"{size} bytes, {end - start} are there",
                hint="Copy or export the file again.",
            )
        yield _Box(kind, start + head, start + size)
        start += size
    raise InvalidContent(f"more than {MEDIA_PARTS_MAX} boxes side by side")


def _prefix(reader: Reader, box: _Box) -> bytes:
    return reader.at(box.start, min(box.end - box.start, _FIXED_BYTES_MAX))


def _seconds_of_header(reader: Reader, box: _Box) -> float:
    """Return the length in `mvhd` or `mdhd`: both begin alike (ISO 14496-12, 8.2.2, 8.4.2)."""
    data = _prefix(reader, box)
    try:
        if data[:1] == b"\1":
            scale, length = struct.unpack_from(">IQ", data, 20)
            unknown = 2**64 - 1
        else:
            scale, length = struct.unpack_from(">II", data, 12)
            unknown = 2**32 - 1
    except struct.error as error:
        raise InvalidContent(f"its {_printable(box.kind)} box is too short") from error
    if not scale or length == unknown:
        return 0.0
    return min(float(length / scale), MEDIA_SECONDS_MAX)


def _track(reader: Reader, trak: _Box) -> tuple[Track, float]:
    width = height = 0
    kind, codec, seconds = "other", "", 0.0
    for box in _boxes(reader, trak.start, trak.end):
        if box.kind == b"tkhd":
            width, height = _size_in_pixels(_prefix(reader, box))
        elif box.kind == b"mdia":
            for part in _boxes(reader, box.start, box.end):
                if part.kind == b"hdlr":
                    kind = _KINDS.get(_prefix(reader, part)[8:12], "other")
                elif part.kind == b"mdhd":
                    seconds = _seconds_of_header(reader, part)
                elif part.kind == b"minf":
                    codec = _codec(reader, part)
    if kind != "video":
        width = height = 0
    return Track(kind, codec, width, height), seconds


def _size_in_pixels(tkhd: bytes) -> tuple[int, int]:
    at = 88 if tkhd[:1] == b"\1" else 76  # two 16.16 numbers at the end of tkhd (8.3.2)
    if len(tkhd) < at + 8:
        raise InvalidContent("its tkhd box is too short")
    width, height = struct.unpack_from(">II", tkhd, at)
    return width >> 16, height >> 16


def _codec(reader: Reader, minf: _Box) -> str:
    for box in _boxes(reader, minf.start, minf.end):
        if box.kind != b"stbl":
            continue
        for part in _boxes(reader, box.start, box.end):
            if part.kind == b"stsd":
                entry = _prefix(reader, part)[12:16]
                return _printable(entry) if len(entry) == 4 else ""  # a code
    return ""


def _printable(code: bytes) -> str:
    return "".join(chr(byte) if 32 < byte < 127 else "?" for byte in code)
