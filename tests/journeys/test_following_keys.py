"""A node follows the keys of a real hub: forty roots that it missed, in one sync; further keys."""

import shutil
from pathlib import Path

import pytest
from tuf.api.metadata import TargetFile, Targets

from content_packs.digests import digest_of
from content_packs.hub_keys import STATUS_ROLE, STATUS_TARGET
from hub.clock import system_clock
from hub.edition import read_edition
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.keyring.rotating import revoke, rotate
from hub.settling import changing
from hub.signing import Signing
from sync_node.folder_source import FolderSource
from sync_node.hub_source import HubSource
from sync_node.trust_store import TrustStore, Verified
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
        assert verified == trust.recall(["main"])
        return source.traffic.requests
    finally:
        source.close()


@pytest.mark.long
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


def test_a_node_learns_further_keys_and_the_status_list_from_any_source(
    hub: Hub, tmp_path: Path
) -> None:
    folder = tmp_path / "trust"
    folder.mkdir()
    trust = TrustStore(folder)
    trust.initialise((hub.data.metadata / "1.root.json").read_bytes())
    stick = FolderSource(hub.data.repository)

    def verified() -> Verified:
        return trust.refresh(stick, ["main"], now=system_clock(), timestamp=None)

    found = verified()
    assert found.hub_keys == read_edition(hub.data.metadata).hub_keys
    assert (len(found.hub_keys.service_keys()), len(found.hub_keys.seal_keys())) == (1, 1)
    assert found.hub_keys.escrow_keys() == {}
    assert found.status is None
    rotate(hub, "service")
    rotate(hub, "status")
    assert len(verified().hub_keys.service_keys()) == 2
    with changing(hub, "revoking a node") as edition:
        target = TargetFile(2, {"sha256": digest_of(b"{}")}, STATUS_TARGET)
        Signing(hub.data.metadata, hub.keys, hub.clock()).commit(
            edition, {STATUS_ROLE: Targets(targets={STATUS_TARGET: target})}
        )
    listed = verified().status
    assert listed is not None
    assert (listed.length, listed.hashes) == (2, {"sha256": digest_of(b"{}")})
    revoke(hub, "service")
    assert verified().hub_keys == read_edition(hub.data.metadata).hub_keys
    assert trust.recall(["main"]).status == listed
