"""MP3 (ISO 11172-3 and 13818-3 frames, ID3v2 skipped) and Ogg (RFC 3533) with Vorbis or Opus."""

import struct

from content_packs.errors import InvalidContent
from content_packs.limits import MEDIA_SECONDS_MAX
from content_packs.media_facts import MediaFacts, Reader, Track

_SEARCH_BYTES = 64 * 1024  # how far padding before the first frame, or the last Ogg page, may reach
_KBITS = {  # layer III, by MPEG version: kbit/s for index 1 to 14
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_OPUS_HERTZ = 48_000  # RFC 7845, section 4: granules always count at 48 kHz


def is_frame_header(data: bytes) -> bool:
    """Say whether four bytes start an MPEG layer III frame."""
    if len(data) != 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:  # sync, layer III
        return False
    version, bitrate, rate = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    return version != 1 and bitrate not in {0, 15} and rate != 3  # reserved values


def read_mp3(reader: Reader) -> MediaFacts:
    """Return what an MP3 file says about itself. Raises `InvalidContent`."""
    start = 0
    head = reader.at(0, min(10, reader.size))
    if head[:3] == b"ID3" and len(head) == 10:  # ID3v2 header, size as 4 x 7 bits
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        start = min(10 + size, reader.size)
    data = reader.at(start, min(_SEARCH_BYTES, reader.size - start))
    at = data.find(b"\xff")
    while at >= 0 and not is_frame_header(data[at : at + 4]):
        at = data.find(b"\xff", at + 1)
    if at < 0:
        raise InvalidContent("an MP3 file without audio in it", hint="Export or copy it again.")
    seconds = _mp3_seconds(data[at : at + 256], reader.size - start - at)
    return MediaFacts("mp3", min(seconds, MEDIA_SECONDS_MAX), (Track("audio", "mp3"),))


def _mp3_seconds(frame: bytes, size: int) -> float:
    version = frame[1] >> 3 & 3
    hertz = _HERTZ[version][frame[2] >> 2 & 3]
    samples = 1152 if version == 3 else 576  # MPEG 1 against 2 and 2.5
    for mark in (b"Xing", b"Info"):  # a variable rate's first frame counts the frames
        at = frame.find(mark)
        if at >= 0 and len(frame) >= at + 12 and frame[at + 7] & 1:
            return float(struct.unpack_from(">I", frame, at + 8)[0]) * samples / hertz
    kbits = _KBITS[1 if version == 3 else 2][(frame[2] >> 4) - 1]  # MPEG 1
    return size * 8 / (kbits * 1000)


def read_ogg(reader: Reader) -> MediaFacts:
    """Return what an Ogg file says about itself. Raises `InvalidContent`."""
    head = reader.at(0, min(128, reader.size))
    if b"OpusHead" in head:
        codec, hertz = "opus", _OPUS_HERTZ
    elif (at := head.find(b"\x01vorbis")) >= 0 and len(head) >= at + 16:
        codec, hertz = "vorbis", struct.unpack_from("<I", head, at + 12)[0]
    else:
        raise InvalidContent(
            "an Ogg file with neither Opus nor Vorbis in it", hint="Convert it to one of them."
        )
    start = max(0, reader.size - _SEARCH_BYTES)
    tail = reader.at(start, reader.size - start)
    last = tail.rfind(b"OggS")
    seconds = 0.0
    if last >= 0 and len(tail) >= last + 14 and hertz:
        (granule,) = struct.unpack_from("<q", tail, last + 6)
        seconds = max(0.0, min(granule / hertz, MEDIA_SECONDS_MAX))
    return MediaFacts("ogg", seconds, (Track("audio", codec),))
