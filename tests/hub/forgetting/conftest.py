"""The API of a new hub, as the fleet's tests have it, and two schools that send records."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from content_packs import record_batches
from content_packs.records import Statement
from hub.hub import Hub
from hub.records import keeping
from tests.hub.fleet.boxes import a_code, enrolled
from tests.hub.fleet.conftest import web
from tests.support.learning import content

__all__ = ["web"]

Send = Callable[..., None]


@pytest.fixture
def nodes(hub: Hub, web: FlaskClient) -> dict[str, str]:
    """A node in each of two schools."""
    return {school: enrolled(hub, web, a_code(hub, school)).node for school in ("qamdo", "litang")}


@pytest.fixture
def send(hub: Hub, nodes: dict[str, str]) -> Send:
    """Take a batch of records of a school in."""

    def sent(*made: Statement, school: str = "qamdo") -> None:
        with hub.database.writing():
            keeping.keep(hub, nodes[school], record_batches.decode(content(*made)))

    return sent
