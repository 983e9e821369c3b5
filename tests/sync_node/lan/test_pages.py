"""The site's pages as a browser without JavaScript gets them."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from tests.sync_node.lan.lessons import LESSON, plain_lesson
from tests.sync_node.lan.school import School, describe, new_school

ITEM = f"/packs/fractions/{LESSON}"
PAGES = [
    "/", "/?grade=4", "/packs/fractions", ITEM, f"{ITEM}/intro", f"{ITEM}/halves", f"{ITEM}/song",
    f"{ITEM}/worksheet", f"{ITEM}/slicer", f"{ITEM}/manual", "/box",
]  # fmt: skip
PAGE_BYTES_MAX = 60_000


@pytest.mark.sampled(3)
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_is_light_and_whole(client: FlaskClient, path: str, language: str) -> None:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}" dir="ltr">' in answer.text
    for landmark in ("<header", "<main", "<footer", 'class="skip"', "<h1"):
        assert landmark in answer.text
    own = re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text)
    weight = len(answer.data) + sum(len(client.get(url).data) for url in set(own))
    assert weight < PAGE_BYTES_MAX


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_loads_nothing_but_its_own(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {"Cookie", "Accept-Language"} <= {
        part.strip() for part in answer.headers["Vary"].split(",")
    }
    assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", answer.text)


def test_home_shows_packs_by_subject_and_can_show_one_grade(client: FlaskClient) -> None:
    text = client.get("/").text
    assert text.index("Mathematics") < text.index("Science")
    assert "2 of 3 lessons ready" in text
    one = client.get("/?grade=5").text
    assert "The water cycle" in one
    assert "/packs/fractions" not in one


def test_the_outline_says_what_is_on_its_way(client: FlaskClient) -> None:
    text = client.get("/packs/fractions").text
    assert f'href="{ITEM}"' in text
    assert 'href="/packs/fractions/decimals"' not in text
    assert re.search(r"On its way: [\d.]+ k?B to come", text)


def test_a_lesson_leads_from_item_to_item(client: FlaskClient) -> None:
    assert f'href="{ITEM}/intro"' in client.get(ITEM).text
    text = client.get(f"{ITEM}/halves").text
    assert re.search(rf'rel="prev" href="{ITEM}/intro"', text)
    assert re.search(rf'action="{ITEM}/halves/done"', text)
    gone_on = client.post(f"{ITEM}/halves/done", data={"_done": "1"})
    assert (gone_on.status_code, gone_on.location) == (303, f"{ITEM}/song")
    assert 'aria-current="step"' in text
    assert client.post(f"{ITEM}/manual/done").location == ITEM, "after the last, back to the lesson"


def test_a_video_starts_with_the_lightest_and_remembers_another(
    client: FlaskClient, school: School
) -> None:
    heavy = school.manifests["fractions", 1].by_path[f"{LESSON}/halves.zh.480p.mp4"]
    assert heavy
    page = f"{ITEM}/halves?language=zh"
    assert "halves.zh.240p.mp4" in re.search(r"<source[^>]*>", client.get(page).text)[0]
    chosen = client.get(page + "&rendition=480p")
    assert "halves.zh.480p.mp4" in re.search(r"<source[^>]*>", chosen.text)[0]
    again = client.get(page)
    assert "halves.zh.480p.mp4" in re.search(r"<source[^>]*>", again.text)[0]
    english = client.get(f"{ITEM}/halves?language=en").text
    assert "halves.en.240p.mp4" in re.search(r"<source[^>]*>", english)[0], "480p hasn't come"


def test_captions_stand_ready_in_every_language_and_show_in_the_reader_s(
    client: FlaskClient,
) -> None:
    text = client.get(f"{ITEM}/halves", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text
    tracks = re.findall(r"<track[^>]*>", text)
    assert len(tracks) == 2
    assert ["default" in track for track in tracks] == [False, True]
    assert 'srclang="zh" label="中文"' in tracks[1]


def test_a_page_s_links_and_pictures_lead_to_where_things_are(client: FlaskClient) -> None:
    text = client.get(f"{ITEM}/intro").text
    assert f'src="/content/fractions/1/{LESSON}/pizza.png"' in text
    assert 'href="/packs/fractions/adding-fractions/intro#top"' in text
    assert "<mfrac>" in text
    assert "owned" not in text
    assert "alert" not in text


def test_hostile_html_stays_in_its_frame(client: FlaskClient) -> None:
    text = client.get(f"{ITEM}/manual").text
    frame = re.search(r"<iframe[^>]*>", text)
    assert frame
    assert 'sandbox="allow-scripts"' in frame[0]
    assert f'src="/content/fractions/1/{LESSON}/manual.html"' in frame[0]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/packs/fractions/decimals", "This lesson isn&#39;t here yet"),
        ("/packs/fractions/nothing", "This page isn&#39;t here"),
        (f"{ITEM}/nothing", "This page isn&#39;t here"),
        ("/packs/nothing", "This page isn&#39;t here"),
        ("/nothing", "This page isn&#39;t here"),
    ],
)
def test_what_is_not_here_is_said_kindly(client: FlaskClient, path: str, words: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert words.replace("&#39;", "'") in answer.text.replace("&#39;", "'")
    assert "Traceback" not in answer.text


def test_without_a_database_the_box_is_getting_ready(tmp_path: Path) -> None:
    client = create_app(DataDir(tmp_path)).test_client()
    answer = client.get("/")
    assert answer.status_code == 503
    assert "getting ready" in answer.text
    assert str(tmp_path) not in answer.text
    new_school(tmp_path)
    assert "still empty" in client.get("/").text


def test_a_fault_of_ours_shows_no_traceback(client: FlaskClient) -> None:
    def fail() -> str:
        raise RuntimeError("the secret reason")

    client.application.view_functions["student.home"] = fail
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret" not in answer.text


def test_the_technician_sees_packs_ticks_and_disk(client: FlaskClient) -> None:
    text = client.get("/box").text
    for words in (
        "county-primary",
        "2 / 3",
        "Something new came",
        "2 lessons activated",
        "3 minutes ago",
    ):
        assert words in text


def test_static_files_are_kept_for_ever_under_their_stamp(client: FlaskClient) -> None:
    url = re.search(r'href="(/static/[^"]+/site\.css)"', client.get("/").text)
    assert url
    kept = client.get(url[1])
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    old = client.get("/static/0123456789ab/site.css")
    assert (old.data, old.headers["Cache-Control"]) == (kept.data, "no-cache")
    assert client.get("/static/0123456789ab/nothing.css").status_code == 404


def test_a_page_that_brings_its_title_has_one_title(client: FlaskClient, school: School) -> None:
    lesson, contents = plain_lesson("odd", "Odd", "怪")
    page = b'<h1 id="x">Odd <em>one</em></h1>\n<p>Text.</p><h1>Another</h1>'
    contents["odd/intro.en.html"] = ("text/html", page)
    school.add(describe("odd", (lesson,)), contents)
    school.offer("odd", 1)
    school.activate("odd", 1, "odd")
    text = client.get("/packs/odd/odd/intro").text
    assert "<h1>Odd <em>one</em></h1>" in text
    assert text.count("Odd <em>") == 1
