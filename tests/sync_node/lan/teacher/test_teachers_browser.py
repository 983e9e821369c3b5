"""A teacher's pages in a real browser: each looked at, the projector that follows, files that come.

One served school for all of them. By default the fullest pages are measured on a phone in Chinese,
and what has no address of its own is looked at with axe (`test_every_page.py` does the others);
`long` runs do all of that to every page, in both languages, on a desktop and in the dark, and keep
pictures.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from sync_node.lan.app import create_app
from sync_node.lan.teacher.shows import shows_of
from sync_node.lan.web_server import listen
from sync_node.school.quizzes import FormQuestion, from_form
from tests.support import media
from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, Visit, follow, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.teacher.classroom import PASSPHRASE, PRACTICE, Classroom, a_classroom
from tests.sync_node.lan.test_browser import _shown_well

pytestmark = pytest.mark.browser

WALL = (1920, 1080)
WAYS = [
    pytest.param(True, id="with a script"),
    pytest.param(False, id="without a script", marks=pytest.mark.long),
]
TEACHER_PDF = b"%PDF-1.4\n" + b"0" * 3000 + b"\n%%EOF\n"


@dataclass(frozen=True)
class Site:
    """A site behind the node's web server, and the class in it."""

    address: str
    classroom: Classroom
    material: str
    app: Flask


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = furnished_school(tmp_path_factory.mktemp("school")).data_dir
    classroom = a_classroom(folder, lambda: datetime.now(UTC))
    app = create_app(folder, school=classroom.school)
    server = listen(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    question = FormQuestion("choice", "Which is a half?", ("1/2",), ("1/3", "1/4"))
    quiz = from_form("Warm-up", [question], language="en")
    made = classroom.school.materials.add_quiz(
        quiz, title="Warm-up", class_id="", by=classroom.teacher.id
    )
    try:
        yield Site(f"http://127.0.0.1:{server.effective_port}", classroom, made.id, app)
    finally:
        server.close()
        thread.join()
        classroom.school.close()


@pytest.fixture(autouse=True)
def _nothing_is_shown(site: Site) -> None:
    shows_of(site.app).end(site.classroom.teacher.id)


def _sign_in(here: Visit, site: Site) -> None:
    found = site.classroom.school.signing_in.teacher("Ms Li", PASSPHRASE, device="d")
    here.page.context.add_cookies(
        [{"name": "session", "value": found.token, "url": site.address, "httpOnly": True}]
    )


def _pages(site: Site) -> dict[str, str]:
    room = site.classroom
    here = f"/teacher/classes/{room.school_class.id}"
    task = room.school.assignments.of_class(room.school_class.id)[0]
    lesson = f"/packs/fractions/{LESSON}"
    return {
        "home": "/teacher", "new-class": "/teacher/classes/new", "glance": here,
        "pupils": f"{here}/pupils", "board": f"{here}/board", "task": f"/teacher/tasks/{task.id}",
        "pupil": f"/teacher/pupils/{room.learners[3].id}", "roster": "/teacher/rosters",
        "find": "/teacher/set", "set": f"/teacher/set?pack=fractions&lesson={LESSON}",
        "show": "/teacher/show", "plans": "/teacher/plans", "packs": "/teacher/packs",
        "pack": "/teacher/packs/fractions", "wishes": "/teacher/wishes?pack=fractions",
        "materials": "/teacher/materials", "quiz": "/teacher/materials/quiz",
        "teachers": "/teacher/teachers", "lesson": lesson, "item": f"{lesson}/practice",
        "outline": "/packs/fractions", "material": f"/materials/{site.material}",
        "no-screen": "/screen",
    }  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How pages are looked at. `all_of_it`: each with axe, and a picture of it is kept."""

    language: str
    size: tuple[int, int]
    dark: bool = False
    all_of_it: bool = True

    def at(self, here: Visit, name: str, *, has_address: bool = False) -> None:
        """Look at the page that is open."""
        _shown_well(here)
        if self.all_of_it or not has_address:
            assert violations(here.page) == [], name
        if self.all_of_it:
            here.screenshot(f"teacher-{name}-{self.language[:2]}-{self.size[0]}")

    def at_the_wall(self, browser: Browser, site: Site, step: str) -> None:
        """Look at the projector's page."""
        with visit(browser, site.address, size=WALL, language=self.language) as wall:
            wall.open("/screen")
            high = wall.page.evaluate("document.documentElement.scrollHeight")
            assert high <= WALL[1] or step == "intro", "what isn't a page fits the wall"
            if self.all_of_it or step == "answer":
                assert violations(wall.page) == [], step
            if self.all_of_it:
                wall.screenshot(f"teacher-screen-{step}-{self.language[:2]}", whole=False)


FULLEST = {"home", "glance", "pupils", "task", "pupil", "set", "pack", "materials", "quiz"}
LOOKS = [
    pytest.param(Look("zh-CN", PHONE, all_of_it=False), id="measured"),
    pytest.param(Look("zh-CN", PHONE), id="phone in Chinese", marks=pytest.mark.long),
    pytest.param(Look("en", PHONE, dark=True), id="phone in the dark", marks=pytest.mark.long),
    pytest.param(Look("zh-CN", DESKTOP, dark=True), id="desktop, dark", marks=pytest.mark.long),
    pytest.param(Look("en", DESKTOP), id="desktop", marks=pytest.mark.long),
]


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_shown_well(browser: Browser, site: Site, look: Look) -> None:
    with visit(
        browser, site.address, size=look.size, language=look.language, dark=look.dark
    ) as here:
        for name, path in {"sign-in": "/teacher/sign-in", "code": "/teacher/code"}.items():
            here.open(path)
            look.at(here, name, has_address=True)
        _sign_in(here, site)
        for name, path in _pages(site).items():
            if look.all_of_it or name in FULLEST:
                here.open(path)
                look.at(here, name, has_address=True)
        _preview(here.page, site)
        look.at(here, "preview", has_address=True)
        here.open(f"/teacher/classes/{site.classroom.school_class.id}/pupils")
        here.page.locator("[name=kind][value=pictures]").check()
        follow(here.page.locator("[name=whose]").first)
        look.at(here, "pins")
        here.open(f"/packs/fractions/{LESSON}")
        follow(here.page.locator("nav.bar form button"))
        for step in ("cover", "intro", "question", "answer"):
            _go(here, step)
            look.at(here, f"remote-{step}", has_address=step != "question")
            look.at_the_wall(browser, site, step)
        here.page.locator("button[value=end]").click()
        here.page.locator(".how").wait_for()


def _preview(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/teacher/rosters")
    page.locator("#name").fill("4 B")
    page.locator("#names").fill("1. Anna Berg\n2. Ben Cole\n3. Gao Min\n3. Gao Min")
    follow(page.locator("form button.main").first)


def _go(here: Visit, step: str) -> None:
    here.open("/teacher/show")
    here.page.locator("details summary").click()
    kinds = {"cover": 0, "intro": 1}
    at = kinds.get(step)
    if at is None:
        words = "Question 1" if step == "question" else "Answer 1"
        chinese = "第 1 题" if step == "question" else "第 1 题答案"
        jump = here.page.locator(".jump button")
        texts = jump.all_inner_texts()
        at = next(n for n, text in enumerate(texts) if text.endswith((words, chinese)))
    here.page.locator(".jump button").nth(at).click()
    here.page.locator(".now .over", has_text=f"{at + 1} / ").wait_for()


@pytest.mark.parametrize("script", WAYS)
def test_the_projector_follows_the_phone(browser: Browser, site: Site, script: bool) -> None:
    with (
        visit(browser, site.address) as phone,
        visit(browser, site.address, size=DESKTOP, script=script) as wall,
    ):
        wall.open("/screen")
        wall.page.get_by_text("Nothing is on the wall yet").wait_for()
        _sign_in(phone, site)
        phone.open(f"/packs/fractions/{LESSON}")
        follow(phone.page.get_by_role("button", name="Show on the wall"))
        wall.page.get_by_role("heading", name="What is a fraction?").wait_for()
        _go(phone, "question")
        wall.page.get_by_text("Which is one half?").wait_for()
        assert wall.page.locator(".options .right").count() == 0, "nobody sees the answer yet"
        phone.page.get_by_role("button", name="Next").click()
        wall.page.locator(".options .right").wait_for()
        phone.page.get_by_role("button", name="Dark for a while").click()
        if script:
            wall.wait_until("document.body.classList.contains('dark')")
            _a_long_page_is_moved(phone, wall)
            _a_film_runs_and_stops(phone, wall)
        assert wall.failures == []
        assert wall.outside_requests() == []


@pytest.mark.long
def test_the_wall_and_the_phone_outlive_the_wifi(browser: Browser, site: Site) -> None:
    """The wall keeps what it shows and catches up; a tap of the phone is sent when it can be."""
    with (
        visit(browser, site.address) as phone,
        visit(browser, site.address, size=DESKTOP) as wall,
    ):
        _sign_in(phone, site)
        phone.open(f"/packs/fractions/{LESSON}")
        follow(phone.page.get_by_role("button", name="Show on the wall"))
        wall.open("/screen")
        wall.page.locator(".of-cover h1").wait_for()
        wall.page.context.set_offline(offline=True)
        phone.page.get_by_role("button", name="Next").click()
        phone.page.get_by_text("2 / ").wait_for()
        wall.page.wait_for_timeout(1500)
        assert wall.page.locator(".of-cover h1").is_visible()
        wall.page.context.set_offline(offline=False)
        wall.page.locator(".of-page article").wait_for()
        phone.page.context.set_offline(offline=True)
        phone.page.get_by_role("button", name="Back").click()
        phone.page.get_by_text("No Wi-Fi at present").wait_for()
        phone.page.context.set_offline(offline=False)
        phone.page.get_by_text("1 / ").wait_for()
        assert phone.page.get_by_text("No Wi-Fi at present").is_hidden()
        wall.page.locator(".of-cover h1").wait_for()
        phone.page.get_by_role("button", name="End the show").click()
        phone.page.locator(".how").wait_for()


def _a_long_page_is_moved(phone: Visit, wall: Visit) -> None:
    _go(phone, "intro")
    wall.page.locator(".of-page article").wait_for()
    phone.page.get_by_role("button", name="Down").click()
    wall.wait_until("window.scrollY > 100")
    phone.page.get_by_role("button", name="Up").click()
    wall.wait_until("window.scrollY === 0")


def _a_film_runs_and_stops(phone: Visit, wall: Visit) -> None:
    if not phone.page.locator("details").evaluate("(it) => it.open"):
        phone.page.locator("details summary").click()
    phone.page.locator(".jump button", has_text="Halves and quarters").click()
    wall.wait_until("document.querySelector('video') && !document.querySelector('video').paused")
    phone.page.get_by_role("button", name="Pause").click()
    wall.wait_until("document.querySelector('video').paused")
    phone.page.get_by_role("button", name="End the show").click()
    wall.page.get_by_text("Nothing is on the wall yet").wait_for()


@pytest.mark.parametrize("script", WAYS)
def test_a_file_is_added_and_opened(browser: Browser, site: Site, script: bool) -> None:
    with visit(browser, site.address, script=script) as here:
        _sign_in(here, site)
        here.open("/teacher/materials")
        page = here.page
        page.locator("#file").set_input_files(
            {"name": "Map.pdf", "mimeType": "application/pdf", "buffer": TEACHER_PDF}
        )
        page.get_by_label("Title").fill("Map of the county")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("Added. Set it for a class").wait_for()
        follow(page.get_by_role("link", name="Map of the county").first)
        page.get_by_role("heading", name="Map of the county").wait_for()
        here.open("/teacher/materials")
        page.locator("#file").set_input_files(
            {"name": "evil.pdf", "mimeType": "application/pdf", "buffer": b"<script>1</script>"}
        )
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("alert").get_by_text("it has to be a video").wait_for()
        assert [one for one in here.failures if "400" not in one] == []


def test_a_quiz_is_made_in_a_form_and_taken(browser: Browser, site: Site) -> None:
    with visit(browser, site.address, script=False) as here:
        _sign_in(here, site)
        here.open("/teacher/materials/quiz")
        page = here.page
        page.locator("#title").fill("Capitals")
        page.locator("#prompt-1").fill("The capital of France?")
        page.locator("#right-1").fill("Paris")
        page.locator("#wrong-1").fill("Rome\nOslo")
        follow(page.get_by_role("button", name="Add the quiz"))
        follow(page.get_by_role("link", name="Capitals").first)
        page.get_by_label("Paris").check()
        follow(page.get_by_role("button", name="Check my answers"))
        page.get_by_text("1 of 1", exact=True).wait_for()
        assert PRACTICE.item not in page.url


@pytest.mark.long
def test_own_films_and_documents_are_gone_on_with_and_shown(browser: Browser, site: Site) -> None:
    room = site.classroom
    materials, by = room.school.materials, room.teacher.id
    film, document = (
        materials.receive([data], len(data), title=title, class_id=room.school_class.id, by=by)
        for data, title in ((media.mp4(seconds=20), "Boiling"), (media.pdf(3), "Our county"))
    )
    with visit(browser, site.address) as here, visit(browser, site.address, size=WALL) as wall:
        pupil = room.school.people.add_learner(room.school_class.id, "Gao Min")
        token = room.school.signing_in.learner(pupil.id, "", device="d").token
        here.page.context.add_cookies([{"name": "session", "value": token, "url": site.address}])
        _a_film_is_left_and_found_again(here, f"/materials/{film.id}")
        here.open(f"/materials/{document.id}")
        here.page.locator("#reader canvas").wait_for()
        here.page.get_by_role("button", name="Page after").click()
        here.page.get_by_role("button", name="Page after").click()
        here.wait_until("document.querySelector('[data-part=number]').value === '3'")
        here.page.get_by_role("button", name="I have finished this").click()
        here.page.wait_for_url(site.address + "/")
        done = room.school.progress.of_item(pupil.actor, document.thing.place)
        assert done
        assert done.is_done
        _sign_in(here, site)
        here.open(f"/materials/{document.id}")
        follow(here.page.get_by_role("button", name="Show on the wall"))
        wall.open("/screen")  # nobody is signed in there, and it is for one class
        wall.page.locator("#reader canvas").wait_for()
        steps = "document.querySelector('.paper').dataset.steps"
        wall.wait_until(f"{steps} !== undefined")
        for _ in range(int(wall.page.evaluate(steps))):
            here.page.get_by_role("button", name="Down").click()
        wall.wait_until("document.querySelector('[data-part=number]').value === '2'")
        here.page.get_by_role("button", name="End the show").click()
        here.page.locator(".how").wait_for()
        other = wall.page.request.get(f"{site.address}/materials/{document.id}/file")
        assert other.status == 404, "it was everybody's only while it was on the wall"
        assert here.failures == []
        assert wall.failures == []


def _a_film_is_left_and_found_again(here: Visit, address: str) -> None:
    here.open(address)
    here.page.evaluate("document.querySelector('video').muted = true")
    here.page.evaluate("document.querySelector('video').currentTime = 9")
    here.page.evaluate("document.querySelector('video').play()")
    here.wait_until("document.querySelector('video').currentTime > 9.2")
    with here.page.expect_response("**/progress"):
        here.page.evaluate("document.querySelector('video').pause()")
    here.open(address)
    here.page.get_by_text("You stopped at 0:").wait_for()
    here.wait_until("document.querySelector('video').currentTime >= 9")
