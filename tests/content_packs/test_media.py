"""What a media file really is, told without a decoder and without trust."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from content_packs.limits import MEDIA_SECONDS_MAX
from content_packs.media import MediaFacts, kind_of_bytes, read_media
from tests.support import media


def read(data: bytes) -> MediaFacts:
    return read_media(BytesIO(data), len(data))


def test_an_mp4_tells_its_length_size_and_codecs() -> None:
    facts = read(media.mp4())
    assert facts.container == "mp4"
    assert facts.seconds == pytest.approx(1.0, abs=0.1)
    assert [(track.kind, track.codec) for track in facts.tracks] == [
        ("video", "avc1"),
        ("audio", "mp4a"),
    ]
    assert (facts.tracks[0].width, facts.height) == (64, 36)
    assert facts.plays_while_loading


def test_an_mp4_with_its_index_at_the_end_cant_play_while_loading() -> None:
    assert not read(media.mp4(faststart=False)).plays_while_loading


def test_a_webm_tells_its_length_size_and_codec() -> None:
    facts = read(media.webm())
    assert (facts.container, facts.height, facts.has_video) == ("webm", 36, True)
    assert facts.tracks[0].codec == "V_VP8"
    assert facts.seconds == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("tone.m4a", "aac", "mp4"),
        ("tone.mp3", "libmp3lame", "mp3"),
        ("tone.ogg", "libvorbis", "ogg"),
        ("tone.opus", "libopus", "ogg"),
    ],
)
def test_a_sound_tells_its_length_and_has_no_pictures(
    name: str, codec: str, container: str
) -> None:
    facts = read(media.sound(name, codec))
    assert facts.container == container
    assert facts.seconds == pytest.approx(2.0, abs=0.15)
    assert not facts.has_video


def test_what_is_no_media_is_refused_by_what_it_is() -> None:
    with pytest.raises(InvalidContent, match="it is png"):
        read(media.picture())


def test_a_film_cut_off_anywhere_in_its_index_is_refused() -> None:
    data = media.mp4()
    index_ends = data.index(b"mdat")
    for cut in range(0, index_ends + 4, 7):
        with pytest.raises(InvalidContent):
            read(data[:cut])


@given(st.binary(max_size=300), st.sampled_from([b"", b"\0\0\0\x18ftypisom", b"OggS", b"ID3"]))
def test_any_bytes_are_described_or_refused(data: bytes, head: bytes) -> None:
    described_or_refused(head + data)


@given(st.binary(max_size=300))
def test_any_bytes_after_a_webm_head_are_described_or_refused(data: bytes) -> None:
    described_or_refused(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67" + data)


@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_a_film_with_any_byte_changed_is_described_or_refused(
    place: int, value: int, use_webm: bool
) -> None:
    data = bytearray(media.webm() if use_webm else media.mp4())
    data[place % len(data)] = value
    described_or_refused(bytes(data))


def described_or_refused(data: bytes) -> None:
    try:
        facts = read(data)
    except InvalidContent:
        pass
    else:
        assert 0 <= facts.seconds <= MEDIA_SECONDS_MAX


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"GIF89a", "gif"),
        (b"RIFF\0\0\0\0WEBP", "webp"),
        (b"<!DOCTYPE html>", "html"),
        (b'<?xml version="1.0"?><svg xmlns=', "svg"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"once upon a time", ""),
    ],
)
def test_the_first_bytes_tell_the_kind(data: bytes, kind: str) -> None:
    assert kind_of_bytes(data) == kind
