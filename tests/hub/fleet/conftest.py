"""The API of a new hub, as a test client. The hub is a copy of one that was made once."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from tests.hub.clients import START, MovableClock
from tests.support.hub_databases import HubDatabases


@pytest.fixture(scope="session")
def new_hub(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Path:
    """The data directory of a new hub. Copy, don't use."""
    root = tmp_path_factory.mktemp("new") / "hub"
    initialise(root, "main", MovableClock(START), database=lasting_databases.new())
    return root


@pytest.fixture
def hub(new_hub: Path, tmp_path: Path, clock: MovableClock, databases: HubDatabases) -> Hub:
    """A new hub with the channel `main`."""
    return open_hub(databases.copy_hub(new_hub, tmp_path / "hub"), clock)


@pytest.fixture
def web(hub: Hub) -> FlaskClient:
    """A client of the hub's application."""
    return create_app(hub).test_client()
