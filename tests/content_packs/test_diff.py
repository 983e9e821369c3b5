"""`diff`: what changed between two versions, in words, and what the update costs."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from content_packs import packing
from content_packs.cpack import open_cpack
from content_packs.diff import Difference, diff, words_of, words_of_cost
from content_packs.errors import UsageError
from content_packs.manifest import Lesson
from content_packs.packing import Content
from tests.support.packs import contents_of, describe, lesson, random_bytes


def make(out: Path, lessons: Sequence[Lesson], contents: Sequence[Content], version: int) -> Path:
    packing.make_cpack(describe(tuple(lessons), version=version), contents, out)
    return out


def compare(a: Path, b: Path) -> Difference:
    with open_cpack(a) as older, open_cpack(b) as newer:
        return diff(older, newer)


def first(tmp_path: Path) -> Path:
    lessons = [lesson("one"), lesson("two")]
    contents = [*contents_of(lessons[0], seed=1), *contents_of(lessons[1], seed=10)]
    return make(tmp_path / "a.cpack", lessons, contents, 1)


def test_nothing_changed_costs_no_blocks(tmp_path: Path) -> None:
    older = first(tmp_path)
    difference = compare(older, older)
    assert words_of(difference) == []
    assert difference.is_empty
    assert difference.cost.blocks == 0


def test_a_renamed_folder_is_one_line_and_costs_no_blocks(tmp_path: Path) -> None:
    moved = msgspec.structs.replace(lesson("water"), title={"en": "One"})
    lessons = [moved, lesson("two")]
    contents = [*contents_of(moved, seed=1, page=page_of("one")), *contents_of(lessons[1], seed=10)]
    difference = compare(first(tmp_path), make(tmp_path / "b.cpack", lessons, contents, 2))
    words = words_of(difference)
    assert "the lesson one is now water" in words
    assert "the folder one is now water (the same bytes: 2 files)" in words
    assert not any("added" in line or "removed" in line for line in words)
    assert difference.cost.blocks == 0


def test_a_page_that_changes_in_a_renamed_folder_is_changed_not_new(tmp_path: Path) -> None:
    moved = msgspec.structs.replace(lesson("water"), title={"en": "One"})
    lessons = [moved, lesson("two")]
    contents = [
        *contents_of(moved, seed=1, page="<h1>New</h1>"),
        *contents_of(lessons[1], seed=10),
    ]
    difference = compare(first(tmp_path), make(tmp_path / "b.cpack", lessons, contents, 2))
    assert words_of(difference) == [
        "the lesson one is now water",
        "item changed: water/intro",
        "the folder one is now water (the same bytes: 1 file)",
        "file changed: water/intro.en.html",
    ]


def test_pictures_that_move_to_another_lesson_dont_rename_its_folder(tmp_path: Path) -> None:
    lessons = [lesson("one"), lesson("two")]
    contents = [*contents_of(lessons[0], seed=1), *contents_of(lessons[1], seed=10)]
    olds = [extra(f"one/{name}.png", seed) for seed, name in enumerate("abc")]
    news = [extra(f"two/{name}.png", seed) for seed, name in enumerate("abc")]
    older = make(tmp_path / "a.cpack", lessons, [*contents, *olds], 1)
    newer = make(tmp_path / "b.cpack", lessons, [*contents, *news], 2)
    assert words_of(compare(older, newer)) == [
        f"file renamed: one/{name}.png is now two/{name}.png" for name in "abc"
    ]


def page_of(name: str) -> str:
    return f"<h1>{name}</h1>" + "<p>A lesson about water and fractions.</p>" * 40


def test_lessons_items_and_files_that_come_go_and_change_are_named(tmp_path: Path) -> None:
    two = lesson("two")
    retitled = msgspec.structs.replace(two, title={"en": "Second"}, items=())
    three = lesson("three")
    contents = [*contents_of(two, seed=10)[:1], *contents_of(three, seed=20)]
    difference = compare(
        first(tmp_path), make(tmp_path / "b.cpack", [three, retitled], contents, 2)
    )
    assert words_of(difference) == [
        "lesson added: three",
        "lesson removed: one",
        "the lesson two: 'Two' is now 'Second'",
        "item removed: two/intro",
        "file added: three/intro.en.html",
        "file added: three/picture.png",
        "file removed: one/intro.en.html",
        "file removed: one/picture.png",
        "file removed: two/picture.png",
    ]


def test_lessons_in_another_order_are_said(tmp_path: Path) -> None:
    lessons = [lesson("two"), lesson("one")]
    contents = [*contents_of(lessons[0], seed=10), *contents_of(lessons[1], seed=1)]
    difference = compare(first(tmp_path), make(tmp_path / "b.cpack", lessons, contents, 2))
    assert words_of(difference) == ["the lessons are in another order"]


def test_a_changed_page_changes_its_item_and_costs_what_it_weighs(tmp_path: Path) -> None:
    lessons = [lesson("one"), lesson("two")]
    contents = [
        *contents_of(lessons[0], seed=1, page="<h1>Other</h1>"),
        *contents_of(lessons[1], seed=10),
    ]
    difference = compare(first(tmp_path), make(tmp_path / "b.cpack", lessons, contents, 2))
    assert words_of(difference) == ["item changed: one/intro", "file changed: one/intro.en.html"]
    assert 0 < difference.cost.blocks < 200
    assert difference.cost.total == (
        difference.cost.blocks + difference.cost.manifest + difference.cost.layout
    )
    assert f"{difference.cost.total:,} bytes" in words_of_cost(difference.cost)


def test_a_renamed_picture_and_a_new_one_are_told_apart(tmp_path: Path) -> None:
    lessons = [lesson("one"), lesson("two")]
    contents = [*contents_of(lessons[0], seed=1), *contents_of(lessons[1], seed=10)]
    older = make(tmp_path / "a.cpack", lessons, [*contents, extra("one/old.png", 5)], 1)
    news = [extra("one/new.png", 5), extra("one/fresh.png", 6)]
    newer = make(tmp_path / "b.cpack", lessons, [*contents, *news], 2)
    assert words_of(compare(older, newer)) == [
        "file renamed: one/old.png is now one/new.png",
        "file added: one/fresh.png",
    ]


def extra(path: str, seed: int) -> Content:
    return Content(path, "image/png", random_bytes(seed, 3000))


def test_a_pack_that_says_something_else_of_itself_is_said(tmp_path: Path) -> None:
    lessons = [lesson("one"), lesson("two")]
    contents = [*contents_of(lessons[0], seed=1), *contents_of(lessons[1], seed=10)]
    description = msgspec.structs.replace(describe(tuple(lessons), version=2), licence="CC0-1.0")
    packing.make_cpack(description, contents, tmp_path / "b.cpack")
    difference = compare(first(tmp_path), tmp_path / "b.cpack")
    assert words_of(difference) == ["the pack's licence changed"]


def test_versions_of_two_packs_are_not_compared(tmp_path: Path) -> None:
    one = lesson("one")
    packing.make_cpack(describe((one,), pack="other"), contents_of(one), tmp_path / "b.cpack")
    with pytest.raises(UsageError, match=r"'demo'.*'other'"):
        compare(first(tmp_path), tmp_path / "b.cpack")
