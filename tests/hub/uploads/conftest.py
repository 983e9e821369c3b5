"""Those who upload."""

import pytest

from hub.hub import Hub
from tests.hub.uploads.tus_client import ANNA, BAO, CHIEF, TusClient


@pytest.fixture
def anna(hub: Hub) -> TusClient:
    return TusClient(hub, ANNA)


@pytest.fixture
def bao(hub: Hub) -> TusClient:
    return TusClient(hub, BAO)


@pytest.fixture
def chief(hub: Hub) -> TusClient:
    return TusClient(hub, CHIEF)
