"""What the catalogue promises the school's site."""

from pathlib import Path

import pytest

from content_packs.errors import Missing, StorageFailed
from content_packs.manifest import Lesson
from sync_node.catalogue import Catalogue, OnItsWay
from sync_node.catalogue_model import ItemAddress
from sync_node.data_dir import DataDir
from sync_node.languages import Text
from sync_node.models import PackRow
from tests.sync_node.lan.lessons import LESSON, Contents, plain_lesson
from tests.sync_node.lan.school import School, describe, furnished_school, new_school

ENGLISH = ("en",)


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


@pytest.fixture
def catalogue(school: School) -> Catalogue:
    return Catalogue(school.data_dir)


def _with_extra_text(lesson: Lesson, contents: Contents, text: str) -> tuple[Lesson, Contents]:
    return lesson, {path: (kind, data + text.encode()) for path, (kind, data) in contents.items()}


def test_the_home_page_says_how_much_of_each_pack_is_ready(catalogue: Catalogue) -> None:
    cards = {card.pack: card for card in catalogue.packs(ENGLISH)}
    assert (cards["fractions"].lessons_ready, cards["fractions"].lessons_total) == (2, 3)
    assert (cards["water-cycle"].lessons_ready, cards["water-cycle"].lessons_total) == (1, 1)
    assert cards["fractions"].cover == "cover.png"
    assert cards["fractions"].facets.subject == "mathematics"


def test_texts_come_in_the_wished_language_or_in_one_there_is(catalogue: Catalogue) -> None:
    assert catalogue.outline("fractions", ("zh-Hant", "en")).card.title == Text("分数", "zh")
    assert catalogue.outline("fractions", ("bo",)).card.title == Text("Fractions", "en")


def test_a_lesson_that_is_not_active_is_on_its_way_with_what_is_missing(
    school: School, catalogue: Catalogue
) -> None:
    outline = catalogue.outline("fractions", ENGLISH)
    assert [(line.id, line.ready) for line in outline.lessons] == [
        (LESSON, True),
        ("adding-fractions", True),
        ("decimals", False),
    ]
    files = school.manifests["fractions", 1].files
    missing = sum(file.size for file in files if file.path.startswith("decimals/"))
    assert outline.lessons[2].bytes_to_come == outline.bytes_to_come == missing
    with pytest.raises(OnItsWay) as caught:
        catalogue.lesson("fractions", "decimals", ENGLISH)
    assert caught.value.line.bytes_to_come == missing


def test_bytes_that_are_here_already_are_not_to_come(school: School, catalogue: Catalogue) -> None:
    _, contents = plain_lesson("decimals", "From fractions to decimals", "从分数到小数")
    before = catalogue.outline("fractions", ENGLISH).bytes_to_come
    path, (_, data) = next(iter(contents.items()))
    school.keep(data)
    assert catalogue.outline("fractions", ENGLISH).bytes_to_come == before - len(data), path


def test_a_lesson_stays_at_its_version_until_the_new_one_is_active(
    school: School, catalogue: Catalogue
) -> None:
    lesson, contents = plain_lesson("rain", "Where rain really comes from", "雨到底从哪里来")
    school.add(describe("water-cycle", (lesson,), version=2, grade="5"), contents)
    school.offer("water-cycle", 2)
    line = catalogue.outline("water-cycle", ENGLISH).lessons[0]
    assert (line.ready, line.title.value) == (True, "Where rain comes from")
    assert catalogue.lesson("water-cycle", "rain", ENGLISH).version == 1
    school.activate("water-cycle", 2, "rain")
    view = catalogue.lesson("water-cycle", "rain", ENGLISH)
    assert (view.version, view.title.value) == (2, "Where rain really comes from")


def test_a_page_that_is_open_keeps_its_files_when_its_lesson_is_renewed(
    school: School, catalogue: Catalogue
) -> None:
    for version in (2, 3):
        lesson, contents = _with_extra_text(*plain_lesson("rain", "Rain", "雨"), f"<p>{version}")
        school.add(describe("water-cycle", (lesson,), version=version), contents)
        school.offer("water-cycle", version)
        school.activate("water-cycle", version, "rain")
    assert catalogue.content("water-cycle", 3, "rain/intro.en.html").size
    assert catalogue.content("water-cycle", 2, "rain/intro.en.html").size
    with pytest.raises(Missing):
        catalogue.content("water-cycle", 1, "rain/intro.en.html")


def test_a_lesson_that_left_the_outline_can_still_be_opened(
    school: School, catalogue: Catalogue
) -> None:
    lesson, contents = plain_lesson("snow", "Snow", "雪")
    school.add(describe("water-cycle", (lesson,), version=2), contents)
    school.offer("water-cycle", 2)
    outline = catalogue.outline("water-cycle", ENGLISH)
    assert [(line.id, line.ready) for line in outline.lessons] == [("snow", False), ("rain", True)]
    assert catalogue.lesson("water-cycle", "rain", ENGLISH).version == 1
    assert (outline.card.lessons_ready, outline.card.lessons_total) == (1, 2)


def test_after_a_rollback_the_held_version_is_shown(school: School, catalogue: Catalogue) -> None:
    lesson, contents = plain_lesson("snow", "Snow", "雪")
    school.add(describe("water-cycle", (lesson,), version=2), contents)
    school.offer("water-cycle", 2)
    PackRow.update(held_version=1, rolled_back_from=2).where(
        PackRow.pack == "water-cycle"
    ).execute()
    assert [line.id for line in catalogue.outline("water-cycle", ENGLISH).lessons] == ["rain"]


def test_a_retired_pack_is_neither_shown_nor_served(catalogue: Catalogue) -> None:
    PackRow.update(retired=True).where(PackRow.pack == "water-cycle").execute()
    assert [card.pack for card in catalogue.packs(ENGLISH)] == ["fractions"]
    with pytest.raises(Missing):
        catalogue.outline("water-cycle", ENGLISH)
    with pytest.raises(Missing):
        catalogue.content("water-cycle", 1, "rain/intro.en.html")


def test_an_item_shows_the_reader_s_language_and_names_the_others(catalogue: Catalogue) -> None:
    view = catalogue.item(ItemAddress("fractions", LESSON, "intro"), ("zh",))
    assert (view.language, view.languages) == ("zh", ("en", "zh"))
    assert view.path == f"{LESSON}/intro.zh.html"
    assert view.line.title == Text("分披萨", "zh")
    other = catalogue.item(ItemAddress("fractions", LESSON, "intro"), ("zh",), language="en")
    assert (other.language, other.line.title) == ("en", Text("Sharing a pizza", "en"))


def test_items_know_their_neighbours(catalogue: Catalogue) -> None:
    first = catalogue.item(ItemAddress("fractions", LESSON, "intro"), ENGLISH)
    assert first.previous is None
    assert first.next is not None
    assert first.next.id == "halves"
    last = catalogue.item(ItemAddress("fractions", LESSON, first.lesson.items[-1].id), ENGLISH)
    assert last.next is None


def test_renditions_start_with_the_lightest_and_say_which_have_come(catalogue: Catalogue) -> None:
    view = catalogue.item(ItemAddress("fractions", LESSON, "halves"), ENGLISH)
    assert [(r.name, r.ready) for r in view.renditions] == [("240p", True), ("480p", False)]
    assert [captions.language for captions in view.captions] == ["en", "zh"]


@pytest.mark.parametrize(
    ("pack", "version", "path"),
    [
        ("nowhere", 1, "cover.png"),
        ("fractions", 2, "cover.png"),
        ("fractions", 1, "nothing.png"),
        ("fractions", 1, "../node.db"),
        ("fractions", 1, "decimals/intro.en.html"),
        ("fractions", 1, f"{LESSON}/halves.en.480p.mp4"),
    ],
    ids=["no pack", "no version", "no file", "outside", "lesson on its way", "file on its way"],
)
def test_nothing_but_what_is_ready_is_served(
    catalogue: Catalogue, pack: str, version: int, path: str
) -> None:
    with pytest.raises(Missing):
        catalogue.content(pack, version, path)


def test_a_damaged_manifest_hides_its_pack_and_no_other(
    school: School, catalogue: Catalogue
) -> None:
    for place in school.data_dir.manifests.iterdir():
        if b'"water-cycle"' in place.read_bytes():
            place.write_bytes(place.read_bytes().replace(b"drop", b"dr0p"))
    assert [card.pack for card in catalogue.packs(ENGLISH)] == ["fractions"]


def test_without_a_database_it_says_so_and_goes_on_when_there_is_one(tmp_path: Path) -> None:
    catalogue = Catalogue(DataDir(tmp_path))
    with pytest.raises(StorageFailed, match="missing"):
        catalogue.packs(ENGLISH)
    new_school(tmp_path)
    assert catalogue.packs(ENGLISH) == ()


def test_a_database_made_anew_is_seen(catalogue: Catalogue, tmp_path: Path) -> None:
    assert catalogue.packs(ENGLISH)
    for place in tmp_path.glob("node.db*"):
        place.unlink()
    new_school(tmp_path)
    assert catalogue.packs(ENGLISH) == ()
