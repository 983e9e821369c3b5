"""Every page, whoever opens it: usable by all (WCAG 2.2 AA), quiet, and asking nobody outside.

A new page is one line in PAGES. A test names the addresses that have none.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import Browser

from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.served import Served, served

ITEM = f"/packs/fractions/{LESSON}"


class Page(NamedTuple):
    """`address`: with `{class_id}` and so on; `who` opens it; `status` of the answer.

    `is_quiet`: False where an app of ours tries what it may not, and the browser says so.
    `has_more_to_fetch`: True where a script of the page asks for more when it has loaded.
    """

    address: str
    who: str = "guest"
    status: int = 200
    is_quiet: bool = True
    has_more_to_fetch: bool = False


PAGES = [
    Page("/"),
    Page("/?grade=4"),
    Page("/", "learner"),
    Page("/", "teacher"),
    Page("/browse?subject=mathematics"),
    Page("/search"),
    Page("/search?q=fraction"),
    Page("/search?q=nothing-like-that"),
    Page("/packs/fractions"),
    Page("/packs/fractions", "learner"),
    Page(ITEM),
    Page(ITEM, "learner"),
    Page(f"{ITEM}/intro"),
    Page(f"{ITEM}/halves"),
    Page(f"{ITEM}/song"),
    Page(f"{ITEM}/worksheet", has_more_to_fetch=True),
    Page(f"{ITEM}/practice"),
    Page(f"{ITEM}/practice", "learner"),
    Page(f"{ITEM}/slicer", is_quiet=False),
    Page(f"{ITEM}/manual", has_more_to_fetch=True),
    Page("/packs/fractions/decimals", status=404),  # on its way
    Page("/packs/no-such-pack", status=404),
    Page("/sign-in"),
    Page("/sign-in/{class_id}"),
    Page("/sign-in/{class_id}/{learner_id}"),
    Page("/reading"),
    Page("/portal"),
    Page("/portal/go"),
    Page("/materials/{material}"),
    Page("/screen"),
    Page("/teacher/sign-in"),
    Page("/teacher/code"),
    *(
        Page(address, "teacher")
        for address in (
            "/teacher",
            "/teacher/teachers",
            "/teacher/classes/new",
            "/teacher/classes/{class_id}",
            "/teacher/classes/{class_id}/board",
            "/teacher/classes/{class_id}/pupils",
            "/teacher/pupils/{learner_id}",
            "/teacher/rosters",
            "/teacher/rosters/preview",
            "/teacher/set",
            f"/teacher/set?pack=fractions&lesson={LESSON}",
            "/teacher/tasks/{task}",
            "/teacher/show",
            "/teacher/plans",
            "/teacher/packs",
            "/teacher/packs/fractions",
            "/teacher/wishes",
            "/teacher/materials",
            "/teacher/materials/quiz",
            "/packs/fractions",
            ITEM,
            f"{ITEM}/practice",
            "/screen",
        )
    ),
    Page("/box"),
    Page("/box", "technician"),
    Page("/box/packs"),
    Page("/box/sign-in"),
    Page("/box/off", "technician"),
    Page("/box/logs", "technician"),
    Page("/box/school", "technician"),
    Page("/box/wifi", "technician"),
    Page("/box/enrol", "technician"),
]
# Addresses that are no pages: files, answers to scripts.
NOT_PAGES = {
    "/content/<pack>/<int:version>/<path:path>", "/favicon.ico", "/search/suggest",
    "/static/<stamp>/<name>", "/vendor/<stamp>/<path:path>", "/peer/v1/<path:place>",
    "/materials/<material>/file", "/packs/<pack>/<lesson>/take-home.zip", "/screen/state",
    "/box/off/state", "/box/logs.zip",
    "/teacher/classes/<class_id>/records/<any(results, answers):kind>.csv",
    "/screen/<show>",  # as /screen is while one show runs
}  # fmt: skip
ELSEWHERE = ("/teacher", "/screen", "/materials")  # teacher/test_teachers_browser.py looks at these
LOOKS = {
    "phone": {"size": PHONE, "language": "en", "dark": False},
    "desktop": {"size": DESKTOP, "language": "zh-CN", "dark": True},
    "without a script": {"script": False},
}
# The last two leave the page so: each begins where the one before ended.
SHAPES = {
    "as it is": "0",
    "from right to left": "document.documentElement.dir = 'rtl'",
    "from right to left in large letters": (
        "document.documentElement.className = 'size-huge contrast-high spacing-wide'"
    ),
}


def _pages_in_looks() -> list[ParameterSet]:
    """Return each page in each look. A run by default sees each page in one, in turns."""
    looks = ("phone", "desktop")
    return [
        pytest.param(
            page,
            look,
            id=f"{page.who} {page.address}-{look}",
            marks=() if number % 2 == turn else pytest.mark.long,
        )
        for number, page in enumerate(PAGES)
        for turn, look in enumerate(looks)
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(furnished_school(tmp_path_factory.mktemp("school"))) as found:
        yield found


@pytest.fixture(scope="module")
def windows(browser: Browser, site: Served) -> Iterator[Callable[[str, str], Visit]]:
    """Give a window of somebody, in a look: the same one each time, with nothing noted yet."""
    with ExitStack() as opened:

        @cache
        def window(who: str, look: str) -> Visit:
            here = opened.enter_context(visit(browser, site.address, **LOOKS[look]))
            site.sign_in(here, who)
            return here

        def fresh(who: str, look: str) -> Visit:
            here = window(who, look)
            here.page.goto("about:blank")
            here.requests.clear()
            here.failures.clear()
            return here

        yield fresh


def _open(here: Visit, site: Served, page: Page) -> None:
    answer = here.page.goto(site.address + page.address.format(**site.names))
    assert answer
    assert answer.status == page.status
    assert here.page.url == site.address + page.address.format(**site.names)


@pytest.mark.sampled(4)
@pytest.mark.browser
@pytest.mark.parametrize(("page", "look"), _pages_in_looks())
def test_everybody_can_use_the_page(
    windows: Callable[[str, str], Visit], site: Served, page: Page, look: str
) -> None:
    here = windows(page.who, look)
    _open(here, site, page)
    here.page.wait_for_load_state("networkidle" if page.has_more_to_fetch else "load")
    assert violations(here.page) == []
    here.screenshot(f"page-{page.who}{page.address}-{look}")
    for shape, script in SHAPES.items():
        width = here.page.evaluate(f"{script}; document.documentElement.scrollWidth")
        assert width <= LOOKS[look]["size"][0], f"it scrolls sideways {shape}"
    allowed = "status of 404" if page.status == 404 else "nothing"
    if page.is_quiet:
        assert [line for line in here.failures if allowed not in line] == []
        assert here.outside_requests() == []


@pytest.mark.sampled(4)
@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.who} {page.address}")
def test_the_page_is_there_without_a_script(
    windows: Callable[[str, str], Visit], site: Served, page: Page
) -> None:
    here = windows(page.who, "without a script")
    _open(here, site, page)
    assert here.page.locator("h1").count() == 1
    assert here.page.locator("main").inner_text().strip()


def test_no_page_is_left_out(tmp_path: Path) -> None:
    opened = [re.sub(r"\?.*", "", page.address) for page in PAGES]
    rules = create_app(DataDir(tmp_path)).url_map.iter_rules()
    for rule in rules:
        if "GET" not in (rule.methods or ()) or rule.rule in NOT_PAGES:
            continue
        if rule.rule.startswith(ELSEWHERE):
            continue
        pattern = re.sub(r"<[^>]+>", "[^/]+", rule.rule)
        assert any(re.fullmatch(pattern, one) for one in opened), (
            f"{rule.rule} ({rule.endpoint}) has no line in PAGES: add one, or to NOT_PAGES if it "
            "is no page"
        )
