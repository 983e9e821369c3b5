"""`sync-node run`: what has come over the link is found, without anybody doing anything."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_node.data_dir import DataDir
from sync_node.search import database
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving
from tests.sync_node.test_daemon import get, running

WAIT_SECONDS = 120


@pytest.fixture
def server(repository: Repository, tmp_path: Path) -> Iterator[RepositoryServer]:
    repository.offer("main", publish(repository, tmp_path))
    with serving(repository.root) as found:
        yield found


@pytest.fixture
def node(repository: Repository, server: RepositoryServer, tmp_path: Path) -> Node:
    return process_node(repository, server.url, tmp_path)


def test_what_has_come_is_found(node: Node) -> None:
    with running(node) as (_, address):
        assert _suggested(address)


@pytest.mark.long
def test_a_damage_mends_itself(node: Node) -> None:
    with running(node) as (_, address):
        assert _suggested(address)
        data_dir = DataDir(node.root)
        made = database.place_of(data_dir).stat().st_ino
        database.mark_damaged(data_dir)
        until = time.monotonic() + WAIT_SECONDS
        while database.is_marked(data_dir) and time.monotonic() < until:
            time.sleep(0.5)
        assert _suggested(address), "a damage mends itself"
        assert database.place_of(data_dir).stat().st_ino != made


def _suggested(address: str) -> list[object]:
    """Return what is suggested, once something is."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        status, body = get(address, "/search/suggest?q=o")
        assert status == 200
        if found := json.loads(body):
            return list(found)
        time.sleep(0.5)
    return []
