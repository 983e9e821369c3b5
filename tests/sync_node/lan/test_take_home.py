"""A lesson at home: a zip that any phone unpacks, and a page that needs nothing else."""

import io
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.support.browser import visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School

HOME = f"/packs/fractions/{LESSON}/take-home.zip"
FOLDER = f"fractions-{LESSON}"


def _unpacked(client: FlaskClient) -> zipfile.ZipFile:
    answer = client.get(HOME)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_every_entry_is_whole_and_as_it_is_in_the_pack(client: FlaskClient, school: School) -> None:
    found = _unpacked(client)
    assert found.testzip() is None
    manifest = school.manifests["fractions", 1]
    for name in found.namelist():
        assert name.startswith(f"{FOLDER}/"), "it unpacks into one folder"
        path = name.removeprefix(f"{FOLDER}/files/")
        if path in manifest.by_path:
            assert len(found.read(name)) == manifest.by_path[path].size
    assert f"{FOLDER}/index.html" in found.namelist()
    assert f"{FOLDER}/files/{LESSON}/slicer/dots.ttf" not in found.namelist()
    assert f"{FOLDER}/files/{LESSON}/slicer/style/dots.ttf" in found.namelist()


def test_the_lightest_film_goes_home_and_no_other(client: FlaskClient) -> None:
    films = [name for name in _unpacked(client).namelist() if name.endswith(".mp4")]
    assert films == [f"{FOLDER}/files/{LESSON}/halves.en.240p.mp4"]


def test_a_download_that_was_cut_goes_on(client: FlaskClient) -> None:
    whole = client.get(HOME)
    middle = len(whole.data) // 2
    rest = client.get(
        HOME, headers={"Range": f"bytes={middle}-", "If-Range": whole.headers["ETag"]}
    )
    assert rest.status_code == 206
    assert whole.data[:middle] + rest.data == whole.data


def test_the_web_server_sends_it_without_holding_a_thread(
    address: str, client: FlaskClient
) -> None:
    with urlopen(address + HOME) as answer:  # our own server
        assert answer.read() == client.get(HOME).data
    asked = Request(address + HOME, headers={"Range": "bytes=1000-200999"})
    with urlopen(asked) as answer:
        assert answer.status == 206
        assert answer.read() == client.get(HOME).data[1000:201000]


def test_the_page_asks_nothing_of_the_school(client: FlaskClient) -> None:
    page = _unpacked(client).read(f"{FOLDER}/index.html").decode()
    for word in ("<script", "/content/", "/static/", "http://", "at-home/"):
        assert word not in page.replace("http://www.w3.org", ""), word
    assert "data:image/png;base64," in page
    assert "data:text/vtt;base64," in page


def test_a_lesson_that_is_not_here_does_not_go_home(client: FlaskClient) -> None:
    assert client.get("/packs/fractions/decimals/take-home.zip").status_code == 404


@pytest.mark.browser
def test_a_browser_opens_it_from_its_own_storage(
    browser: Browser, client: FlaskClient, tmp_path: Path
) -> None:
    _unpacked(client).extractall(tmp_path)
    folder = tmp_path / FOLDER
    with visit(browser, folder.as_uri(), script=True) as here:
        here.open("/index.html")
        page = here.page
        page.get_by_role("heading", name="What is a fraction?").wait_for()
        shown = "[...document.images].every(image => image.naturalWidth > 0)"
        here.wait_until(shown)
        page.evaluate("document.querySelector('video').load()")
        page.evaluate("document.querySelector('video').preload = 'auto'")
        here.wait_until("document.querySelector('video').readyState > 0")
        track = "document.querySelector('video').textTracks[0]"
        page.evaluate(f"{track}.mode = 'showing'")
        here.wait_until(f"{track}.cues && {track}.cues.length === 1")
        page.get_by_text("Show the answer").first.click()
        assert page.get_by_text("Two of four parts").count() == 2
        here.screenshot("home-zip-en-360")
        assert here.failures == []
        assert all(url.startswith(("file:", "data:")) for url in here.requests)
