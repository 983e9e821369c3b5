"""A repository that this suite signs, and a node that trusts it."""

from pathlib import Path

import pytest

from tests.support.nodes import LiveFolder, Node
from tests.support.repositories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository", channels=("main", "trial"))


@pytest.fixture
def node(tmp_path: Path, repository: Repository) -> Node:
    return Node(tmp_path / "node", [LiveFolder(repository.root)]).initialise(repository)
