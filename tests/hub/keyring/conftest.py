"""A node that follows the hub, and root keys that were moved off it."""

import shutil
from pathlib import Path

import pytest

from hub.hub import Hub
from hub.keys import ROOT_NAMES
from tests.hub.clients import Client, client_of


@pytest.fixture
def client(filled: Hub, tmp_path: Path) -> Client:
    return client_of(filled.data.root, tmp_path / "client")


@pytest.fixture
def away(filled: Hub, tmp_path: Path) -> Path:
    """A folder elsewhere, with the root keys that were moved off the hub."""
    folder = tmp_path / "away"
    folder.mkdir()
    for name in ROOT_NAMES:
        shutil.move(filled.keys.path(name), folder / f"{name}.pem")
    return folder
