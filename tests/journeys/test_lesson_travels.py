"""A lesson's whole way: three programs as processes, and a phone that learns about fractions."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from scripts.demonstration.story import Stage
from tests.support.browser import Visit, follow, visit
from tests.support.sample_packs import sample_cpacks

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # the packs may have to be filmed


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub that published `fractions`, and a node that brought it; the address of its site."""
    stage = Stage(tmp_path_factory.mktemp("school"), print)
    cpacks = sample_cpacks(1)
    (stage.folder / "cpacks").mkdir()
    for pack, path in cpacks.items():
        stage.cpack(pack, 1).symlink_to(path)
    try:
        stage.start_hub()
        stage.make_node()
        for pack in cpacks:
            stage.release(pack, 1)
            assert stage.sync().tick["outcome"] == "updated"
        yield stage.open_site("127.0.0.1", 0)
    finally:
        stage.close()


def test_a_phone_finds_a_lesson_plays_its_video_and_has_its_answers_graded(
    school: str, browser: Browser
) -> None:
    with visit(browser, school) as phone:
        page = phone.page
        phone.open("/")
        follow(page.get_by_role("link", name="Fractions").first)
        follow(page.get_by_role("link", name="What is a fraction").first)
        lesson = page.url
        follow(page.locator('main a[href$="/halves"]').first)
        _plays(phone)
        _seeks(phone)
        phone.screenshot("journey-video")

        page.goto(lesson)
        follow(page.locator('main a[href$="/practice"]').first)
        page.get_by_label("No, the two parts are not equal.").check()
        page.get_by_role("button", name="Check my answers").click()
        page.locator("#result").wait_for()
        assert page.locator("fieldset.question.right").count() == 1
        assert page.locator("fieldset.question.wrong").count() >= 1
        phone.screenshot("journey-graded")

        assert phone.failures == []
        assert phone.outside_requests() == []
        assert len(phone.requests) > 10


def _plays(phone: Visit) -> None:
    """Play the video, and see its time go on and its pictures change."""
    video = "document.querySelector('video')"
    phone.wait_until(f"{video}.readyState >= 1")
    phone.page.evaluate(f"{video}.muted = true")
    phone.page.evaluate(f"{video}.play()")
    phone.wait_until(f"{video}.currentTime > 0.5")
    started = phone.page.evaluate(f"{video}.currentTime")
    phone.wait_until(f"{video}.currentTime > {started} + 0.5")
    assert phone.page.evaluate(f"{video}.videoWidth") > 0


def _seeks(phone: Visit) -> None:
    """Move to the middle, as a finger on the bar does, and see it go on from there."""
    video = "document.querySelector('video')"
    middle = phone.page.evaluate(f"{video}.currentTime = {video}.duration / 2")
    phone.wait_until(f"{video}.currentTime > {middle} + 0.3")


def test_a_phone_in_chinese_reads_the_other_pack(school: str, browser: Browser) -> None:
    with visit(browser, school, language="zh-CN") as phone:
        page = phone.page
        phone.open("/")
        follow(page.locator('main a[href="/packs/water-cycle"]').first)
        follow(page.locator('main a[href^="/packs/water-cycle/"]').first)
        follow(page.locator('main a[href$="/intro"]').first)
        assert (page.locator("html").get_attribute("lang") or "").startswith("zh")
        assert "水" in page.locator("main").inner_text()
        pictures = "[...document.querySelectorAll('main img')]"
        phone.wait_until(f"{pictures}.every(one => one.complete && one.naturalWidth > 0)")
        assert page.evaluate(f"{pictures}.length") > 0
        width = "document.documentElement.scrollWidth <= window.innerWidth"
        assert page.evaluate(width), "nothing sticks out of a phone's screen"
        phone.screenshot("journey-chinese")
        assert phone.failures == []
        assert phone.outside_requests() == []
