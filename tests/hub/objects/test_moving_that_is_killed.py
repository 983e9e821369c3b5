"""kill -9 while content moves: hub.toml names the old place or the new one, with its own door."""

from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.config import Config, read_config
from hub.hub import open_hub
from hub.objects.moving import move
from hub.people.actor import of_this_machine
from tests.hub.test_kills import STRACE, killed, moments
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


@pytest.mark.parametrize(
    ("kind", "number"),
    moments({"rename": 4, "fsync": 8}, ("rename", 2), ("rename", 3)),
)
def test_a_move_back_that_is_killed(  # noqa: PLR0917 - fixtures
    prepared: Path,
    tmp_path: Path,
    databases: HubDatabases,
    on_s3: Config,
    kind: str,
    number: int,
) -> None:
    root = databases.copy_hub(prepared, tmp_path / "hub")
    hub = open_hub(root, system_clock)
    move(hub, of_this_machine(), on_s3.objects, on_s3.objects_endpoint)
    before = {one.place: one.size for one in hub.objects.list()}
    killed(kind, number, "move-objects", "folder", "--data", str(root))
    found = read_config(root / "hub.toml")
    assert (found.objects, found.objects_endpoint) in {
        (on_s3.objects, on_s3.objects_endpoint),
        ("folder", ""),
    }
    again = open_hub(root, system_clock)
    assert {one.place: one.size for one in again.objects.list()} == before
