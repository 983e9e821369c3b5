"""What an app may say, and what it may not: by the server alone, and from within its frame."""

import json
from collections.abc import Iterator
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Frame

from content_packs.records import Actor, Place
from sync_node.school.progress import ItemProgress
from tests.support.browser import Visit, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.served import Served, served

APP = f"/packs/fractions/{LESSON}/slicer"
SAID = f"{APP}/said"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(furnished_school(tmp_path_factory.mktemp("school"))) as found:
        yield found


@pytest.fixture
def pupil(site: Served) -> FlaskClient:
    """A pupil's browser, asking the same school without a network."""
    return site.client("learner")


def _of_pupil(site: Served) -> ItemProgress | None:
    pupil = Actor("learner", site.names["learner_id"])
    return site.data.progress.of_item(pupil, Place("fractions", LESSON, "slicer"))


def test_what_an_app_says_is_kept_as_its_own_word(site: Served, pupil: FlaskClient) -> None:
    assert pupil.post(SAID, data={"type": "progress", "percent": "40.4"}).status_code == 204
    found = _of_pupil(site)
    assert found
    assert (found.state, found.percent, found.score) == ("started", 40, None)
    form = {"type": "completed", "score": "3", "points": "5"}
    assert pupil.post(SAID, data=form).status_code == 204
    found = _of_pupil(site)
    assert found
    assert (found.state, found.score, found.points) == ("done", Fraction(3), Fraction(5))
    assert found.by_app, "nobody checked it, and the record says so"


@pytest.fixture(scope="module")
def silent_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site to which nobody says anything that is kept."""
    with served(furnished_school(tmp_path_factory.mktemp("school"))) as found:
        yield found


@pytest.mark.parametrize(
    "form",
    [
        {}, {"type": "hello"}, {"type": "progress"}, {"type": "progress", "percent": "-1"},
        {"type": "progress", "percent": "100.5"}, {"type": "progress", "percent": "nan"},
        {"type": "progress", "percent": "inf"}, {"type": "progress", "percent": "1e9"},
        {"type": "progress", "percent": "forty"}, {"type": "progress", "percent": "1" * 40},
        {"type": "progress", "percent": "5", "score": "1", "points": "1"},
        {"type": "score"}, {"type": "score", "score": "1"}, {"type": "score", "points": "1"},
        {"type": "score", "score": "6", "points": "5"},
        {"type": "score", "score": "0", "points": "0"},
        {"type": "score", "score": "1", "points": "100001"},
        {"type": "completed", "score": "-1", "points": "5"},
        {"type": "completed", "percent": "5"}, {"type": "initialized"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_nonsense_is_refused_and_not_kept(silent_site: Served, form: dict[str, str]) -> None:
    assert silent_site.client("learner").post(SAID, data=form).status_code == 400
    assert _of_pupil(silent_site) is None


def test_nobody_but_a_page_of_this_site_says_it(site: Served, pupil: FlaskClient) -> None:
    form = {"type": "completed"}
    for origin in ("null", "http://elsewhere.example", "http://localhost:8000"):
        assert pupil.post(SAID, data=form, headers={"Origin": origin}).status_code == 403
    assert _of_pupil(site) is None


def test_an_app_that_another_pupil_left_open_says_nothing_of_this_one(
    site: Served, pupil: FlaskClient
) -> None:
    form = {"type": "completed", "_who": "01890000-0000-4000-8000-00000000000a"}
    assert pupil.post(SAID, data=form).status_code == 409
    assert _of_pupil(site) is None


def test_only_what_has_a_frame_of_its_own_can_speak(pupil: FlaskClient) -> None:
    form = {"type": "completed"}
    for item, status in (("manual", 204), ("practice", 405), ("halves", 405), ("intro", 405)):
        place = f"/packs/fractions/{LESSON}/{item}/said"
        assert pupil.post(place, data=form).status_code == status, item
    assert pupil.post("/packs/fractions/decimals/intro/said", data=form).status_code == 404


def test_a_teacher_who_looks_at_an_app_is_no_pupil(site: Served) -> None:
    before = site.data.statements.newest()
    assert site.client("teacher").post(SAID, data={"type": "completed"}).status_code == 204
    assert site.data.statements.newest() == before


def _frame(here: Visit) -> Frame:
    here.open(APP)
    here.page.frame_locator("iframe").get_by_text("origin").wait_for()
    frame = next(frame for frame in here.page.frames if "/content/" in frame.url)
    frame.evaluate(
        "window.heard = []; addEventListener('message', (e) => {"
        " if (e.source === parent) { heard.push(e.data); } })"
    )
    return frame


def _say(frame: Frame, message: object) -> None:
    frame.evaluate("(message) => parent.postMessage(message, '*')", message)


def _hear(here: Visit, frame: Frame, identity: int) -> dict[str, object]:
    for _ in range(100):
        for message in frame.evaluate("heard"):
            if message["id"] == identity:
                found: dict[str, object] = message
                return found
        here.page.wait_for_timeout(50)
    raise AssertionError(f"nothing was heard of {identity}: {frame.evaluate('heard')}")


@pytest.mark.browser
def test_an_app_in_its_frame_is_heard_and_told(browser: Browser, site: Served) -> None:
    with visit(browser, site.address, language="zh-CN") as here:
        site.sign_in(here, "learner")
        frame = _frame(here)
        _say(frame, {"satchel": 1, "type": "hello", "id": 1})
        told = {"satchel": 1, "type": "welcome", "language": "zh-Hans", "id": 1}
        assert _hear(here, frame, 1) == told
        _say(frame, {"satchel": 1, "type": "progress", "percent": 60, "id": 2})
        assert _hear(here, frame, 2)["type"] == "kept"
        _say(frame, {"satchel": 1, "type": "completed", "score": 4, "points": 5, "id": 3})
        assert _hear(here, frame, 3)["type"] == "kept"
        found = _of_pupil(site)
        assert found
        assert (found.is_done, found.score, found.points) == (True, Fraction(4), Fraction(5))


@pytest.mark.browser
def test_what_isn_t_of_the_protocol_goes_no_further(browser: Browser, site: Served) -> None:
    with visit(browser, site.address) as here:
        site.sign_in(here, "learner")
        frame = _frame(here)
        for number, message in enumerate(
            [
                {"satchel": 1, "type": "progress", "percent": "40"},
                {"satchel": 1, "type": "progress", "percent": 101},
                {"satchel": 1, "type": "progress", "percent": {"toString": "x"}},
                {"satchel": 1, "type": "score", "score": 9, "points": 5},
                {"satchel": 1, "type": "completed", "score": 5},
            ],
            10,
        ):
            _say(frame, {**message, "id": number})
            assert _hear(here, frame, number)["why"] == "invalid"
        heard = frame.evaluate("heard.length")
        for message in (
            "completed", None, [1], {"type": "completed"}, {"satchel": 2, "type": "completed"},
            {"satchel": 1, "type": "completed\n"}, {"satchel": 1, "type": ["completed"]},
        ):  # fmt: skip
            _say(frame, message)
        here.page.wait_for_timeout(300)
        assert frame.evaluate("heard.length") == heard
        assert not [url for url in here.requests if url.endswith("/said")]


@pytest.mark.browser
def test_only_the_frame_is_heard(browser: Browser, site: Served) -> None:
    """A window with an origin isn't, nor a frame inside the app's frame."""
    with visit(browser, site.address) as here:
        site.sign_in(here, "learner")
        frame = _frame(here)
        message = "{satchel: 1, type: 'completed', id: 1}"
        here.page.evaluate(f"postMessage({message}, '*')")
        frame.evaluate(
            f"""() => {{ const inner = document.createElement('iframe');
              inner.srcdoc = "<script>top.postMessage({message}, '*')</scr" + "ipt>";
              document.body.append(inner); }}"""
        )
        here.page.wait_for_timeout(500)
        assert not [url for url in here.requests if url.endswith("/said")]
        assert _of_pupil(site) is None or not _of_pupil(site).is_done


@pytest.mark.browser
def test_an_app_that_shouts_is_slowed_down(browser: Browser, site: Served) -> None:
    with visit(browser, site.address) as here:
        site.sign_in(here, "learner")
        frame = _frame(here)
        frame.evaluate(
            "for (let i = 0; i < 2000; i += 1) {"
            " parent.postMessage({satchel: 1, type: 'progress', percent: i % 100, id: i}, '*');"
            " parent.postMessage({satchel: 1, type: 'completed', id: i}, '*'); }"
        )
        here.page.wait_for_timeout(1500)
        sent = [url for url in here.requests if url.endswith("/said")]
        assert len(sent) < 60
        told = [message.get("why") for message in frame.evaluate("heard")]
        assert told.count("too-much") > 1000
