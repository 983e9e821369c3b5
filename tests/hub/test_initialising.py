"""hub init: what is there afterwards, and what it leaves alone."""

import stat
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from content_packs.errors import UsageError
from hub.data_dir import DataDir
from hub.edition import read_edition
from hub.errors import NotAHub
from hub.hub import open_hub
from hub.initialising import initialise
from tests.hub.clients import START, MovableClock, client_of, tree

CLOCK = MovableClock(START)


def test_a_client_with_the_root_of_trust_accepts_the_new_repository(tmp_path: Path) -> None:
    made = initialise(tmp_path / "hub", "county-primary", CLOCK)
    client = client_of(tmp_path / "hub", tmp_path / "client")
    assert client.trust_root == made.trust_root.read_bytes()
    assert client.offers("county-primary") == []


def test_root_needs_two_of_three_keys(tmp_path: Path) -> None:
    made = initialise(tmp_path / "hub", "main", CLOCK)
    root = Metadata[Root].from_file(str(made.trust_root)).signed
    assert root.roles["root"].threshold == 2
    assert len(set(root.roles["root"].keyids)) == 3
    assert root.consistent_snapshot
    assert len(made.offline_keys) == 3


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    initialise(tmp_path / "hub", "main", CLOCK)
    keys = DataDir(tmp_path / "hub").keys
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()}
    assert set(modes.values()) == {0o600}
    assert set(modes) == {
        "root-1.pem", "root-2.pem", "root-3.pem", "targets.pem", "snapshot.pem", "timestamp.pem",
        "c-main.pem", "status.pem", "service.pem", "seal.pem",
    }  # fmt: skip


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    initialise(tmp_path / "hub", "main", CLOCK)
    before = tree(tmp_path / "hub")
    with pytest.raises(NotAHub, match="there is a hub here already"):
        initialise(tmp_path / "hub", "main", CLOCK)
    after = tree(tmp_path / "hub")
    assert {**before, "lock": b""} == {**after, "lock": b""}


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(NotAHub, match=r"is not empty \(it has 'thesis.txt'\)"):
        initialise(tmp_path, "main", CLOCK)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_empty_disk_of_its_own_will_do(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    initialise(tmp_path, "main", CLOCK)
    assert list(read_edition(DataDir(tmp_path).metadata).channels) == ["main"]


def test_an_init_that_was_cut_off_is_begun_afresh(tmp_path: Path) -> None:
    root = tmp_path / "hub"
    initialise(root, "main", CLOCK)
    # As a cut just before the last steps leaves it.
    (root / "hub.toml").unlink()
    (root / "init-unfinished").touch()
    with pytest.raises(NotAHub, match="there is no hub here"):
        open_hub(root, CLOCK)
    initialise(root, "main", CLOCK)
    assert client_of(root, tmp_path / "client").offers() == []
    assert not (root / "init-unfinished").exists()


def test_a_channel_needs_a_name_that_is_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'County Primary' is not a name"):
        initialise(tmp_path / "hub", "County Primary", CLOCK)
    assert not (tmp_path / "hub").exists()
