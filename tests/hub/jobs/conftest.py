"""A hub whose jobs are those of `kinds`, and whose clock is the machine's, as workers need it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.config import MEMORY, change
from hub.data_dir import DataDir
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from tests.hub.console.conftest import console_site, signed_in
from tests.hub.jobs import kinds
from tests.support import redis_server
from tests.support.hub_databases import HubDatabases
from tests.support.redis_server import RedisServer

__all__ = ["console_site", "signed_in"]


@pytest.fixture(autouse=True)
def _known_kinds() -> None:
    kinds.register()


@pytest.fixture(scope="session")
def new_today(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Path:
    """The data directory of a hub that was made today. Copy, don't use."""
    root = tmp_path_factory.mktemp("today") / "hub"
    initialise(root, "main", system_clock, database=lasting_databases.new())
    return root


@pytest.fixture(scope="session")
def redis_of_jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that runs for this session."""
    if redis_server.PROGRAM is None:
        pytest.skip("Redis isn't installed: apt-get install redis-server")
    with redis_server.running(tmp_path_factory.mktemp("redis-of-jobs")) as found:
        yield found


@pytest.fixture
def now(
    new_today: Path, tmp_path: Path, databases: HubDatabases, request: pytest.FixtureRequest
) -> Hub:
    """A hub in the present; marked `both_wakes`, also one whose workers are told by Redis."""
    root = databases.copy_hub(new_today, tmp_path / "hub")
    if getattr(request, "param", MEMORY) != MEMORY:
        server: RedisServer = request.getfixturevalue("redis_of_jobs")
        server.client().flushall()
        change(DataDir(root).config, jobs=server.address)
    return open_hub(root, system_clock)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked both ways."""
    if metafunc.definition.get_closest_marker("both_wakes") and "now" in metafunc.fixturenames:
        metafunc.parametrize("now", [MEMORY, "redis"], indirect=True)
