"""The door, one's account, people, tokens and the audit log, as staff see them."""

import os
import re
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Browser

from hub.audit import checkpoints
from hub.hub import Hub
from hub.people import account, directory, tokens
from hub.people.actor import of_this_machine
from hub.people.rights import ROLES, Role
from tests.hub.console.site import DESKTOP, LOOKS, PASSWORD, PHONE, ConsoleSite, assert_usable
from tests.support.browser import Visit, follow, visit

pytestmark = pytest.mark.browser
ADMIN = of_this_machine()

PLACES = (
    "/console/account",
    "/console/account/second-step",
    "/console/tokens",
    "/console/people",
    "/console/people/operator",
    "/console/people/zhang.wei",
    "/console/audit",
    "/console/audit?what=refusals",
    "/console/audit/check",
)


@pytest.fixture(scope="module")
def people_hub(console_site: ConsoleSite) -> Hub:
    """The served hub, with somebody new, somebody disabled, tokens, and a checkpoint."""
    hub = console_site.hub
    for login, name in (("zhang.wei", "张伟"), ("li.ming@county.example", "李明")):
        terms = directory.Terms("operator", ("dongba", "River and hill"))
        directory.add(hub, ADMIN, login, name, terms, randomness=os.urandom)
    directory.disable(hub, ADMIN, "li.ming@county.example")
    teacher = directory.Terms("teacher")
    _, link = directory.add(hub, ADMIN, "careful.one", "", teacher, randomness=os.urandom)
    account.set_by_link(hub, link.place.rpartition("/")[2], "192.0.2.1", PASSWORD)
    for scopes in ((), ("see-fleet", "see-packs")):
        tokens.make(
            hub, ADMIN, "administrator", name="the map in the hall", scopes=scopes, days=90,
            randomness=os.urandom,
        )  # fmt: skip
    checkpoints.make(hub)
    return hub


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str, people_hub: Hub
) -> None:
    here = signed_in("administrator", language, size)
    for place in PLACES:
        assert_usable(here, place, name=place.removeprefix("/console/"))
    link = directory.reset(people_hub, ADMIN, "zhang.wei", second_step=False, randomness=os.urandom)
    assert_usable(here, link.place, name="welcome-signed-in")


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_door(
    browser: Browser,
    console_site: ConsoleSite,
    people_hub: Hub,
    size: tuple[int, int],
    language: str,
) -> None:
    link = directory.reset(people_hub, ADMIN, "zhang.wei", second_step=False, randomness=os.urandom)
    with visit(browser, console_site.address, size=size, language=language) as here:
        assert_usable(here, "/console/sign-in", name="sign-in")
        assert_usable(here, link.place, name="welcome")
        assert_usable(here, "/console/welcome/used-before", name="welcome-used", status=409)


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without"])
def test_an_administrator_adds_an_operator_who_signs_in(
    browser: Browser, console_site: ConsoleSite, signed_in: Callable[..., Visit], script: bool
) -> None:
    login = f"new.{'one' if script else 'two'}"
    here = signed_in("administrator", script=script)
    here.open("/console/people")
    page = here.page
    page.get_by_label("Login", exact=True).fill(login)
    page.get_by_label("Name", exact=True).fill("Somebody New")
    page.get_by_label("township operator").check()
    page.get_by_label("With commas between them").or_(
        page.get_by_label("Others, with commas between them")
    ).fill("Lhatse, Dongba")
    follow(page.get_by_role("button", name="Add, and show a link for them"))
    address = page.locator(".detail code").inner_text()
    with visit(browser, console_site.address, size=DESKTOP, script=script) as here:
        theirs = here.page
        theirs.goto(address)
        theirs.get_by_label("Password", exact=True).fill("four blue horses")
        theirs.get_by_label("The same again").fill("four blue horses")
        follow(theirs.get_by_role("button", name="Set the password"))
        assert "Your password is set" in theirs.content()
        theirs.get_by_label("Login").fill(login)
        theirs.get_by_label("Password", exact=True).fill("not my password")
        follow(theirs.get_by_role("button", name="Sign in"))
        assert theirs.get_by_role("alert").inner_text().startswith("The login, the password")
        theirs.get_by_label("Password", exact=True).fill("four blue horses")
        follow(theirs.get_by_role("button", name="Sign in"))
        follow(theirs.get_by_role("link", name=login))
        assert "Dongba, Lhatse" in theirs.locator(".facts").inner_text()
        assert theirs.get_by_role("link", name="People").count() == 0
        follow(theirs.get_by_role("button", name="Sign out", exact=True))
        assert "You are signed out." in theirs.content()


MENUS = {
    "administrator": {"schools", "packs", "rollouts", "people", "audit", "alerts"},
    "operator": {"schools", "packs", "rollouts"},
    "publisher": {"packs", "rollouts"},
    "teacher": {"packs", "rollouts"},
    "auditor": {"schools", "packs", "rollouts", "audit"},
}


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-CN")])
@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_in_by_the_door_and_finds_its_own_menu(
    browser: Browser, console_site: ConsoleSite, role: Role, size: tuple[int, int], language: str
) -> None:
    with visit(browser, console_site.address, size=size, language=language) as here:
        here.open("/console/")
        here.page.locator("#login").fill(role)
        here.page.locator("#password").fill(PASSWORD)
        follow(here.page.locator("form.form button"))
        assert here.page.url == f"{console_site.address}/console/"
        places = {link.get_attribute("href") for link in here.page.locator("nav.menu li a").all()}
        of_all = {f"/console/{section}" for sections in MENUS.values() for section in sections}
        assert places & of_all == {f"/console/{section}" for section in MENUS[role]}
        for section in {"people", "audit", "schools"} - MENUS[role]:
            answer = here.page.goto(f"{here.address}/console/{section}")
            assert answer
            assert answer.status == 403, section


def test_a_second_step_is_set_up_by_what_stands_on_the_page(
    browser: Browser, console_site: ConsoleSite, people_hub: Hub
) -> None:
    with visit(browser, console_site.address, size=DESKTOP) as here:
        here.open("/console/sign-in?next=/console/account/second-step")
        page = here.page
        page.get_by_label("Login").fill("careful.one")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        follow(page.get_by_role("button", name="Sign in"))
        page.get_by_text("No camera?").click()
        secret = re.sub(r"\s", "", page.locator("details code").inner_text())
        now = int(people_hub.clock().timestamp())
        page.get_by_label("The six digits that the app shows now").fill("000000")
        page.get_by_label("Your password").fill(PASSWORD)
        follow(page.get_by_role("button", name="Switch it on"))
        assert "The code is wrong" in page.get_by_role("alert").inner_text()
        page.get_by_label("The six digits that the app shows now").fill(pyotp.TOTP(secret).at(now))
        page.get_by_label("Your password").fill(PASSWORD)
        follow(page.get_by_role("button", name="Switch it on"))
        assert "you are asked for a code" in page.get_by_role("status").inner_text()
        assert_usable(here, "/console/account", name="account-second-step")
        follow(page.get_by_role("button", name="Sign out", exact=True))
        page.get_by_label("Login").fill("careful.one")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        follow(page.get_by_role("button", name="Sign in"))
        assert "code is wrong" in page.get_by_role("alert").inner_text()


def test_an_auditor_sees_that_the_log_holds(
    signed_in: Callable[..., Visit], people_hub: Hub
) -> None:
    del people_hub
    here = signed_in("auditor")
    here.open("/console/audit")
    page = here.page
    page.get_by_label("Who", exact=True).fill(ADMIN.login)
    follow(page.get_by_role("button", name="Show"))
    assert "person added" in page.locator("tbody").inner_text()
    follow(page.get_by_role("link", name="Check the log"))
    assert "The log is as it was written" in page.get_by_role("status").inner_text()
    with page.expect_download() as kept:
        page.get_by_role("link", name="Keep the newest checkpoint").click()
    assert kept.value.suggested_filename == "audit-checkpoint-2026-01-01.json"
