"""Previews of lessons: a pack is hostile, and reaches nothing of the console."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.hub import Hub
from hub.packs import contents, previewing, tickets
from hub.packs.previewing import Shown
from hub.people.actor import of_this_machine
from hub.publishing import publish
from tests.hub.clients import MovableClock
from tests.support.folders import sound_files, write_folder
from tests.support.packs import make_demo

ME = of_this_machine()
NEVER = ("allow-same-origin", "allow-forms", "allow-popups", "allow-top-navigation")
HOSTILE = (
    '<p onclick="x()">Hello<script>alert(1)</script><img src="//evil.example/x.png">'
    '<a href="javascript:alert(1)">a</a><iframe src="/console/packs"></iframe>'
    '<form action="/console/sign-out" method="post"><button>b</button></form></p>'
)


@pytest.fixture
def previewed(hub: Hub, tmp_path: Path) -> Hub:
    """A hub with a pack that has something of everything."""
    files = sound_files()
    files["01-halves/slicer/evil.svg"] = (
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.cookie)</script></svg>'
    )
    files["01-halves/slicer/data.xyz"] = "<script>alert(1)</script>"
    publish(hub, write_folder(tmp_path / "demo", files))
    make_demo(tmp_path / "other.cpack", pack="other", pages={"one": HOSTILE})
    publish(hub, tmp_path / "other.cpack")
    return hub


@pytest.fixture
def client(previewed: Hub) -> FlaskClient:
    return create_app(previewed).test_client()


def address(hub: Hub, path: str, pack: str = "demo") -> str:
    return f"/console/preview/{tickets.ticket(hub, pack, 1)}/{path}"


def files_of(hub: Hub) -> list[str]:
    return [file.path for file in contents.held(hub, ME, "demo", 1).manifest.files]


def test_every_file_is_in_a_sandbox_without_rights(previewed: Hub, client: FlaskClient) -> None:
    for path in files_of(previewed):
        answer = client.get(address(previewed, path))
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox allow-scripts; ")
        assert not any(right in policy for right in NEVER)
        assert "frame-ancestors 'self'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


def test_what_a_page_may_load_is_of_its_own_version(previewed: Hub, client: FlaskClient) -> None:
    answer = client.get(address(previewed, "halves/slicer/index.html"))
    sources = answer.headers["Content-Security-Policy"].split("default-src ")[1].split(";")[0]
    ticket = tickets.ticket(previewed, "demo", 1)
    assert f"http://localhost/console/preview/{ticket}/" in sources.split()
    assert "'self'" not in sources.split()
    assert "*" not in sources.split()


@pytest.mark.parametrize("ending", [".pdf", ".xyz"])
def test_what_a_browser_need_not_show_is_saved(
    previewed: Hub, client: FlaskClient, ending: str
) -> None:
    (path,) = (path for path in files_of(previewed) if path.endswith(ending))
    answer = client.get(address(previewed, path))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["../../packs", "..%2f..%2fpacks", "/etc/passwd", "nothing", ""])
def test_a_path_that_leaves_the_version_leads_nowhere(
    previewed: Hub, client: FlaskClient, path: str
) -> None:
    answer = client.get(f"/console/preview/{tickets.ticket(previewed, 'demo', 1)}/{path}")
    assert answer.status_code in {303, 404}
    assert b"root:" not in answer.data


def test_a_ticket_opens_its_version_until_it_ends(
    previewed: Hub, client: FlaskClient, clock: MovableClock
) -> None:
    place = address(previewed, "halves/more.html")
    assert client.get(place).status_code == 200
    for wrong in (
        place.replace("demo.1.", "demo.2."),
        place.replace("demo.1.", "other.1."),
        place.replace("demo.1.", "demo.01."),
        place.replace("demo.1.1", "demo.1.2"),
    ):
        assert client.get(wrong).status_code == 404
    clock.go_on(hours=13)
    assert client.get(place).status_code == 404


def show(hub: Hub, pack: str, item: str) -> Shown:
    held = contents.held(hub, ME, pack, 1)
    places = previewing.Places(held, tickets.ticket(hub, pack, 1))
    found = next(
        each for lesson in held.manifest.lessons for each in lesson.items if each.id == item
    )
    return previewing.show(hub, places, found, ("en",))


def test_a_hostile_fragment_keeps_its_words_alone(previewed: Hub) -> None:
    held = contents.held(previewed, ME, "other", 1)
    pages = [item.id for lesson in held.manifest.lessons for item in lesson.items if item.fragment]
    shown = [show(previewed, "other", page).html for page in pages]
    assert any("Hello" in html for html in shown)
    for html in shown:
        for word in ("script", "onclick", "javascript:", "evil.example", "<iframe", "<form"):
            assert word not in html


def test_links_of_a_page_lead_to_previews(previewed: Hub) -> None:
    html = show(previewed, "demo", "intro").html
    assert 'src="/console/preview/demo.1.' in html
    assert 'href="/console/packs/demo/versions/1/lessons/halves?item=more"' in html


def test_an_exercise_is_shown_with_its_answers(previewed: Hub) -> None:
    exercise = show(previewed, "demo", "practice").exercise
    assert exercise
    assert exercise.questions[0].picture
