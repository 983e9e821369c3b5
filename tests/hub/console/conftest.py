"""The console, served once for a module, and windows of people who are signed in.

A module with data of its own makes its own fixture `console_hub` (module scope).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.hub import Hub, open_hub
from hub.people.rights import Role
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import DESKTOP, ConsoleSite, console_at
from tests.support.browser import Visit
from tests.support.hub_databases import HubDatabases


@pytest.fixture(scope="module")
def console_hub(
    new_hub: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Hub:
    """A new hub, with the channel `main`."""
    root = tmp_path_factory.mktemp("console") / "hub"
    return open_hub(lasting_databases.copy_hub(new_hub, root), MovableClock(START))


@pytest.fixture(scope="module")
def console_site(console_hub: Hub) -> Iterator[ConsoleSite]:
    """The console of `console_hub`, served, with a person of each role."""
    with console_at(console_hub) as site:
        yield site


@pytest.fixture
def signed_in(browser: Browser, console_site: ConsoleSite) -> Iterator[Callable[..., Visit]]:
    """Open windows of people who are signed in: `signed_in("operator", "zh-CN", (390, 844))`."""
    with ExitStack() as opened:

        def window(
            role: Role = "administrator",
            language: str = "en",
            size: tuple[int, int] = DESKTOP,
            *,
            script: bool = True,
        ) -> Visit:
            return opened.enter_context(
                console_site.signed_in(browser, role, size=size, language=language, script=script)
            )

        yield window
