"""A hub with a clock that a test moves, and cpacks to publish.

All runs on SQLite, and what is marked `both_databases` on PostgreSQL, too; with `--hub-database`
everything on that one. With `--hub-objects=s3` the hubs' content is in a real S3 server. Tests of
hub.db as a file are marked `hub_db`, those of content as files in a folder `hub_folder`. A test
that makes or copies a hub by itself asks `databases` where.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.hub.clients import START, MovableClock
from tests.support import s3_server
from tests.support.hub_databases import HubDatabases
from tests.support.packs import make_demo
from tests.support.postgresql import Server, programs, running
from tests.support.s3_server import S3Server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked on both."""
    marked = metafunc.definition.get_closest_marker("both_databases") is not None
    if (
        marked
        and "hub_database" in metafunc.fixturenames
        and metafunc.config.getoption("--hub-database") is None
    ):
        kinds = ("sqlite", "postgresql")
        metafunc.parametrize("hub_database", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def hub_database(request: pytest.FixtureRequest) -> str:
    """The kind of database that hubs are on: `sqlite` or `postgresql`."""
    chosen: str = request.config.getoption("--hub-database") or "sqlite"
    return str(getattr(request, "param", chosen))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL that runs for this session."""
    if programs() is None:
        pytest.skip("PostgreSQL isn't installed: apt-get install postgresql")
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def _server(hub_database: str, request: pytest.FixtureRequest) -> Server | None:
    if hub_database == "sqlite":
        return None
    found: Server = request.getfixturevalue("postgresql_server")
    return found


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server that runs for this session."""
    with s3_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def _store(request: pytest.FixtureRequest) -> S3Server | None:
    if request.config.getoption("--hub-objects") == "folder":
        return None
    found: S3Server = request.getfixturevalue("s3")
    return found


@pytest.fixture(scope="session")
def lasting_databases(_server: Server | None, _store: S3Server | None) -> Iterator[HubDatabases]:
    """Databases of the hubs that are made once, to be copied."""
    made = HubDatabases(_server, _store)
    yield made
    made.drop()


@pytest.fixture
def databases(_server: Server | None, _store: S3Server | None) -> Iterator[HubDatabases]:
    """Databases of the hubs of one test."""
    made = HubDatabases(_server, _store)
    yield made
    made.drop()


@pytest.fixture(autouse=True)
def _about_files(request: pytest.FixtureRequest, hub_database: str) -> None:
    if hub_database != "sqlite" and request.node.get_closest_marker("hub_db"):
        pytest.skip("about hub.db as a file")
    is_s3 = request.config.getoption("--hub-objects") == "s3"
    if is_s3 and request.node.get_closest_marker("hub_folder"):
        pytest.skip("about content as files in a folder")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture(scope="session")
def new_hub(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Path:
    """The data directory of a new hub with the channel `main`. Copy, don't use."""
    root = tmp_path_factory.mktemp("new") / "hub"
    initialise(root, "main", MovableClock(START), database=lasting_databases.new())
    lasting_databases.place_content(root)
    return root


@pytest.fixture
def hub(new_hub: Path, tmp_path: Path, clock: MovableClock, databases: HubDatabases) -> Hub:
    """A new hub with the channel `main`."""
    return open_hub(databases.copy_hub(new_hub, tmp_path / "hub"), clock)


@pytest.fixture(scope="session")
def prepared(
    new_hub: Path,
    tmp_path_factory: pytest.TempPathFactory,
    cpacks: dict[str, Path],
    lasting_databases: HubDatabases,
) -> Path:
    """The data directory of a hub with demo 1 and 2 published, and 1 released. Copy, don't use."""
    root = lasting_databases.copy_hub(new_hub, tmp_path_factory.mktemp("prepared") / "hub")
    prepared = open_hub(root, MovableClock(START))
    publish(prepared, cpacks["1"])
    publish(prepared, cpacks["2"])
    release(prepared, "demo", 1, "main", Terms())
    prepared.database.close()
    return root


@pytest.fixture
def filled(prepared: Path, tmp_path: Path, clock: MovableClock, databases: HubDatabases) -> Hub:
    """A hub with demo 1 and 2 published, and 1 released on `main`."""
    return open_hub(databases.copy_hub(prepared, tmp_path / "filled"), clock)


@pytest.fixture(scope="session")
def cpacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Versions of `demo`: 1, 2 with one page changed, another 2, 3; and 3 of another publisher."""
    folder = tmp_path_factory.mktemp("cpacks")
    made = {
        name: folder / f"{name}.cpack" for name in ("1", "2", "other-2", "3", "thief-3", "same-3")
    }
    text = "<p>Fractions are parts of a whole.</p>"
    make_demo(made["1"], version=1, video_bytes=200_000)
    make_demo(made["2"], version=2, video_bytes=200_000, pages={"one": text})
    make_demo(made["other-2"], version=2, video_bytes=200_000, pages={"one": "<p>Other.</p>"})
    make_demo(made["3"], version=3, video_bytes=200_000, seeds={"two": 7}, pages={"one": text})
    make_demo(made["same-3"], version=3, video_bytes=200_000, pages={"one": text})
    make_demo(made["thief-3"], version=3, video_bytes=200_000, publisher="thief")
    return made
