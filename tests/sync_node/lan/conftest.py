"""A furnished school, its site without a network, and its site behind the real web server."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync_node.lan.app import create_app
from tests.support.site import site_at
from tests.sync_node.lan.school import School, furnished_school

NOW = datetime(2026, 9, 1, 6, 3, tzinfo=UTC)


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


@pytest.fixture
def client(school: School) -> FlaskClient:
    """A client that sends what a browser sends with a form."""
    client = create_app(school.data_dir, clock=lambda: NOW).test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return client


@contextmanager
def serving(school: School) -> Iterator[str]:
    """Serve a school's site at the time `NOW`; yield its address."""
    with site_at(create_app(school.data_dir, clock=lambda: NOW)) as address:
        yield address


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, served by the node's web server."""
    school = furnished_school(tmp_path_factory.mktemp("school"))
    with site_at(create_app(school.data_dir)) as address:
        yield address
