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


@pytest.fixture
def now(tmp_path: Path, databases: HubDatabases) -> Hub:
    """A hub in the present."""
    initialise(tmp_path / "hub", "main", system_clock, database=databases.new())
    return open_hub(tmp_path / "hub", system_clock)
