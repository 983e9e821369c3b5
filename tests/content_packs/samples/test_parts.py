"""What the sample packs are made with: lines of text, captions, revisions, drawings, the voice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import webvtt
from content_packs.errors import InvalidContent
from content_packs.samples import colours
from content_packs.samples.canvas import Picture
from content_packs.samples.captions import Cue, write_webvtt
from content_packs.samples.drawings import draw_scene
from content_packs.samples.flowing import Piece, break_lines, pieces_of
from content_packs.samples.revision import revise
from content_packs.samples.scripts import Pictures, read_script
from content_packs.samples.voice import SAMPLES_PER_SECOND, seconds_of, speak

FOOTERS = b'[footer]\nen = "the foot"\nzh = "\xe8\x84\x9a"\n'


def width_of(piece: Piece) -> float:
    return float(max(len(piece.text), len(piece.bottom)))


def text_of(lines: list[list[Piece]]) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def test_latin_breaks_between_words() -> None:
    assert text_of(break_lines("one two three", 8, width_of)) == ["one two ", "three"]


def test_chinese_breaks_anywhere_but_before_punctuation() -> None:
    assert text_of(break_lines("水的循环。水", 4, width_of)) == ["水的循环。", "水"]


def test_a_fraction_is_one_piece() -> None:
    assert pieces_of("Add {1/2} now") == [
        *(Piece("Add"), Piece(" "), Piece("1", "2"), Piece(" "), Piece("now"))
    ]


@given(st.text(alphabet="ab 水，。{}/1", max_size=60), st.integers(min_value=1, max_value=20))
def test_no_line_is_wider_than_it_may_be_unless_it_cannot_be_broken(text: str, width: int) -> None:
    for line in break_lines(text, width, width_of):
        free = [piece for piece in line if piece.text[0] not in "，。/"]
        assert sum(width_of(piece) for piece in free) <= width or len(free) == 1


def test_captions_read_back() -> None:
    written = write_webvtt([Cue(400, 61_005, "1 < 2 & 3"), Cue(3_600_000, 3_600_500, "水")])
    read = webvtt.parse(written.decode())
    assert read.problems == ()
    assert [(cue.start, cue.end) for cue in read.cues] == [(400, 61_005), (3_600_000, 3_600_500)]
    assert b"1 &lt; 2 &amp; 3" in written


def test_a_revision_replaces_renames_and_overrides() -> None:
    files = {
        "_version-2.toml": FOOTERS
        + b'[rename]\n"01-a" = "01-b"\n'
        + b'[[replace]]\nfile = "01-a/x.en.md"\nold = "teh"\nnew = "the"\n',
        "_version-2/01-a/film": b"new",
        "01-a/film": b"old",
        "01-a/x.en.md": b"teh [y](../01-a/y.en.md)\n",
    }
    assert revise(files, 2) == {
        "01-b/film": b"new",
        "01-b/x.en.md": b"the [y](../01-b/y.en.md)\n\n---\n\nthe foot\n",
    }


@pytest.mark.parametrize("page", [b"none", b"teh teh"])
def test_a_replacement_has_to_be_found_once(page: bytes) -> None:
    revision = FOOTERS + b'[[replace]]\nfile = "x.en.md"\nold = "teh"\nnew = "the"\n'
    with pytest.raises(InvalidContent, match=r"stands [02] times"):
        revise({"_version-2.toml": revision, "x.en.md": page}, 2)


@pytest.mark.parametrize("script", [b"[[picture]]\nfile = 1", b"picture = [", b"other = 1"])
def test_a_faulty_script_is_named(script: bytes) -> None:
    with pytest.raises(InvalidContent, match=r"01-a/_pictures.toml: .+"):
        read_script(script, Pictures, what="01-a/_pictures.toml")


def test_a_drawing_that_there_is_not() -> None:
    picture = Picture(40, 40, colours.PAPER)
    with pytest.raises(InvalidContent, match="no drawing 'piza'") as caught:
        draw_scene(picture.view, (0, 0, 40, 40), [["piza 2 1"]], str)
    assert "pizza" in caught.value.hint


def test_half_a_pizza_is_half_coloured() -> None:
    picture = Picture(200, 200, colours.PAPER)
    draw_scene(picture.view, (0, 0, 200, 200), [["pizza 2 1"]], str)
    image = picture.finish()
    cheese, pale = (tuple(bytes.fromhex(c[1:])) for c in (colours.CHEESE, colours.PALE_CHEESE))
    assert image.getpixel((170, 100)) == cheese
    assert image.getpixel((30, 100)) == pale


def test_the_voice_speaks_both_languages_the_same_each_time() -> None:
    for language, text in (("en", "One half of a pizza."), ("zh", "比萨的二分之一。")):
        sounds = speak(language, [text, text[:3]])
        assert [len(sound) % 2 for sound in sounds] == [0, 0]
        assert 0.8 < seconds_of(sounds[0]) < 5
        assert len(set(sounds[0])) > 50  # not silence
        assert speak(language, [text, text[:3]]) == sounds
    assert SAMPLES_PER_SECOND == 22_050


def test_a_language_without_a_voice() -> None:
    with pytest.raises(InvalidContent, match="'bo'"):
        speak("bo", ["ཀ"])
