"""A phone goes from hand to hand: the browser's way back leads to nobody who was here before."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import follow, visit
from tests.sync_node.lan.attacked import EXERCISE, ITEM, PIN, attacked
from tests.sync_node.lan.quiz import right_form

pytestmark = pytest.mark.browser


def test_the_way_back_leads_to_nobody_who_was_here_before(tmp_path: Path, browser: Browser) -> None:
    with attacked(tmp_path) as here:
        anna, other = here.learners[0], here.learners[4]  # who has done nothing so far
        here.phone_of(anna).post(EXERCISE, right_form())
        with visit(browser, here.site.address) as phone:
            page = phone.page
            phone.open(here.door(anna))
            page.fill("#pin", PIN)
            follow(page.locator("form[action^='/sign-in'] button"))
            for path in (ITEM, EXERCISE):
                phone.open(path)
            assert "Your best" in page.content()
            phone.open("/")
            follow(page.locator("form[action='/sign-out'] button"))
            phone.open(here.door(other))
            page.fill("#pin", PIN)
            follow(page.locator("form[action^='/sign-in'] button"))
            for _ in range(6):
                with page.expect_navigation():
                    page.evaluate("setTimeout(() => history.back())")
                seen = page.content()
                assert anna.name not in seen.split("<main")[0], "her name above the page"
                assert "Your best" not in seen
                assert anna.id not in seen.replace(here.door(anna), ""), "a form of hers"
