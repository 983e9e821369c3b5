"""A lesson at home: a zip that any phone unpacks, and a page that needs nothing else."""

import io
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School

HOME = f"/packs/fractions/{LESSON}/take-home.zip"
FOLDER = f"fractions-{LESSON}"
TITLES = {"What is a fraction?", "什么是分数？"}


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
@pytest.mark.parametrize(
    ("size", "language", "script"),
    [
        pytest.param(PHONE, "en", True, id="phone-en"),
        pytest.param(DESKTOP, "zh-CN", True, id="desktop-zh", marks=pytest.mark.long),
        pytest.param(PHONE, "zh-CN", False, id="phone-zh-no-script", marks=pytest.mark.long),
    ],
)
def test_a_browser_opens_it_from_its_own_storage(
    browser: Browser, client: FlaskClient, tmp_path: Path,
    size: tuple[int, int], language: str, *, script: bool,
) -> None:  # fmt: skip
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    _unpacked(client).extractall(tmp_path)
    with visit(browser, (tmp_path / FOLDER).as_uri(), size=size, script=script) as here:
        here.open("/index.html")
        page = here.page
        assert page.locator("h1").inner_text() in TITLES
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        here.wait_until("[...document.images].every(image => image.naturalWidth > 0)")
        _plays(here)
        fraction = page.locator("#intro math mfrac").first.bounding_box()
        assert fraction
        assert fraction["height"] > 1.5 * fraction["width"], "one number stands above the other"
        half = page.locator("#practice .question").first
        assert half.get_by_text("Two of four parts").count() == 2
        assert half.get_by_text("Two of four parts").last.is_hidden(), "answers are folded"
        half.locator("details").last.locator("summary").click()
        assert half.get_by_text("Two of four parts").last.is_visible()
        here.screenshot(f"home-zip-{language[:2]}-{size[0]}{'' if script else '-plain'}")
        assert here.failures == []
        assert all(url.startswith(("file:", "data:")) for url in here.requests)


def _plays(here: Visit) -> None:
    """Check that the film runs, with its captions."""
    film = "document.querySelector('video')"
    here.page.evaluate(f"{film}.muted = true; {film}.play()")
    here.wait_until(f"{film}.currentTime > 0.2")
    here.page.evaluate(f"{film}.pause()")
    track = f"{film}.textTracks[0]"
    here.page.evaluate(f"{track}.mode = 'showing'")
    here.wait_until(f"{track}.cues && {track}.cues.length === 1")
