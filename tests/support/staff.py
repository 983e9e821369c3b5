"""People of a district office in the browser: they come in by their link, go by the menu, and look.

Nothing here depends on the language of the page: places are found by where they lead.
"""

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser

from hub.hub import Hub
from hub.people import directory
from hub.people.actor import of_this_machine
from hub.people.directory import Terms
from tests.support import node_process
from tests.support.axe import violations
from tests.support.browser import Visit, follow, visit
from tests.support.source_code import CHECKOUT

PASSWORD = "seven mules carry nine maps"
DESKTOP = (1280, 800)
PHONE = (390, 844)
_SECONDS_MAX = 60


def looks(size: tuple[int, int], language: str) -> list[object]:
    """This size and language in a default run; the other three in a long one."""
    return [
        (one, spoken)
        if (one, spoken) == (size, language)
        else pytest.param(one, spoken, marks=pytest.mark.long)
        for one in (DESKTOP, PHONE)
        for spoken in ("en", "zh-CN")
    ]


@dataclass
class Served:
    """`hub serve` as a process. It keeps its port when it is started again."""

    root: Path
    address: str = ""
    _process: subprocess.Popen[str] | None = None
    _errors: IO[str] = field(default_factory=lambda: tempfile.TemporaryFile("w+"))  # noqa: SIM115  # closed in `end`

    def start(self) -> None:
        """Start it; it answers once this returns."""
        port = self.address.rpartition(":")[2] or "0"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "serve", "--port", port, "--data", str(self.root)],
            cwd=CHECKOUT, env=node_process.environment() | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert "listening on" in line, self._said()
        self.address = line.split()[-1].rstrip("/")

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(hard=True)

    def end(self) -> None:
        """Ask it to end."""
        self._end(hard=False)
        self._errors.close()

    def _end(self, *, hard: bool) -> None:
        process, self._process = self._process, None
        if process is None or process.stdout is None:
            return
        if hard:
            process.kill()
        else:
            process.terminate()
        process.wait(_SECONDS_MAX)
        process.stdout.close()

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()


@contextmanager
def hub_served(root: Path) -> Iterator[Served]:
    """Serve a hub by `hub serve` for the length of the block."""
    found = Served(root)
    try:
        found.start()
        yield found
    finally:
        found.end()


@dataclass(frozen=True)
class Window:
    """A browser at an address, of a size, whose reader prefers a language."""

    browser: Browser
    address: str
    size: tuple[int, int]
    language: str


@contextmanager
def comes_in(window: Window, hub: Hub, login: str, terms: Terms) -> Iterator[Visit]:
    """Add somebody, and let them set their password by their link, and sign in with it."""
    _person, link = directory.add(
        hub, of_this_machine(), login, "", terms, randomness=secrets.token_bytes
    )
    with visit(window.browser, window.address, size=window.size, language=window.language) as here:
        page = here.page
        here.open(link.place)
        page.locator("#password").fill(PASSWORD)
        page.locator("#again").fill(PASSWORD)
        follow(page.locator("main form[action*=welcome] button"))
        page.locator("#login").fill(login)
        page.locator("#password").fill(PASSWORD)
        follow(page.locator("form[action$=sign-in] button"))
        page.locator("nav.menu").wait_for(state="attached")
        yield here


def goes(here: Visit, place: str) -> None:
    """Go to a page by the menu, which a phone opens first."""
    opener = here.page.locator(".button.is-menu")
    if opener.is_visible():
        opener.click()
    follow(here.page.locator(f'nav.menu a[href="{place}"]'))


def menu_of(here: Visit) -> set[str]:
    """The places that the menu leads to."""
    links = here.page.locator("nav.menu li a")
    return set(links.evaluate_all("links => links.map((link) => link.getAttribute('href'))"))


def assert_fine(here: Visit, name: str) -> None:
    """See that the page as it is now can be used by all, and keep a picture of it."""
    size = here.page.viewport_size or {"width": 0, "height": 0}
    spoken = here.page.evaluate("document.documentElement.lang")
    here.screenshot(f"journey-{name}-{size['width']}-{spoken}")
    found = violations(here.page)
    assert not found, f"{name}: {found}"
    width = here.page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"], f"{name} scrolls sideways"
    assert here.outside_requests() == []
    assert not here.failures, f"{name}: {here.failures}"
