"""A hub whose jobs are those of `kinds`, and whose clock is the machine's, as workers need it."""

from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from tests.hub.console.conftest import console_site, signed_in
from tests.hub.jobs import kinds
from tests.support.hub_databases import HubDatabases

__all__ = ["console_site", "signed_in"]


@pytest.fixture(autouse=True)
def _known_kinds() -> None:
    kinds.register()


@pytest.fixture(scope="session")
def new_today(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Path:
    """The data directory of a hub that was made today. Copy, don't use."""
    root = tmp_path_factory.mktemp("today") / "hub"
    initialise(root, "main", system_clock, database=lasting_databases.new())
    return root


@pytest.fixture
def now(new_today: Path, tmp_path: Path, databases: HubDatabases) -> Hub:
    """A hub in the present."""
    return open_hub(databases.copy_hub(new_today, tmp_path / "hub"), system_clock)
