"""The console served, with a person of each role, and a look at its pages as staff see them."""

import secrets
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import waitress
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Browser

from hub.app import create_app
from hub.clock import in_words
from hub.hub import Hub
from hub.people import sessions
from hub.people.rights import ROLES, Role
from hub.people.secrets_kept import digest_of
from hub.people.tables import ApiTokenRow, PersonRow
from hub.people.tokens import PREFIX
from tests.support.axe import violations
from tests.support.browser import Visit, visit

PASSWORD = "seven mules carry nine maps"
TOWNSHIP = "dongba"  # the operator's
PUBLISHER = "satchel"  # the publisher's
DESKTOP = (1280, 800)
PHONE = (390, 844)
# Each size and each language once in a default run; all four together are long.
LOOKS = [
    (DESKTOP, "en"),
    (PHONE, "zh-CN"),
    pytest.param(DESKTOP, "zh-CN", marks=pytest.mark.long),
    pytest.param(PHONE, "en", marks=pytest.mark.long),
]
PAGE_BYTES_MAX = 200_000  # with everything that it asks for

_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True)
class ConsoleSite:
    """The served console. A person's login is the name of their role, their password PASSWORD."""

    hub: Hub
    address: str

    def session(self, role: Role) -> str:
        """Begin a session; return what the browser's cookie holds."""
        with self.hub.database.writing():
            row = PersonRow.get(PersonRow.login == role)
            return sessions.begin(self.hub, row, "127.0.0.1", secrets.token_bytes)

    def token(self, role: Role) -> str:
        """Make a token for a program."""
        return api_token(self.hub, role)

    @contextmanager
    def signed_in(
        self,
        browser: Browser,
        role: Role,
        *,
        size: tuple[int, int] = DESKTOP,
        language: str = "en",
        script: bool = True,
    ) -> Iterator[Visit]:
        """Open a window of somebody who is signed in."""
        with visit(browser, self.address, size=size, language=language, script=script) as here:
            cookie = {"name": "session", "value": self.session(role)}
            here.page.context.add_cookies([{**cookie, "url": f"{self.address}/console/"}])
            yield here


def add_people(hub: Hub) -> None:
    """Add a person of each role to a hub."""
    password = _QUICK.hash(PASSWORD)
    with hub.database.writing():
        for role in ROLES:
            PersonRow.insert(
                person=str(uuid.uuid4()),
                login=role,
                name=f"The {role}",
                role=role,
                townships=[TOWNSHIP] if role == "operator" else [],
                publisher=PUBLISHER if role == "publisher" else "",
                password=password,
                added_at=in_words(hub.clock()),
            ).execute()


def api_token(hub: Hub, role: Role) -> str:
    """Make a token of a person of `add_people`, good for a year."""
    token = PREFIX + secrets.token_urlsafe(32)
    with hub.database.writing():
        person = PersonRow.get(PersonRow.login == role).person
        now = hub.clock()
        ApiTokenRow.insert(
            token=str(uuid.uuid4()),
            digest=digest_of(token),
            person=person,
            name="a test's",
            made_at=in_words(now),
            expires_at=in_words(now.replace(year=now.year + 1)),
        ).execute()
    return token


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on loopback until the block ends; give its address."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(10)


@contextmanager
def console_at(hub: Hub) -> Iterator[ConsoleSite]:
    """Serve a hub, with a person of each role added."""
    add_people(hub)
    with served(create_app(hub)) as address:
        yield ConsoleSite(hub, address)


def assert_usable(here: Visit, place: str, *, name: str = "", status: int = 200) -> Path:
    """Open a page, and see that it can be used by all; return its picture.

    It breaks no rule of WCAG 2.2 AA, scrolls to no side, fails quietly at nothing, asks nobody
    outside, and weighs little.
    """
    here.requests.clear()
    here.failures.clear()
    answer = here.page.goto(here.address + place)
    assert answer
    assert answer.status == status, f"{place}: {answer.status}"
    size = here.page.viewport_size or {"width": 0, "height": 0}
    picture = here.screenshot(f"hub-{name or place}-{size['width']}-{_language(here)}")
    assert violations(here.page) == [], place
    width = here.page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"], f"{place} scrolls sideways: {width} of {size['width']}"
    allowed = f"status of {status}" if status >= 400 else "nothing"
    assert [line for line in here.failures if allowed not in line] == []
    assert here.outside_requests() == []
    assert _weight(here) < PAGE_BYTES_MAX
    return picture


def _language(here: Visit) -> str:
    return str(here.page.evaluate("document.documentElement.lang"))


def _weight(here: Visit) -> int:
    """Return the bytes of the page and of what it loaded, as they came over the wire or would."""
    script = (
        "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
        ".reduce((sum, entry) => sum + entry.encodedBodySize, 0)"
    )
    return int(here.page.evaluate(script))
