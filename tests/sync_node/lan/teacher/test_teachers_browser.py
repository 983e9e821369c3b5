"""A teacher in a real browser: every page looked at, and a morning at school from end to end."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page

from sync_node.lan.app import create_app
from sync_node.lan.web_server import listen
from sync_node.school.quizzes import FormQuestion, from_form
from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.teacher.classroom import PASSPHRASE, PRACTICE, Classroom, a_classroom
from tests.sync_node.lan.test_browser import _shown_well

pytestmark = pytest.mark.browser

TEACHER_PDF = b"%PDF-1.4\n" + b"0" * 3000 + b"\n%%EOF\n"


@dataclass(frozen=True)
class Site:
    """A site behind the node's web server, and the class in it."""

    address: str
    classroom: Classroom
    material: str


@pytest.fixture
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
        yield Site(f"http://127.0.0.1:{server.effective_port}", classroom, made.id)
    finally:
        server.close()
        thread.join()
        classroom.school.close()


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


def _looked_at(here: Visit, name: str, language: str, size: tuple[int, int]) -> None:
    _shown_well(here)
    assert violations(here.page) == [], name
    here.screenshot(f"teacher-{name}-{language[:2]}-{size[0]}")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_is_shown_well(
    browser: Browser, site: Site, size: tuple[int, int], language: str
) -> None:
    with visit(browser, site.address, size=size, language=language, dark=language == "en") as here:
        for name, path in {"sign-in": "/teacher/sign-in", "code": "/teacher/code"}.items():
            here.open(path)
            _looked_at(here, name, language, size)
        _sign_in(here, site)
        for name, path in _pages(site).items():
            here.open(path)
            _looked_at(here, name, language, size)
        _preview(here.page, site)
        _looked_at(here, "preview", language, size)
        here.open(f"/teacher/classes/{site.classroom.school_class.id}/pupils")
        here.page.locator("[name=kind][value=pictures]").check()
        here.page.locator("[name=whose][value=missing]").click()
        _looked_at(here, "pins", language, size)
        here.open(f"/packs/fractions/{LESSON}")
        here.page.locator("nav.bar form button").click()
        for step in ("cover", "intro", "question", "answer"):
            _go(here, step)
            here.open("/teacher/show")
            _looked_at(here, f"remote-{step}", language, size)
            here.open("/screen")
            here.page.wait_for_timeout(200)
            assert violations(here.page) == [], step
            here.screenshot(f"teacher-screen-{step}-{language[:2]}-{size[0]}", whole=False)


def _preview(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/teacher/rosters")
    page.locator("#name").fill("4 B")
    page.locator("#names").fill("1. Anna Berg\n2. Ben Cole\n3. Gao Min\n3. Gao Min")
    page.locator("form button.main").first.click()


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


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_morning_without_javascript(browser: Browser, site: Site, size: tuple[int, int]) -> None:
    """In, a class from pasted names, PINs, a task, show mode, and out: nothing but forms."""
    with visit(browser, site.address, size=size, script=False) as here:
        page = here.page
        here.open("/teacher")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="New class").click()
        page.get_by_label("Name of the class").fill("5 A")
        page.get_by_label("The pupils, one a line").fill("Zoe\n张三")
        page.get_by_role("button", name="Make the class").click()
        page.get_by_role("button", name="Make 2 PINs").click()
        assert page.locator(".secret").count() == 2
        here.open(f"/packs/fractions/{LESSON}/practice")
        page.get_by_role("link", name="Set for a class").click()
        page.get_by_role("checkbox", name="5 A").check()
        page.get_by_label("By when").fill("2030-01-31")
        page.get_by_role("button", name="Set it").click()
        page.get_by_text("Set. The pupils find it").wait_for()
        assert page.locator(".matrix tbody tr").count() == 2
        here.open(f"/packs/fractions/{LESSON}")
        page.get_by_role("button", name="Show on the wall").click()
        page.get_by_role("button", name="Next").click()
        page.get_by_text("2 / ").wait_for()
        page.get_by_role("button", name="Sign out").click()
        here.open("/teacher")
        assert "/teacher/sign-in" in page.url
        assert here.failures == []


def test_a_morning_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    with visit(browser, site.address, size=DESKTOP) as here:
        page = here.page
        here.open("/teacher/sign-in")
        page.locator("#passphrase").focus()
        page.keyboard.type(PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_url("**/teacher")
        _tab_to(page, "a", "4 B")
        page.keyboard.press("Enter")
        page.wait_for_url("**/classes/*")
        _tab_to(page, ".wall", "")
        page.keyboard.press("ArrowRight")
        _tab_to(page, "a", "Practice")
        page.keyboard.press("Enter")
        page.wait_for_url("**/tasks/*")
        here.open(f"/packs/fractions/{LESSON}")
        _tab_to(page, "button", "Show on the wall")
        page.keyboard.press("Enter")
        page.wait_for_url("**/teacher/show")
        assert page.evaluate("document.activeElement.textContent").strip() == "Next"
        page.keyboard.press("Enter")
        page.get_by_text("2 / ").wait_for()
        assert page.evaluate("document.activeElement.textContent").strip() == "Next"
        assert here.failures == []


def _tab_to(page: Page, selector: str, text: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(
            "([s, t]) => document.activeElement.matches(s)"
            " && document.activeElement.textContent.includes(t)",
            [selector, text],
        ):
            return
    raise AssertionError(f"the keyboard doesn't reach {selector} {text}")


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_the_projector_follows_the_phone(browser: Browser, site: Site, script: bool) -> None:
    with (
        visit(browser, site.address) as phone,
        visit(browser, site.address, size=DESKTOP, script=script) as wall,
    ):
        wall.open("/screen")
        wall.page.get_by_text("Nothing is on the wall yet").wait_for()
        _sign_in(phone, site)
        phone.open(f"/packs/fractions/{LESSON}")
        phone.page.get_by_role("button", name="Show on the wall").click()
        wall.page.get_by_role("heading", name="What is a fraction?").wait_for()
        _go(phone, "question")
        wall.page.get_by_text("Which is one half?").wait_for()
        assert wall.page.locator(".options .right").count() == 0, "nobody sees the answer yet"
        phone.page.get_by_role("button", name="Next").click()
        wall.page.locator(".options .right").wait_for()
        phone.page.get_by_role("button", name="Dark for a while").click()
        if script:
            wall.wait_until("document.body.classList.contains('dark')")
            _a_film_runs_and_stops(phone, wall)
        assert wall.failures == []
        assert wall.outside_requests() == []


def _a_film_runs_and_stops(phone: Visit, wall: Visit) -> None:
    phone.page.locator("details summary").click()
    phone.page.locator(".jump button", has_text="Halves and quarters").click()
    wall.wait_until("document.querySelector('video') && !document.querySelector('video').paused")
    phone.page.get_by_role("button", name="Pause").click()
    wall.wait_until("document.querySelector('video').paused")
    phone.page.get_by_role("button", name="End the show").click()
    wall.page.get_by_text("Nothing is on the wall yet").wait_for()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
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
        page.get_by_role("link", name="Map of the county").first.click()
        page.get_by_role("heading", name="Map of the county").wait_for()
        here.open("/teacher/materials")
        page.locator("#file").set_input_files(
            {"name": "evil.pdf", "mimeType": "application/pdf", "buffer": b"<script>1</script>"}
        )
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("alert").wait_for()
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
        page.get_by_role("button", name="Add the quiz").click()
        page.get_by_role("link", name="Capitals").first.click()
        page.get_by_label("Paris").check()
        page.get_by_role("button", name="Check my answers").click()
        page.get_by_text("1 of 1", exact=True).wait_for()
        assert PRACTICE.item not in page.url
