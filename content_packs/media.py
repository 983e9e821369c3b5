"""What a media file really is: container, length, tracks. Pure, bounded, and never a decoder.

    read_media          a file that can be sought → MediaFacts, or InvalidContent
    ├── media_mp4       ISO 14496-12 boxes: ftyp, moov (mvhd, trak), mdat
    ├── media_webm      EBML (RFC 8794) and Matroska (RFC 9559): Info and Tracks
    └── media_audio     MPEG audio frames and Ogg pages (RFC 3533)

Only the parts that describe are read, so a film of gigabytes costs kilobytes.
"""

from typing import BinaryIO

from content_packs import media_audio, media_mp4, media_webm
from content_packs.errors import InvalidContent
from content_packs.media_facts import MediaFacts, Reader, Track

__all__ = ["MediaFacts", "Track", "kind_of_bytes", "read_media"]

HEAD_BYTES = 512  # enough to tell any of the formats below apart

_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"ftyp", 4, "mp4"),
    (b"\x1a\x45\xdf\xa3", 0, "webm"),
    (b"OggS", 0, "ogg"),
    (b"ID3", 0, "mp3"),
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"\xff\xd8\xff", 0, "jpeg"),
    (b"GIF8", 0, "gif"),
    (b"WEBP", 8, "webp"),
    (b"WAVE", 8, "wav"),
    (b"AVI ", 8, "avi"),
    (b"%PDF-", 0, "pdf"),
    (b"PK\x03\x04", 0, "zip"),
    (b"wOFF", 0, "woff"),
    (b"wOF2", 0, "woff2"),
    (b"fLaC", 0, "flac"),
    (b"FLV", 0, "flv"),
    (b"0&\xb2u", 0, "wmv"),
    (b"WEBVTT", 0, "vtt"),
)


def kind_of_bytes(head: bytes) -> str:
    """Return what the first `HEAD_BYTES` of a file say that it is, such as `mp4`, or ``."""
    for magic, offset, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    if media_audio.is_frame_header(head[:4]):
        return "mp3"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    return "svg" if b"<svg" in head else ""


def read_media(file: BinaryIO, size: int) -> MediaFacts:
    """Return what a video or audio of `size` bytes is.

    Raises `InvalidContent` where it is none that a phone plays (MP4, WebM, Ogg, MP3), or its
    description is broken.
    """
    reader = Reader(file, size)
    head = reader.at(0, min(HEAD_BYTES, size))
    kind = kind_of_bytes(head)
    if kind == "mp4":
        return media_mp4.read(reader)
    if kind == "webm":
        return media_webm.read(reader)
    if kind == "ogg":
        return media_audio.read_ogg(reader)
    if kind == "mp3":
        return media_audio.read_mp3(reader)
    found = f"it is {kind}" if kind else f"it starts with {head[:12]!r}"
    raise InvalidContent(
        f"not an MP4, WebM, Ogg or MP3 file: {found}",
        hint="Convert it, for example with ffmpeg; renaming it isn't enough.",
    )
