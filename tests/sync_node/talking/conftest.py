"""A repository with the hub's further keys, a scripted hub over it, and a box that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_node.config import SourceConfig
from tests.support.identities import Box, a_repository
from tests.support.nodes import publish
from tests.support.protocol import hub_keys
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub, scripted_hub


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = a_repository(tmp_path / "repository", hub_keys=hub_keys())
    found.offer("main", publish(found, tmp_path))
    return found


@pytest.fixture
def hub(repository: Repository) -> Iterator[ScriptedHub]:
    with scripted_hub(repository) as found:
        yield found


@pytest.fixture
def box(tmp_path: Path, hub: ScriptedHub) -> Box:
    return Box(tmp_path / "node").initialise(hub.repository, SourceConfig(hub=hub.url))
