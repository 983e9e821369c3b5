"""Each store there is, empty."""

from dataclasses import replace
from pathlib import Path

import pytest

from hub.config import Config
from hub.data_dir import DataDir
from hub.objects.interface import Objects
from hub.objects.opening import objects_of
from tests.support.s3_server import S3Server


@pytest.fixture
def on_s3(s3: S3Server) -> Config:
    """A configuration that names a new place there."""
    return replace(Config(), objects=s3.new(), objects_endpoint=s3.address)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """A data directory without a hub."""
    found = DataDir(tmp_path / "data")
    found.metadata.mkdir(parents=True)
    found.incoming.mkdir()
    return found


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, data: DataDir) -> Objects:
    """A store of each kind."""
    config = Config() if request.param == "folder" else request.getfixturevalue("on_s3")
    return objects_of(data, config)
