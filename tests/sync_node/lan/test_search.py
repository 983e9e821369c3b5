"""The search page: it works as a form, tells where things are, and lets nothing through."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync_node.search.filling import Filler
from tests.sync_node.lan import lessons
from tests.sync_node.lan.school import School, describe

LESSON = lessons.LESSON


@pytest.fixture(autouse=True)
def _filled(school: School) -> None:
    Filler(school.data_dir, pages=lambda _: ("Colour the parts",)).fill()


def text_of(client: FlaskClient, address: str, language: str = "en") -> str:
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


def test_every_page_has_a_box_that_is_a_form(client: FlaskClient) -> None:
    for address in ("/", "/packs/fractions", f"/packs/fractions/{LESSON}/intro", "/nowhere"):
        page = client.get(address).get_data(as_text=True)
        assert re.search(r'<form class="find" role="search" action="/search"', page), address
    assert text_of(client, "/search").count('role="search"') == 1


def test_hits_lead_to_where_they_are(client: FlaskClient) -> None:
    found = links(text_of(client, "/search?q=fraction"))
    assert "/packs/fractions" in found
    assert f"/packs/fractions/{LESSON}" in found
    for link in found:
        if link.startswith("/packs/"):
            assert client.get(link.split("#")[0]).status_code == 200


def test_a_caption_opens_the_video_at_its_second(client: FlaskClient, school: School) -> None:
    film, contents = lessons.rich_lesson()
    late = "WEBVTT\n\n01:05.000 --> 01:09.000\nA hexagon has six corners.\n"
    contents |= {f"{LESSON}/halves.en.vtt": ("text/vtt", late.encode())}
    school.add(describe("film", (film,)), contents)
    school.offer("film", 1)
    school.activate("film", 1, LESSON)
    Filler(school.data_dir, pages=lambda _: ()).fill()
    page = text_of(client, "/search?q=hexagon")
    assert "1:05" in page
    address = f"/packs/film/{LESSON}/halves?at=65"
    assert address in links(page)
    assert re.search(r'<source src="[^"]+\.mp4#t=65"', text_of(client, address))


def test_a_page_of_a_pdf_is_opened_there(client: FlaskClient) -> None:
    (link,) = [link for link in links(text_of(client, "/search?q=colour")) if "page=" in link]
    assert link == f"/packs/fractions/{LESSON}/worksheet?language=en&page=1"
    assert 'worksheet.en.pdf#page=1"' in text_of(client, link)


def test_words_of_a_page_are_scrolled_to(client: FlaskClient) -> None:
    found = links(text_of(client, "/search?q=四个相等", "zh"))
    words = "#:~:text=%E5%9B%9B%E4%B8%AA%E7%9B%B8%E7%AD%89"
    assert f"/packs/fractions/{LESSON}/intro?language=zh{words}" in found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_not_found_is_said(client: FlaskClient, language: str) -> None:
    nothing = {"en": "Nothing found", "zh": "什么也没找到"}[language]
    assert nothing in text_of(client, "/search?q=zzzzz", language)
    assert nothing not in text_of(client, "/search", language)
    mended = {"en": "found for “fraction”", "zh": "“fraction”的结果"}[language]
    assert mended in text_of(client, "/search?q=fractoin", language)


def test_facets_are_links_and_stay_with_the_form(client: FlaskClient) -> None:
    assert "/search?q=fraction&kind=lesson" in links(text_of(client, "/search?q=fraction"))
    page = text_of(client, "/search?q=fraction&kind=lesson")
    assert '<input type="hidden" name="kind" value="lesson">' in page
    assert "/search?q=fraction" in links(page), "and can be taken away"
    assert f"/packs/fractions/{LESSON}/intro" not in links(page)


@pytest.mark.parametrize(
    "asked",
    ['"><script>alert(1)</script>', "' OR 1=1 --", "NEAR(a b)", "%00", "a" * 4_000, "分" * 2_000],
)
def test_nothing_that_is_typed_does_harm(client: FlaskClient, asked: str) -> None:
    for address in ("/search", "/search/suggest"):
        answer = client.get(address, query_string={"q": asked, "kind": asked, "from": asked})
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.data


def test_a_title_with_markup_is_shown_as_it_is(client: FlaskClient, school: School) -> None:
    bad, contents = lessons.plain_lesson("bad", "Owl <img src=x onerror=alert(1)>", "猫头鹰")
    school.add(describe("bad", (bad,), title={"en": "</title><script>owl</script>"}), contents)
    school.offer("bad", 1)
    school.activate("bad", 1, "bad")
    Filler(school.data_dir, pages=lambda _: ()).fill()
    page = text_of(client, "/search?q=owl")
    assert "<img" not in page.split('<ol class="path hits"')[1]
    assert "<script>" not in page
    assert "&lt;img src=x" in page
    found = client.get("/search/suggest?q=owl")
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.mimetype == "application/json"


def test_suggestions_are_titles_with_addresses(client: FlaskClient) -> None:
    found = client.get("/search/suggest?q=fens", headers={"Accept-Language": "zh"}).get_json()
    assert found[0]["address"] == "/packs/fractions"
    assert found[0]["title"] == [["分数", False]]
    assert client.get("/search/suggest").get_json() == []


def test_while_there_is_no_index_the_page_says_so(client: FlaskClient, school: School) -> None:
    for path in school.data_dir.root.glob("search.db*"):
        path.unlink()
    assert "reading through its lessons" in text_of(client, "/search?q=fraction")
    assert client.get("/search/suggest?q=fraction").get_json() == []


def test_while_a_damaged_index_is_made_anew_the_page_says_so(
    client: FlaskClient, school: School
) -> None:
    place = school.data_dir.root / "search.db"
    place.write_bytes(b"\xa5" * place.stat().st_size)
    assert "reading through its lessons" in text_of(client, "/search?q=fraction")
    Filler(school.data_dir, pages=lambda _: ()).fill()
    assert "/packs/fractions" in links(text_of(client, "/search?q=fraction"))


def test_a_page_of_hits_is_light(client: FlaskClient) -> None:
    assert len(client.get("/search?q=a").data) < 40_000


def test_search_is_written_down_nowhere(client: FlaskClient, school: School) -> None:
    before = _written(school.data_dir.root)
    text_of(client, "/search?q=fraction")
    assert _written(school.data_dir.root) == before, "what a pupil looks for is nobody's business"


def _written(root: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_size
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }
