"""A stick is foreign: nothing outside of it is read."""

import os
from pathlib import Path
from threading import Thread

import pytest

from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.repository import TIMESTAMP
from sync_node.config import Config, SourceConfig
from sync_node.folder_source import FolderSource
from sync_node.sources import from_config


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "stick"
    (root / "metadata").mkdir(parents=True)
    return root


def test_follows_no_link_to_a_file(root: Path) -> None:
    (root / TIMESTAMP).symlink_to("../../secret")
    with pytest.raises(InvalidContent, match="link"):
        FolderSource(root).get(TIMESTAMP, bytes_max=100)


def test_follows_no_link_to_a_folder(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "timestamp.json").write_bytes(b"x")
    (root / "metadata").rmdir()
    (root / "metadata").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((InvalidContent, Missing)):
        FolderSource(root).get(TIMESTAMP, bytes_max=100)


def test_the_stick_itself_may_be_mounted_anywhere(root: Path, tmp_path: Path) -> None:
    (root / TIMESTAMP).write_bytes(b"x")
    (tmp_path / "media").symlink_to(root)
    assert FolderSource(tmp_path / "media").get(TIMESTAMP, bytes_max=100).body == b"x"


def test_doesnt_wait_for_a_pipe(root: Path) -> None:
    os.mkfifo(root / TIMESTAMP)
    with pytest.raises(InvalidContent, match="ordinary"):
        FolderSource(root).get(TIMESTAMP, bytes_max=100)


def test_a_pipe_or_a_device_is_not_even_opened(root: Path) -> None:
    (root / TIMESTAMP).unlink(missing_ok=True)
    os.mkfifo(root / TIMESTAMP)
    writer = Thread(target=lambda: os.close(os.open(root / TIMESTAMP, os.O_WRONLY)), daemon=True)
    writer.start()
    with pytest.raises(InvalidContent, match="ordinary"):
        FolderSource(root).get(TIMESTAMP, bytes_max=10)
    writer.join(0.2)
    assert writer.is_alive(), "nobody opened the other end"


def test_a_folder_in_place_of_a_file(root: Path) -> None:
    (root / TIMESTAMP).mkdir()
    with pytest.raises(InvalidContent, match="ordinary"):
        FolderSource(root).get(TIMESTAMP, bytes_max=100)


def test_a_stick_that_isnt_plugged_in_is_unavailable_rather_than_empty(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="stick"):
        FolderSource(tmp_path / "stick").get(TIMESTAMP, bytes_max=100)


def test_a_stick_pulled_out_in_the_middle(root: Path) -> None:
    bundle = root / "bundles" / f"{'ab' * 32}.bundle"
    bundle.parent.mkdir()
    bundle.write_bytes(bytes(900_000))
    with FolderSource(root).read(f"bundles/{bundle.name}", 0, 900_000) as pieces:
        next(pieces)
        os.truncate(bundle, 400_000)
        with pytest.raises(SourceUnavailable, match="early"):
            list(pieces)


def test_a_couriers_stick_may_be_named_as_a_folder(root: Path, tmp_path: Path) -> None:
    """Its repository lies two folders below its top."""
    below = tmp_path / "courier" / "satchel" / "repository"
    below.parent.mkdir(parents=True)
    root.rename(below)
    (below / TIMESTAMP).write_bytes(b"x")
    config = Config(format=1, sources=(SourceConfig(folder=str(tmp_path / "courier")),))
    (source,) = from_config(config, tmp_path).for_content()
    assert source.get(TIMESTAMP, bytes_max=100).body == b"x"
