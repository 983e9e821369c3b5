"""A pack folder becomes what FORMAT.md, section 2, says."""

from pathlib import Path

import pytest

from content_packs.builder import build
from content_packs.cpack import open_cpack
from content_packs.exercises import codec
from content_packs.exercises.model import kind_of
from content_packs.faults import FaultyFolder
from content_packs.manifest import Item, Lesson, Manifest
from content_packs.source import PackFolder, read_folder
from content_packs.source_names import EXERCISE_MEDIA_TYPE
from tests.support import media
from tests.support.folders import (
    CAPTIONS,
    LESSON_TOML,
    PACK_TOML,
    QUIZ,
    Files,
    sound_files,
    sound_folder,
    write_folder,
)

ONE_LESSON = 'title = { en = "One", zh = "一" }\n'


def read(tmp_path: Path, files: Files) -> PackFolder:
    return read_folder(write_folder(tmp_path, files))


def described(folder: PackFolder) -> Manifest:
    assert folder.description is not None, folder.faults
    return folder.description


def small(files: Files) -> Files:
    """A pack of one lesson with these files in it."""
    head = PACK_TOML.replace('cover = "cover.png"\n', "")
    within = {f"01-one/{path}": content for path, content in files.items()}
    return {"pack.toml": head, "01-one/lesson.toml": ONE_LESSON, **within}


def items_of(tmp_path: Path, files: Files) -> dict[str, Item]:
    lesson = described(read(tmp_path, small(files))).lessons[0]
    return {item.id: item for item in lesson.items}


def lesson_of(tmp_path: Path, toml: str, files: Files) -> Lesson:
    return described(read(tmp_path, {**small(files), "01-one/lesson.toml": toml})).lessons[0]


def test_pack_toml_is_carried_over(tmp_path: Path) -> None:
    folder = described(read_folder(sound_folder(tmp_path)))
    assert (folder.pack, folder.version, folder.languages) == ("demo", 1, ("en", "zh"))
    assert folder.title == {"en": "Demo", "zh": "示例"}
    assert (folder.stage, folder.grade, folder.subject) == ("primary", "4", "mathematics")
    assert (folder.edition, folder.volume, folder.licence) == ("pep", "first", "CC-BY-4.0")
    assert (folder.publisher.id, folder.authors) == ("satchel", ("A. Teacher",))
    assert folder.cover == "cover.png"
    assert folder.files == ()


def test_the_version_can_be_given(tmp_path: Path) -> None:
    sound_folder(tmp_path)
    assert described(read_folder(tmp_path, version=7)).version == 7
    assert read_folder(tmp_path, version=0).description is None


def test_lessons_come_in_the_order_of_their_numbers_and_are_named_without(tmp_path: Path) -> None:
    head = PACK_TOML.replace('cover = "cover.png"\n', "")
    files: Files = {"pack.toml": head}
    for folder in ("10-last", "2-second", "01-first", "extra"):
        files[f"{folder}/lesson.toml"] = ONE_LESSON
        files[f"{folder}/a.md"] = "# A"
    folder = read(tmp_path, files)
    assert [lesson.id for lesson in described(folder).lessons] == [
        "first", "second", "last", "extra",
    ]  # fmt: skip
    assert [file.path for file in folder.files] == [
        "extra/a.html", "first/a.html", "last/a.html", "second/a.html",
    ]  # fmt: skip


def test_an_item_has_its_languages_and_renditions_from_the_lightest(tmp_path: Path) -> None:
    items = items_of(
        tmp_path,
        {
            "halves.en.480p.mp4": media.mp4(width=64, height=48),
            "halves.en.240p.mp4": media.mp4(),
            "halves.en.audio.m4a": media.sound("tone.m4a", "aac"),
            "halves.zh.480p.mp4": media.mp4(sound=False),
            "halves.en.vtt": CAPTIONS,
        },
    )
    halves = items["halves"]
    assert halves.kind == "video"
    assert [
        (variant.language, [(r.name, r.path, r.seconds) for r in variant.renditions])
        for variant in halves.variants
    ] == [
        (
            "en",
            [
                ("audio", "one/halves.en.audio.m4a", 2),
                ("240p", "one/halves.en.240p.mp4", 1),
                ("480p", "one/halves.en.480p.mp4", 1),
            ],
        ),
        ("zh", [("480p", "one/halves.zh.480p.mp4", 1)]),
    ]
    assert [(c.language, c.path) for c in halves.captions] == [("en", "one/halves.en.vtt")]


@pytest.mark.parametrize(
    ("name", "content", "kind", "path"),
    [
        ("a.md", "# A", "page", "one/a.html"),
        ("a.en.md", "# A", "page", "one/a.en.html"),
        ("a.html", "<title>A</title>", "page", "one/a.html"),
        ("a.zh-Hant.pdf", media.pdf(), "document", "one/a.zh-Hant.pdf"),
        ("a/index.html", "<title>A</title>", "app", "one/a/index.html"),
        ("a.zh/index.html", "<title>A</title>", "app", "one/a.zh/index.html"),
    ],
)
def test_a_name_says_the_kind_of_item(
    name: str, content: str | bytes, kind: str, path: str, tmp_path: Path
) -> None:
    item = items_of(tmp_path, {name: content})["a"]
    assert (item.kind, item.variants[0].path) == (kind, path)
    assert item.fragment == name.endswith(".md")


def test_a_sound_alone_is_an_audio(tmp_path: Path) -> None:
    item = items_of(tmp_path, {"song.mp3": media.sound("tone.mp3", "libmp3lame")})["song"]
    assert (item.kind, item.variants[0].renditions[0].seconds) == ("audio", 2)


def test_a_title_is_the_lessons_else_the_headings_else_the_stem(tmp_path: Path) -> None:
    toml = ONE_LESSON + '[[items]]\nid = "b"\n[[items]]\nid = "a"\ntitle = { zh = "甲", en = "A!" }'
    files: Files = {"a.en.md": "# Heading", "b.en.md": "# First\n\n# Second", "b.zh.md": "没有标题"}
    lesson = lesson_of(tmp_path, toml, files)
    assert [(item.id, item.title) for item in lesson.items] == [
        ("b", {"en": "First"}),
        ("a", {"en": "A!", "zh": "甲"}),
    ]
    sheet = items_of(tmp_path / "other", {"work-sheet.pdf": media.pdf()})["work-sheet"]
    assert sheet.title == {"en": "work-sheet"}


def test_a_links_target_is_written_as_it_lies_in_the_pack(tmp_path: Path) -> None:
    text = """# Links
[built](next.en.md#part) [pack path](../two/c.html) [folder path](../02-two/c.md)
[app](slicer/) [picture](pictures/%E6%8A%AB%E8%90%A8.png) ![](pictures/披萨.png)
[outside](https://example.org/)
"""
    files = {
        **small(
            {
                "links.en.md": text,
                "next.en.md": "# Next",
                "slicer/index.html": "<title>S</title>",
                "pictures/披萨.png": media.picture(),
            }
        ),
        "02-two/lesson.toml": ONE_LESSON,
        "02-two/c.md": "# C",
    }
    folder = read(tmp_path, files)
    page = next(file for file in folder.files if file.path == "one/links.en.html")
    assert isinstance(page.content, bytes)
    html = page.content.decode()
    for url in (
        'href="next.en.html#part"',
        'href="../two/c.html"',
        'href="slicer/index.html"',
        'src="pictures/%E6%8A%AB%E8%90%A8.png"',
        'href="https://example.org/"',
    ):
        assert url in html, html
    variant = described(folder).lessons[0].items[0].variants[0]
    assert variant.needs == ("one/pictures/披萨.png",)


def test_a_page_needs_what_it_shows_and_what_that_needs(tmp_path: Path) -> None:
    files = {
        **small(
            {
                "a.html": '<link rel="stylesheet" href="look/a.css"><title>A</title>'
                '<a href="data.csv">data</a><a href="../two/other.png">there</a>'
                '<img src="../two/shown.png" alt="x"><a href="film.mp4">film</a>',
                "look/a.css": '@import "b.css"; p { background: url("../pictures/p.png") }',
                "look/b.css": "@import 'a.css';",
                "pictures/p.png": media.picture(),
                "data.csv": "1,2",
                "film.mp4": media.mp4(),
            }
        ),
        "two/lesson.toml": ONE_LESSON,
        "two/b.md": "# B",
        "two/other.png": media.picture(),
        "two/shown.png": media.picture(),
    }
    lesson = described(read(tmp_path, files)).lessons[0]
    assert lesson.items[0].variants[0].needs == (
        "one/data.csv",
        "one/look/a.css",
        "one/look/b.css",
        "one/pictures/p.png",
        "two/shown.png",
    )


def test_an_app_needs_all_of_its_folder(tmp_path: Path) -> None:
    files: Files = {"game/index.html": "<title>G</title>", "game/a/b.js": "1", "game/z.json": "{}"}
    item = items_of(tmp_path, files)["game"]
    assert item.variants[0].needs == ("one/game/a/b.js", "one/game/z.json")


def test_an_exercise_is_built_with_its_title_and_pictures(tmp_path: Path) -> None:
    quiz = QUIZ.replace("pictures/披萨.png", "../02-two/p.png")
    files = {
        **small({"practice.en.quiz.toml": quiz}),
        "02-two/lesson.toml": ONE_LESSON,
        "02-two/b.md": "# B",
        "02-two/p.png": media.picture(),
    }
    folder = read(tmp_path, files)
    item = described(folder).lessons[0].items[0]
    assert (item.kind, item.title) == ("exercise", {"en": "Practise"})
    assert item.variants[0].needs == ("two/p.png",)
    built = next(file for file in folder.files if file.path == item.variants[0].path)
    assert built.path == "one/practice.en.exercise.json"
    assert built.media_type == EXERCISE_MEDIA_TYPE
    assert isinstance(built.content, bytes)
    exercise = codec.decode(built.content)
    assert exercise.language == "en"
    assert exercise.questions[0].picture == "../two/p.png"


def test_an_exercise_in_gift_is_built_too(tmp_path: Path) -> None:
    files = {file.path: file for file in read_folder(sound_folder(tmp_path)).files}
    content = files["halves/practice.zh.exercise.json"].content
    assert isinstance(content, bytes)
    assert kind_of(codec.decode(content).questions[0]) == "choice"


def test_what_begins_with_a_dot_or_underscore_is_left_out(tmp_path: Path) -> None:
    files = {
        **sound_files(),
        ".git/config": "x",
        "_notes/lesson.md": "x",
        "01-halves/_old.en.md": "x",
        "01-halves/Thumbs.db": "x",
        "01-halves/slicer/.DS_Store": "x",
    }
    assert read(tmp_path, files).faults == ()
    paths = [file.path for file in read_folder(tmp_path).files]
    assert paths == [file.path for file in read_folder(sound_folder(tmp_path / "sound")).files]


def test_a_name_from_a_mac_is_found_and_written_in_nfc(tmp_path: Path) -> None:
    decomposed, composed = "cafe\u0301.png", "caf\u00e9.png"
    files: Files = {"a.md": f"# A\n\n![x]({composed})", decomposed: media.picture()}
    folder = read(tmp_path, small(files))
    assert [file.path for file in folder.files] == ["one/a.html", f"one/{composed}"]
    assert not [fault for fault in folder.faults if fault.severity == "error"]


def test_only_what_is_built_is_held_in_memory(tmp_path: Path) -> None:
    kinds = {file.path: type(file.content) for file in read_folder(sound_folder(tmp_path)).files}
    assert [path for path, kind in kinds.items() if kind is bytes] == [
        "halves/intro.en.html",
        "halves/intro.zh.html",
        "halves/practice.en.exercise.json",
        "halves/practice.zh.exercise.json",
    ]


def test_media_types_dont_depend_on_the_machine(tmp_path: Path) -> None:
    types = {file.path: file.media_type for file in read_folder(sound_folder(tmp_path)).files}
    assert types["halves/intro.en.html"] == "text/html"
    assert types["halves/halves.240p.mp4"] == "video/mp4"
    assert types["halves/halves.en.vtt"] == "text/vtt"
    assert types["halves/slicer/slice.js"] == "text/javascript"


def test_a_folder_can_be_built_and_holds_what_was_read(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "demo")
    built = build(folder, tmp_path / "demo.cpack")
    assert built.warnings == ()
    with open_cpack(built.path) as cpack:
        film = cpack.manifest.by_path["halves/halves.240p.mp4"]
        assert b"".join(cpack.chunks_of(film)) == media.mp4()


def test_a_folder_with_errors_isnt_built_and_all_are_told(tmp_path: Path) -> None:
    files = {
        **sound_files(),
        "pack.toml": PACK_TOML.replace('"demo"', '"My Demo"'),
        "01-halves/lesson.toml": LESSON_TOML.replace("20", "0"),
    }
    with pytest.raises(FaultyFolder, match="2 errors") as caught:
        build(write_folder(tmp_path / "demo", files), tmp_path / "demo.cpack")
    assert {fault.file for fault in caught.value.faults} == {"pack.toml", "01-halves/lesson.toml"}
    assert not (tmp_path / "demo.cpack").exists()
