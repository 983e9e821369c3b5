"""WebM: the parts of Matroska (RFC 9559) that describe, written as EBML (RFC 8794)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from content_packs.errors import InvalidContent
from content_packs.limits import MEDIA_PARTS_MAX, MEDIA_SECONDS_MAX
from content_packs.media_facts import MediaFacts, Reader, Track

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = (
    0x1A45DFA3,
    0x18538067,
    0x1549A966,
    0x1654AE6B,
    0x1F43B675,
)
_DOC_TYPE, _SCALE, _DURATION = 0x4282, 0x2AD7B1, 0x4489
_TRACK, _TRACK_TYPE, _CODEC, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0x83, 0x86, 0xE0, 0xB0, 0xBA
_VALUE_BYTES_MAX = 64
_KINDS = {1: "video", 2: "audio"}


@dataclass(frozen=True)
class _Element:
    name: int
    start: int
    end: int


def read(reader: Reader) -> MediaFacts:
    """Return what a WebM file says about itself. Raises `InvalidContent`."""
    seconds = 0.0
    tracks: tuple[Track, ...] = ()
    for top in _elements(reader, 0, reader.size):
        if top.name == _EBML:
            _check_type(reader, top)
        elif top.name == _SEGMENT:
            for part in _elements(reader, top.start, top.end):
                if part.name == _INFO:
                    seconds = _seconds(reader, part)
                elif part.name == _TRACKS:
                    tracks = tuple(_tracks(reader, part))
                elif part.name == _CLUSTER:
                    break  # the content: what describes it stands before
            break
    if not tracks:
        raise InvalidContent("a WebM file without tracks", hint="Export or copy it again.")
    return MediaFacts(container="webm", seconds=seconds, tracks=tracks)


def _check_type(reader: Reader, head: _Element) -> None:
    for part in _elements(reader, head.start, head.end):
        if part.name == _DOC_TYPE:
            kind = _value(reader, part).rstrip(b"\0")
            if kind != b"webm":
                raise InvalidContent(
                    f"a Matroska file of type {kind!r}, expected 'webm'",
                    hint="Convert it to MP4 or WebM; browsers don't play other Matroska files.",
                )


def _number(reader: Reader, at: int, *, keep_marker: bool) -> tuple[int, int, bool]:
    """Return an EBML variable-size number, where it ends, and whether all its bits are set."""
    first = reader.at(at, 1)[0]
    length = 9 - first.bit_length()
    if first == 0 or (keep_marker and length > 4):  # RFC 8794, 5: names have 1-4
        raise InvalidContent(f"not EBML at byte {at}", hint="Copy or export the file again.")
    data = reader.at(at, length)
    value = int.from_bytes(data, "big")
    bits = 7 * length
    payload = value & ((1 << bits) - 1)
    return value if keep_marker else payload, at + length, payload == (1 << bits) - 1


def _elements(reader: Reader, start: int, end: int) -> Iterator[_Element]:
    for _ in range(MEDIA_PARTS_MAX):
        if start >= end:
            return
        name, at, _all = _number(reader, start, keep_marker=True)
        size, at, unknown = _number(reader, at, keep_marker=False)
        stop = end if unknown else at + size
        if stop > end:
            raise InvalidContent(
                f"cut off: {stop - end} bytes are missing from the element at byte {start}",
                hint="Copy or export the file again.",
            )
        yield _Element(name, at, stop)
        start = stop
    raise InvalidContent(f"more than {MEDIA_PARTS_MAX} elements side by side")


def _value(reader: Reader, element: _Element) -> bytes:
    return reader.at(element.start, min(element.end - element.start, _VALUE_BYTES_MAX))


def _unsigned(reader: Reader, element: _Element) -> int:
    return int.from_bytes(_value(reader, element)[:8], "big")


def _seconds(reader: Reader, info: _Element) -> float:
    scale, length = 1_000_000, 0.0
    for part in _elements(reader, info.start, info.end):
        if part.name == _SCALE:
            scale = _unsigned(reader, part)
        elif part.name == _DURATION:
            data = _value(reader, part)
            if len(data) in {4, 8}:
                (length,) = struct.unpack(">f" if len(data) == 4 else ">d", data)  # bytes
    seconds = length * scale / 1e9
    return min(seconds, MEDIA_SECONDS_MAX) if seconds > 0 else 0.0  # not a number isn't > 0


def _tracks(reader: Reader, tracks: _Element) -> Iterator[Track]:
    for entry in _elements(reader, tracks.start, tracks.end):
        if entry.name != _TRACK:
            continue
        kind, codec, width, height = "other", "", 0, 0
        for part in _elements(reader, entry.start, entry.end):
            if part.name == _TRACK_TYPE:
                kind = _KINDS.get(_unsigned(reader, part), "other")
            elif part.name == _CODEC:
                codec = _value(reader, part).decode("ascii", "replace")
            elif part.name == _VIDEO:
                for field in _elements(reader, part.start, part.end):
                    if field.name == _WIDTH:
                        width = _unsigned(reader, field)
                    elif field.name == _HEIGHT:
                        height = _unsigned(reader, field)
        yield Track(kind, codec, width, height)
