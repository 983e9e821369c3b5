"""A hub with one person of each role, whose passwords are known."""

import os
from pathlib import Path

import pytest

from hub.hub import Hub, open_hub
from hub.people import account, directory
from hub.people.actor import of_this_machine
from tests.hub.clients import START, MovableClock
from tests.hub.people.signing import PEOPLE, password_of, token_of
from tests.support.hub_databases import HubDatabases


@pytest.fixture(scope="session")
def with_people(
    new_hub: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Path:
    """The data directory of a hub with one person of each role. Copy, don't use."""
    root = lasting_databases.copy_hub(new_hub, tmp_path_factory.mktemp("people") / "hub")
    hub = open_hub(root, MovableClock(START))
    for login, terms in PEOPLE.items():
        _, link = directory.add(hub, of_this_machine(), login, "", terms, randomness=os.urandom)
        account.set_by_link(hub, token_of(link), "192.0.2.1", password_of(login))
    hub.database.close()
    return root


@pytest.fixture
def staffed(with_people: Path, tmp_path: Path, clock: MovableClock, databases: HubDatabases) -> Hub:
    """A hub with one person of each role: `PEOPLE`, each with `password_of`."""
    return open_hub(databases.copy_hub(with_people, tmp_path / "staffed"), clock)
