"""Every way in which a folder goes wrong has its own words: what was found, where, what to do."""

from pathlib import Path
from typing import NamedTuple

import pytest

from content_packs.faults import Fault
from content_packs.limits import TOML_BYTES_MAX
from content_packs.lint import lint
from content_packs.source import read_folder
from tests.support import media
from tests.support.folders import (
    APP,
    CAPTIONS,
    LESSON_TOML,
    PACK_TOML,
    PAGE,
    QUIZ,
    Files,
    sound_files,
    write_folder,
)

L = "01-halves"
LESSON = f"{L}/lesson.toml"
Value = str | bytes | None  # None: the file isn't there


class Broken(NamedTuple):
    """A folder with these files changed has a fault in `file` whose message has `words`."""

    name: str
    changes: dict[str, Value]
    file: str
    words: str
    severity: str = "error"
    field: str = ""
    line: int = 0


def pack(old: str, new: str) -> dict[str, Value]:
    assert old in PACK_TOML
    return {"pack.toml": PACK_TOML.replace(old, new)}


def lesson(old: str, new: str) -> dict[str, Value]:
    assert old in LESSON_TOML
    return {LESSON: LESSON_TOML.replace(old, new)}


def without_lesson_files() -> dict[str, Value]:
    return {path: None for path in sound_files() if path.startswith(f"{L}/")}


def page(old: str, new: str) -> dict[str, Value]:
    assert old in PAGE
    return {f"{L}/more.html": PAGE.replace(old, new)}


VTT = f"{L}/halves.en.vtt"
FILM = f"{L}/halves.240p.mp4"

BROKEN = [
    # pack.toml
    Broken("no pack.toml", {"pack.toml": None}, "pack.toml", "not a pack folder"),
    Broken("no toml", {"pack.toml": 'id = "demo\n'}, "pack.toml", "not TOML", line=1),
    Broken("not utf-8", {"pack.toml": b'id = "demo"\ntitle = "\xb0\xd9"'}, "pack.toml", "UTF-8",
           line=2),
    Broken("huge number", {"pack.toml": f"version = {'9' * 5000}"}, "pack.toml", "not TOML"),
    Broken("deep toml", {"pack.toml": f"a = {'[' * 5000}"}, "pack.toml", "not TOML"),
    Broken("huge toml", {"pack.toml": "#" * (TOML_BYTES_MAX + 1)}, "pack.toml", "more than"),
    Broken("no id", pack('id = "demo"\n', ""), "pack.toml", "missing", field="id"),
    Broken("bad id", pack('"demo"', '"My Demo"'), "pack.toml", "is not a name", field="id", line=1),
    Broken("no version", pack("version = 1\n", ""), "pack.toml", "missing", field="version"),
    Broken("version 0", pack("version = 1", "version = 0"), "pack.toml", "is 0", field="version",
           line=2),
    Broken("version text", pack("version = 1", 'version = "1"'), "pack.toml",
           "a text, expected a number", field="version"),
    Broken("version true", pack("version = 1", "version = true"), "pack.toml",
           "true or false, expected a number", field="version"),
    Broken("no languages", pack('["en", "zh"]', "[]"), "pack.toml", "no language",
           field="languages"),
    Broken("bad language", pack('["en", "zh"]', '["en", "zh", "English!"]'), "pack.toml",
           "'English!' is not a language", field="languages", line=3),
    Broken("twice", pack('["en", "zh"]', '["en", "zh", "en"]'), "pack.toml", "stands twice",
           field="languages"),
    Broken("plain title", pack('title = { en = "Demo", zh = "示例" }', 'title = "Demo"'),
           "pack.toml", "a text, expected a text per language", field="title", line=4),
    Broken("no first language", pack('{ en = "Demo", zh = "示例" }', '{ zh = "示例" }'),
           "pack.toml", "no text in 'en', the pack's first language", field="title"),
    Broken("no second language", pack('{ en = "Demo", zh = "示例" }', '{ en = "Demo" }'),
           "pack.toml", "no text in 'zh'", "warning", "title", 4),
    Broken("empty text", pack('en = "Demo"', 'en = " "'), "pack.toml", "no text in 'en'",
           field="title"),
    Broken("long text", pack('en = "Demo"', f'en = "{"x" * 4001}"'), "pack.toml",
           "4001 characters", field="title"),
    Broken("no publisher", pack("[publisher]", "[printer]"), "pack.toml", "missing",
           field="publisher"),
    Broken("bad publisher", pack('id = "satchel"', 'id = "Sat chel"'), "pack.toml",
           "is not a name", field="publisher.id"),
    Broken("licence words", pack("CC-BY-4.0", "free to use, mostly"), "pack.toml",
           "no SPDX expression", field="licence"),
    Broken("licence unknown", pack("CC-BY-4.0", "CC-BY-4"), "pack.toml", "not a licence known",
           "warning", "licence"),
    Broken("no stage", pack('stage = "primary"\n', ""), "pack.toml", "missing", field="stage"),
    Broken("unknown subject", pack('"mathematics"', '"mathematic"'), "pack.toml",
           "is not a code known here", "warning", "subject", 9),
    Broken("grade of another stage", pack('grade = "4"', 'grade = "8"'), "pack.toml",
           "belongs to the stage 'junior'", "warning", "grade"),
    Broken("unknown key", pack("licence =", "lisence ="), "pack.toml",
           "not a key that means anything", "warning", "lisence", 6),
    Broken("no cover", {"cover.png": None}, "pack.toml", "no file 'cover.png'", field="cover"),
    Broken("cover of another kind", pack('"cover.png"', '"README.md"'), "pack.toml",
           "is no picture", field="cover"),
    # lesson.toml
    Broken("no lesson", without_lesson_files(), "", "no lesson"),
    Broken("no lesson.toml", {LESSON: None}, LESSON, "missing: a lesson needs its title"),
    Broken("lesson without title", lesson('title = { en = "Halves", zh = "一半" }', ""), LESSON,
           "missing", field="title"),
    Broken("minutes", lesson("minutes = 20", "minutes = -5"), LESSON, "is -5", field="minutes",
           line=3),
    Broken("objective", lesson('[{ en = "Name one half.", zh = "认识二分之一。" }]', '["x"]'),
           LESSON, "expected a text per language", field="objectives", line=2),
    Broken("item without files", lesson('id = "intro"', 'id = "opening"'), LESSON,
           "no files of the item 'opening'", field="items"),
    Broken("item not listed", lesson('id = "intro"', 'id = "more"'), LESSON,
           "'intro' has files, but isn't listed", field="items"),
    Broken("item twice", lesson('id = "more"', 'id = "intro"'), LESSON, "'intro' stands twice",
           field="items[5].id"),
    Broken("unknown item key", lesson('id = "intro"', 'id = "intro"\ntitel = {}'), LESSON,
           "not a key that means anything", "warning", "items[1].titel", 7),
    Broken("item without title", lesson('title = { en = "Watch", zh = "看一看" }', ""), FILM,
           "has no title", "warning"),
    Broken("same lesson twice",
           {"02-halves/lesson.toml": LESSON_TOML.partition("[[")[0], "02-halves/a.md": "# A"},
           "02-halves", "the same lesson as '01-halves'"),
    Broken("empty lesson", {"02-x/lesson.toml": LESSON_TOML.partition("[[")[0]}, "02-x",
           "an empty lesson"),
    Broken("lesson name", {"02-Über/lesson.toml": 'title = { en = "x", zh = "y" }',
           "02-Über/a.md": "# A"}, "02-Über", "can't name a lesson"),
    # names of files
    Broken("upper case", {f"{L}/Intro.en.md": "# x"}, f"{L}/Intro.en.md", "says no item"),
    Broken("no language", {f"{L}/intro.final.md": "# x"}, f"{L}/intro.final.md",
           "'final' is neither a language nor a rendition"),
    Broken("rendition of a page", {f"{L}/intro.en.240p.md": "# x"}, f"{L}/intro.en.240p.md",
           "has no renditions"),
    Broken("tall sound", {f"{L}/halves.720p.m4a": b"x"}, f"{L}/halves.720p.m4a",
           "a sound file can't be the rendition '720p'"),
    Broken("two kinds", {f"{L}/intro.en.pdf": media.pdf()}, f"{L}/intro.en.md",
           "of several kinds"),
    Broken("sound of a video", {f"{L}/halves.mp3": b"x"}, f"{L}/halves.mp3",
           "a sound with the stem of the video"),
    Broken("twice the same", {f"{L}/halves.240p.webm": media.webm()}, f"{L}/halves.240p.webm",
           "the same language and rendition"),
    Broken("captions of nothing", {f"{L}/quarters.en.vtt": CAPTIONS}, f"{L}/quarters.en.vtt",
           "no video or audio 'quarters'"),
    Broken("captions of a page", {f"{L}/intro.en.vtt": CAPTIONS}, f"{L}/intro.en.vtt",
           "captions of a page"),
    Broken("captions without language", {f"{L}/halves.vtt": CAPTIONS}, f"{L}/halves.vtt",
           "says no language"),
    Broken("app's name", {f"{L}/Slicer/index.html": APP}, f"{L}/Slicer", "says no app"),
    Broken("language of no pack", {f"{L}/intro.bo.md": "# x"}, f"{L}/intro.bo.md",
           "is in 'bo', not one of the pack's languages", "warning"),
    Broken("item lacks a language", {f"{L}/intro.zh.md": None}, f"{L}/intro.en.md",
           "isn't there in 'zh'", "warning"),
    Broken("beside the lessons", {"notes.txt": "x"}, "notes.txt", "not part of the pack",
           "warning"),
    Broken("same on Windows", {f"{L}/pictures/PIZZA.png": media.picture(),
           f"{L}/pictures/pizza.png": media.picture()}, f"{L}/pictures/pizza.png",
           "the same name as"),
    Broken("reserved", {f"{L}/pictures/con.png": b"x"}, f"{L}/pictures/con.png",
           "Windows reserves"),
    Broken("colon", {f"{L}/pictures/a:b.png": b"x"}, f"{L}/pictures/a:b.png", "can't be used"),
    Broken("hidden character", {f"{L}/pictures/a\u202eb.png": b"x"},
           f"{L}/pictures/a\u202eb.png", "U+202E"),
    Broken("deep", {f"{L}/" + "d/" * 15 + "x.png": b"x"}, f"{L}/" + "d/" * 15 + "x.png",
           "17 deep"),
    # media and captions
    Broken("no film", {FILM: "not a film"}, FILM, "not an MP4, WebM, Ogg or MP3 file"),
    Broken("empty film", {FILM: b""}, FILM, "an empty file"),
    Broken("cut film", {FILM: media.mp4()[:-40]}, FILM, "cut off"),
    Broken("film of another kind", {FILM: media.webm()}, FILM, "named as mp4, but it is webm"),
    Broken("picture as film", {FILM: media.picture()}, FILM, "it is png"),
    Broken("slow start", {FILM: media.mp4(faststart=False)}, FILM, "would only play when all"),
    Broken("rare codec", {FILM: media.mp4(codec="mpeg4")}, FILM, "coded as mp4v", "warning"),
    Broken("too tall", {FILM: media.mp4(width=640, height=480)}, FILM,
           "named 240p, but it is 480 pixels tall", "warning"),
    Broken("only sound", {FILM: media.sound("tone.m4a", "aac")}, FILM, "a video without pictures"),
    Broken("film as sound", {f"{L}/halves.audio.m4a": media.mp4()}, f"{L}/halves.audio.m4a",
           "sound only by its name", "warning"),
    Broken("no captions", {VTT: "Hello"}, VTT, "starts with 'Hello'", line=1),
    Broken("srt in vtt", {VTT: "WEBVTT\n\n00:00:00,100 --> 00:00:00,900\nx"}, VTT, "SubRip",
           line=3),
    Broken("captions back in time",
           {VTT: CAPTIONS + "\n00:00.050 --> 00:00.900\nx"}, VTT, "begins before", line=6),
    Broken("captions past the end", {VTT: "WEBVTT\n\n01:00.000 --> 01:01.000\nx"}, VTT,
           "a caption ends at 61.0 s, the media after 1.0 s", line=3),
    Broken("srt", {f"{L}/pictures/halves.srt": "1"}, f"{L}/pictures/halves.srt",
           "captions in a form", "warning"),
    # pictures and documents
    Broken("no picture", {"cover.png": b"x"}, "cover.png", "not a picture that can be opened"),
    Broken("cut picture", {"cover.png": media.picture(width=600)[:-30]}, "cover.png",
           "not a picture that can be opened"),
    Broken("picture of another kind", {"cover.png": media.picture("JPEG")}, "cover.png",
           "named as PNG, but it is JPEG"),
    Broken("no pdf", {f"{L}/worksheet.pdf": b"%PDF-1.7 lost"}, f"{L}/worksheet.pdf",
           "not a PDF that can be opened"),
    Broken("word file", {f"{L}/pictures/a.docx": b"PK"}, f"{L}/pictures/a.docx", "a Word file",
           "warning"),
    # pages
    Broken("broken picture in HTML", page("pictures/披萨", "pictures/pizza"), f"{L}/more.html",
           "isn't in the pack", line=4),
    Broken("broken link", {f"{L}/intro.en.md": "# x\n\n[next](next.md)"}, f"{L}/intro.en.md",
           "isn't in the pack", line=3),
    Broken("script from elsewhere", page("<p>", '<script src="https://x.org/a.js"></script><p>'),
           f"{L}/more.html", "from the internet", line=4),
    Broken("picture without words", page(' alt="A pizza"', ""), f"{L}/more.html",
           "without words for those who can't see it", "warning", line=4),
    Broken("picture from elsewhere", {f"{L}/intro.en.md": "# x\n\n![p](https://x.org/p.png)"},
           f"{L}/intro.en.md", "a picture from 'https://x.org/p.png'", line=3),
    Broken("link that runs", {f"{L}/intro.en.md": "# x\n\n[p](javascript:alert(1))"},
           f"{L}/intro.en.md", "a link to 'javascript:alert(1)'", line=3),
    Broken("formula", {f"{L}/intro.en.md": "# x\n\n$\\frac{1}$"}, f"{L}/intro.en.md",
           "lacks a part", line=3),
    Broken("page of GB 18030", {f"{L}/intro.zh.md": "二分之一".encode("gb18030")},
           f"{L}/intro.zh.md", "not UTF-8", line=1),
    Broken("empty page", {f"{L}/intro.zh.md": " "}, f"{L}/intro.zh.md", "an empty page",
           "warning"),
    Broken("app from elsewhere",
           {f"{L}/slicer/index.html": APP.replace("slice.js", "//x.org/slice.js")},
           f"{L}/slicer/index.html", "from the internet", line=4),
    Broken("script lost in an app", {f"{L}/slicer/slice.js": None, f"{L}/slicer/Slice.js": "1"},
           f"{L}/slicer/index.html", "needs 'slice.js'", "warning", line=4),
    Broken("style sheet from elsewhere", {f"{L}/slicer/style.css": "@import 'https://x.org/a.css';"},
           f"{L}/slicer/style.css", "from the internet", line=1),
    Broken("font lost in an app", {f"{L}/slicer/style.css": "a { src: url('f.woff2') }"},
           f"{L}/slicer/style.css", "needs 'f.woff2'", line=1),
    # exercises
    Broken("quiz that isn't toml", {f"{L}/practice.en.quiz.toml": "kind = x"},
           f"{L}/practice.en.quiz.toml", "not TOML", line=1),
    Broken("question of no kind",
           {f"{L}/practice.en.quiz.toml": QUIZ.replace('"choice"', '"chose"')},
           f"{L}/practice.en.quiz.toml", "'chose' is not a kind of question"),
    Broken("no right answer", {f"{L}/practice.en.quiz.toml": QUIZ.replace("true", "false")},
           f"{L}/practice.en.quiz.toml", "right"),
    Broken("lost picture", {f"{L}/practice.en.quiz.toml": QUIZ.replace("pictures/", "picture/")},
           f"{L}/practice.en.quiz.toml", "needs 'picture/披萨.png', which isn't in the pack"),
    Broken("gift without end", {f"{L}/practice.zh.gift": "What? { =a ~b"},
           f"{L}/practice.zh.gift", "the braces don't match"),
    # style sheets
    Broken("broken style sheet", {"shared/style.css": "a {}\nb { background: url(lost.png) }"},
           "shared/style.css", "needs 'lost.png'", line=2),
]  # fmt: skip


def faults_of(folder: Path, changes: dict[str, Value]) -> list[Fault]:
    files: Files = {
        path: content
        for path, content in {**sound_files(), **changes}.items()
        if content is not None
    }
    return lint(write_folder(folder, files))


def test_a_sound_folder_has_no_fault(tmp_path: Path) -> None:
    assert faults_of(tmp_path, {}) == []


def test_a_pack_for_teachers_has_a_grade_of_any_stage(tmp_path: Path) -> None:
    assert faults_of(tmp_path, pack('stage = "primary"', 'stage = "teachers"')) == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name.replace(" ", "-"))
def test_a_fault_is_told_with_its_place_and_what_to_do(broken: Broken, tmp_path: Path) -> None:
    faults = faults_of(tmp_path, broken.changes)
    found = [
        fault
        for fault in faults
        if fault.file == broken.file
        and broken.words in fault.message
        and broken.severity == fault.severity
        and (not broken.field or broken.field == fault.field)
    ]
    assert found, "\n".join(map(repr, faults))
    assert all(fault.hint for fault in faults), faults
    if broken.line:
        assert broken.line in [fault.line for fault in found]
    assert str(found[0]).startswith(broken.file or "the folder")


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name.replace(" ", "-"))
def test_an_error_forbids_a_description_and_a_warning_does_not(
    broken: Broken, tmp_path: Path
) -> None:
    files = {p: c for p, c in {**sound_files(), **broken.changes}.items() if c is not None}
    folder = read_folder(write_folder(tmp_path, files))
    if any(fault.severity == "error" for fault in folder.faults):
        assert folder.description is None
    else:
        assert folder.description is not None


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        {
            "pack.toml": PACK_TOML.replace('"demo"', '"My Demo"').replace("licence", "lisence"),
            LESSON: LESSON_TOML.replace("20", "0"),
            VTT: "Hello",
            "cover.png": b"x",
        },
    )
    assert {fault.file for fault in faults} == {"pack.toml", LESSON, VTT, "cover.png"}
    assert sum(fault.file == "pack.toml" for fault in faults) == 3
