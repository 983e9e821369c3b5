"""A box that missed forty new roots follows them all in one sync, over a real hub."""

import shutil
from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.keyring.rotating import rotate
from sync_node.hub_source import HubSource
from sync_node.trust_store import TrustStore
from tests.hub.test_server import serving

ROTATIONS = 40
ROLES = ("timestamp", "snapshot", "targets")
AFTER_ROOT = ("timestamp", "snapshot", "targets", "c-main", "status")


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    initialise(tmp_path / "hub", "main", system_clock)
    return open_hub(tmp_path / "hub", system_clock)


def synced(trust: TrustStore, address: str) -> int:
    """Sync the metadata; return how many requests that took."""
    source = HubSource(address)
    try:
        verified = trust.refresh(source, ["main"], now=system_clock(), timestamp=None)
        assert verified.offers == {"main": ()}
        return source.traffic.requests
    finally:
        source.close()


def test_forty_missed_roots_cost_a_request_each_and_one_sync(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    folder.mkdir()
    trust = TrustStore(folder)
    trust.initialise((hub.data.metadata / "1.root.json").read_bytes())
    fresh = shutil.copytree(folder, tmp_path / "fresh")
    with serving(hub) as (_, address):
        synced(trust, address)
        for number in range(ROTATIONS):
            rotate(hub, ROLES[number % len(ROLES)])
        the_next_root_that_isnt_there = 1
        most = ROTATIONS + the_next_root_that_isnt_there + len(AFTER_ROOT)
        assert ROTATIONS < synced(trust, address) <= most
        assert (folder / f"{ROTATIONS + 1}.root.json").is_file()
        assert synced(trust, address) <= 2
        assert synced(TrustStore(fresh), address) <= most
