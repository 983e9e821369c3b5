"""A catalogue that is too large for one page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync_node.held_manifests import HeldManifests
from sync_node.lan.app import create_app
from sync_node.models import LessonRow, PackRow
from sync_node.search import database
from sync_node.search.filling import Filler
from sync_node.search.limits import HOME_PACKS_MAX, SHELF_PACKS_SHOWN
from tests.sync_node.lan import lessons
from tests.sync_node.lan.school import School, describe, new_school

PACKS = HOME_PACKS_MAX + 12


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> School:
    """A school with 60 packs: two subjects, six grades."""
    school = new_school(tmp_path_factory.mktemp("large"))
    for number in range(PACKS):
        lesson, contents = lessons.plain_lesson("one", f"Topic {number}", f"课题{number}")
        name = f"pack-{number:03}"
        subject = "mathematics" if number % 2 else "science"
        described = describe(
            name, (lesson,), grade=str(1 + number % 6), subject=subject,
            title={"en": f"Pack {number}", "zh": f"第{number}包"},
        )  # fmt: skip
        school.add(described, contents)
        school.offer(name, 1)
        school.activate(name, 1, "one")
    Filler(school.data_dir, pages=lambda _: ()).fill()
    return school


@pytest.fixture
def client(large: School) -> FlaskClient:
    return create_app(large.data_dir).test_client()


@contextmanager
def without_manifests(school: School) -> Iterator[None]:
    """Have no manifest to read: a page that looks at one shows nothing of its pack."""
    aside = school.data_dir.root / "aside"
    school.data_dir.manifests.rename(aside)
    try:
        yield
    finally:
        aside.rename(school.data_dir.manifests)


def titles(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/packs/[^"]+"[^>]*>([^<]+)</a>', page)


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_home_shows_what_to_choose_among(client: FlaskClient) -> None:
    page = text_of(client, "/")
    assert "What would you like to learn today?" in page
    assert 'href="/browse?grade=3"' in page
    assert 'href="/browse?subject=science"' in page
    assert titles(page) == []


def test_a_shelf_shows_its_packs_a_page_at_a_time(client: FlaskClient) -> None:
    first = text_of(client, "/browse?subject=science")
    assert len(titles(first)) == SHELF_PACKS_SHOWN
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further
    second = text_of(client, further[1].replace("&amp;", "&"))
    both = titles(first) + titles(second)
    assert sorted(both) == sorted(f"Pack {number}" for number in range(0, PACKS, 2))
    assert 'rel="prev"' in second


def test_a_shelf_is_chosen_by_grade_and_subject(client: FlaskClient) -> None:
    page = text_of(client, "/browse?subject=mathematics&grade=2")
    assert titles(page) == [f"Pack {number}" for number in range(1, PACKS, 6)]
    assert 'href="/browse?grade=2"' in page, "the subject can be taken away"
    empty = text_of(client, "/browse?subject=mathematics&grade=1")
    assert "Nothing stands here yet" in empty


def test_no_manifest_is_read_for_a_shelf(client: FlaskClient, large: School) -> None:
    HeldManifests(large.data_dir)
    with without_manifests(large):
        assert len(titles(text_of(client, "/browse?subject=science"))) == SHELF_PACKS_SHOWN


def test_lessons_that_are_ready_are_counted_as_they_are_now(
    client: FlaskClient, large: School
) -> None:
    ready = "1 lesson"
    assert ready in text_of(client, "/browse?subject=mathematics&grade=2")
    LessonRow.delete().where(LessonRow.pack == "pack-001").execute()
    try:
        assert "0 of 1 lesson ready" in text_of(client, "/browse?subject=mathematics&grade=2")
    finally:
        large.activate("pack-001", 1, "one")


def test_a_pack_that_is_retired_is_gone_at_once(client: FlaskClient) -> None:
    PackRow.update(retired=True).where(PackRow.pack == "pack-007").execute()
    try:
        assert "Pack 7" not in titles(text_of(client, "/browse?subject=mathematics&grade=2"))
    finally:
        PackRow.update(retired=False).where(PackRow.pack == "pack-007").execute()


@pytest.mark.parametrize("asked", ["grade=x'--", "from=-1", "from=zzz", "stage=%00", "subject=<b>"])
def test_nothing_in_the_address_does_harm(client: FlaskClient, asked: str) -> None:
    assert "<b>" not in text_of(client, f"/browse?{asked}")


def test_without_an_index_home_says_that_shelves_are_sorted(tmp_path: Path, large: School) -> None:
    aside = database.place_of(large.data_dir).rename(tmp_path / "aside.db")
    try:
        page = text_of(create_app(large.data_dir).test_client(), "/")
        assert "sorting its shelves" in page
    finally:
        aside.rename(database.place_of(large.data_dir))


def test_a_small_catalogue_is_shown_whole(tmp_path: Path) -> None:
    school = new_school(tmp_path)
    lesson, contents = lessons.plain_lesson("one", "Topic", "课题")
    school.add(describe("alone", (lesson,), title={"en": "All alone"}), contents)
    school.offer("alone", 1)
    assert "All alone" in text_of(create_app(school.data_dir).test_client(), "/")
