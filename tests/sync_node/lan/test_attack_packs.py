"""Hostile packs in a real browser with a teacher signed in: they get nothing and change nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Frame, Request

from tests.support.browser import DESKTOP, Visit, visit
from tests.sync_node.lan.attacks import ATTACKS, Attack, install
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.served import Served, served

pytestmark = pytest.mark.browser

CANARY = "canary-5f1c"  # in a cookie that scripts may read, and in the site's own storage
OURS = ("/said", "/progress")  # what our own pages send while an item is shown
TRY = "(() => { try { return %s; } catch (error) { return error.name; } })()"
# What stands before a value that a script got; these harmless ones are got by all.
HARMLESS = {"worker": "got [object Worker]", "shared worker": "got [object SharedWorker]"}


@pytest.fixture(scope="module")
def made() -> dict[str, Attack]:
    return {name: make() for name, make in ATTACKS.items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, made: dict[str, Attack]) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("school")
    school = furnished_school(folder)
    for name, attack in made.items():
        install(school, tmp_path_factory.mktemp("cpack"), name, attack)
    with served(school) as found:
        yield found


def _written(site: Served) -> tuple[object, ...]:
    """Return what a write would change."""
    data = site.data
    return (
        [one.name for one in data.people.classes()],
        [one.name for one in data.teachers.teachers()],
        [one.name for one in data.people.learners(site.names["class_id"])],
        data.statements.newest(),
        data.sessions.find(site.tokens["teacher"]),
    )


@contextmanager
def _teacher(browser: Browser, site: Served) -> Iterator[tuple[Visit, list[Request]]]:
    """A teacher's browser, with secrets within reach; and every request that it sends."""
    with visit(browser, site.address, size=DESKTOP) as here:
        site.sign_in(here, "teacher")
        requests: list[Request] = []
        # playwright looks into what it calls: a method written in C has nothing to look into
        here.page.context.on("request", lambda one: requests.append(one))  # noqa: PLW0108
        here.open("/")
        here.page.context.add_cookies([{"name": "open", "value": CANARY, "url": site.address}])
        here.page.evaluate(f"localStorage.setItem('secret', '{CANARY}')")
        before = _written(site)
        yield here, requests
        assert _written(site) == before, "nothing was written"
        _nothing_left(here, requests, site)


def _nothing_left(here: Visit, requests: list[Request], site: Served) -> None:
    for request in requests:
        sent = request.url + (request.post_data or "")
        assert CANARY not in sent
        assert site.tokens["teacher"] not in sent
        if request.method not in {"GET", "HEAD"} and not request.url.endswith(OURS):
            answer = request.response() if not request.failure else None
            assert answer is None or answer.status == 403, f"{request.method} {request.url}"
    reached = [url for url in here.outside_requests() if _was_sent(url, requests)]
    assert reached == []
    cookies = {one["name"]: one["value"] for one in here.page.context.cookies()}
    assert cookies["session"] == site.tokens["teacher"]
    assert "language" not in cookies


def _was_sent(url: str, requests: list[Request]) -> bool:
    """Say whether a request went out: one that the policy stops has failed before."""
    return any(one.url == url and one.failure != "csp" for one in requests)


def _is_untouched(here: Visit) -> None:
    page = here.page
    assert page.evaluate("window.owned") is None
    assert page.evaluate("Object.prototype.isOwned") is None
    assert page.title() != "owned"
    assert page.locator("header.top").count() == 1, "it is still our page"


def _got(frame: Frame) -> dict[str, str]:
    """Return what the script in a frame managed to get."""
    tried: dict[str, str] = json.loads(frame.evaluate("JSON.stringify(window.tried)"))
    assert tried["done"] == "done"
    return {
        name: value
        for name, value in tried.items()
        if value.startswith("got ") and HARMLESS.get(name) != value
    }


def _is_download(error: Exception) -> None:
    assert "Download is starting" in str(error)


def _hostile_frames(here: Visit) -> list[Frame]:
    return [frame for frame in here.page.frames if "/content/" in frame.url]


def _wait_for_the_script(here: Visit) -> None:
    for _ in range(100):
        frames = _hostile_frames(here)
        if frames and frames[0].evaluate("!!(window.tried && window.tried.done)"):
            return
        here.page.wait_for_timeout(50)
    raise AssertionError("the attack didn't run: this shows nothing")


def test_the_pages_that_name_hostile_packs_stay_ours(
    browser: Browser, site: Served, made: dict[str, Attack]
) -> None:
    with _teacher(browser, site) as (here, _):
        here.page.on("dialog", lambda _: pytest.fail("a dialog was opened"))
        for path in ("/", "/search?q=script", *(f"/packs/{name}" for name in made)):
            here.open(path)
            _is_untouched(here)
        assert len(here.page.context.pages) == 1


@pytest.mark.parametrize("name", ATTACKS)
def test_the_lesson_and_the_item_of_a_hostile_pack_stay_ours(
    browser: Browser, site: Served, made: dict[str, Attack], name: str
) -> None:
    with _teacher(browser, site) as (here, _):
        here.page.on("dialog", lambda _: pytest.fail("a dialog was opened"))
        here.open(f"/packs/{name}/a")
        _is_untouched(here)
        here.open(f"/packs/{name}/a/it")
        if made[name].runs and not made[name].item.fragment:
            _wait_for_the_script(here)
            for frame in _hostile_frames(here):
                assert _got(frame) == {}
        here.page.wait_for_timeout(400)
        _is_untouched(here)
        assert here.page.url == f"{site.address}/packs/{name}/a/it"
        assert len(here.page.context.pages) == 1


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "markdown"])
def test_a_hostile_file_on_its_own_gets_nothing(
    browser: Browser, site: Served, made: dict[str, Attack], name: str
) -> None:
    for path in made[name].opened:
        with _teacher(browser, site) as (here, _):
            address = f"/content/{name}/1/{quote(path)}"
            try:
                here.open(address)
            except Exception as error:  # noqa: BLE001  # playwright's own: the file was saved
                _is_download(error)
                continue
            if made[name].runs:
                _wait_for_the_script(here)
                assert here.page.evaluate("window.origin") == "null"
                assert _got(here.page.main_frame) == {}
            else:
                here.page.wait_for_timeout(300)
                assert here.page.evaluate("window.tried") is None, "it was taken for HTML"


def test_a_hostile_exercise_is_graded_and_stays_text(browser: Browser, site: Served) -> None:
    with _teacher(browser, site) as (here, _):
        here.open("/packs/exercise-text/a/it")
        here.page.locator("input[type=radio]").nth(1).check()
        here.page.evaluate("document.querySelector('#exercise form, form#exercise').id")
        _is_untouched(here)


def test_no_pack_sees_what_another_keeps(browser: Browser, site: Served) -> None:
    """Each document has an origin that no other has."""
    with visit(browser, site.address) as here:
        here.open("/content/script-in-app/1/a/index.html")
        _wait_for_the_script(here)
        heard = "() => { new BroadcastChannel('packs').onmessage = (e) => { window.heard = e; }; }"
        here.page.evaluate(heard)
        other = here.page.context.new_page()
        other.goto(f"{site.address}/content/script-in-html/1/a/page.html")
        other.evaluate("new BroadcastChannel('packs').postMessage('secret')")
        other.evaluate("window.name = 'secret'")
        here.page.wait_for_timeout(300)
        assert here.page.evaluate("window.heard") is None
        for page in (here.page, other):
            for storage in ("localStorage", "sessionStorage", "document.cookie"):
                tried = page.evaluate(TRY % storage)
                assert tried == "SecurityError"
