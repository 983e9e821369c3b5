"""The API of a new hub, as a test client."""

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.hub import Hub


@pytest.fixture
def web(hub: Hub) -> FlaskClient:
    """A client of the hub's application."""
    return create_app(hub).test_client()
