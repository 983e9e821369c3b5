"""A real phone, or nearly: Debian's Chromium without a window, driven over its own protocol.

It writes down every request, console message and page error, so that a test can say that nothing
left the box and nothing failed quietly. With SATCHEL_PICTURES set, as `scripts/test --all` has it,
screenshots go to `tests/artifacts/`, which git ignores.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    sync_playwright,
)

CHROMIUM = Path("/usr/bin/chromium")
ARTIFACTS = Path(__file__).resolve().parent.parent / "artifacts"
PHONE = (360, 640)
DESKTOP = (1280, 800)
WAIT_MILLISECONDS = 15_000
POLL_MILLISECONDS = 50

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_INSIDE_THE_BROWSER = {"data", "blob", "about", "chrome-extension", "chrome", "devtools"}


@dataclass
class Visit:
    """One reader with one page open, and what happened while it was."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page of the site and wait until it has loaded."""
        self.page.goto(self.address + path)

    def wait_until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true. Not `wait_for_function`: our policy refuses
        the `eval` that it uses.

        What the expression can't say yet counts as not true: its element may be of the page that
        is on its way.
        """
        said = ""
        for _ in range(WAIT_MILLISECONDS // POLL_MILLISECONDS):
            try:
                if self.page.evaluate(expression):
                    return
            except Error as error:
                said = f" ({error.message})"
            self.page.wait_for_timeout(POLL_MILLISECONDS)
        raise AssertionError(f"never became true within {WAIT_MILLISECONDS} ms: {expression}{said}")

    def wait_until_told(self, path: str, text: str) -> None:
        """Wait until the box's answer for a page has this text, without opening it.

        A browser sends what a page says while it goes when it likes: the next page may be quicker.
        """
        for _ in range(WAIT_MILLISECONDS // POLL_MILLISECONDS):
            if text in self.page.request.get(self.address + path).text():
                return
            self.page.wait_for_timeout(POLL_MILLISECONDS)
        raise AssertionError(f"{path} never had {text!r} within {WAIT_MILLISECONDS} ms")

    def outside_requests(self) -> list[str]:
        """Return the requests that went anywhere but to the site."""
        ours = urlsplit(self.address).netloc
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in _INSIDE_THE_BROWSER and urlsplit(url).netloc != ours
        ]

    def screenshot(self, name: str, *, whole: bool = True) -> Path:
        """Keep a picture of the page as `tests/artifacts/<name>.png`, if pictures are asked for.

        Returns where it is, or would be.
        """
        place = ARTIFACTS / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', name)}.png"
        if "SATCHEL_PICTURES" in os.environ:
            ARTIFACTS.mkdir(exist_ok=True)
            self.page.screenshot(path=place, full_page=whole)
        return place

    def note_console(self, message: ConsoleMessage) -> None:
        """Write down errors and warnings."""
        if message.type in {"error", "warning"}:
            self.failures.append(f"console {message.type}: {message.text}")


def follow(control: Locator) -> None:
    """Press a link or a button that brings a page, and wait until that page has loaded.

    A click alone comes back while the browser still shows the page before. What doesn't wait by
    itself (`count`, `all`, `url`, `evaluate`, `content`) then asks the wrong one; and so does what
    waits for an element that both pages have.
    """
    with control.page.expect_navigation():
        control.click()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, and end it when the block does."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def another(browser: Browser, program: Path) -> Iterator[Browser]:
    """Start one more by `program`, which starts Chromium elsewhere, such as in another network.

    By the playwright of `browser`: a process can have one only.
    """
    started = browser.browser_type.launch(executable_path=program, args=_ARGUMENTS)
    try:
        yield started
    finally:
        started.close()


@contextmanager
def visit(
    browser: Browser,
    address: str,
    *,
    size: tuple[int, int] = PHONE,
    language: str = "en",
    script: bool = True,
    dark: bool = False,
) -> Iterator[Visit]:
    """Open a browser window as a new reader would: no cookies, no cache.

    `size` is that of the screen in CSS pixels, `script` whether JavaScript is on.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
    )
    try:
        yield _watched(context, address)
    finally:
        context.close()


def _watched(context: BrowserContext, address: str) -> Visit:
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    found = Visit(page, address.rstrip("/"))
    context.on("request", lambda request: found.requests.append(request.url))
    page.on("console", found.note_console)
    page.on("pageerror", lambda error: found.failures.append(f"page error: {error}"))
    return found
