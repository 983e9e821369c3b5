"""`status` says in words a technician can read out on the telephone what is here."""

from datetime import timedelta
from pathlib import Path

import msgspec

from sync_node import status as stating
from sync_node.limits import DISK_RESERVE_BYTES
from sync_node.rollback import roll_back
from sync_node.status import PackStatus, Status
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.repositories import Repository


def status(node: Node) -> Status:
    with node.opened():
        return stating.status(
            node.data_dir, node.channels, time=node.clock().reading(), disk_free=lambda _: 5
        )


def pack(node: Node) -> PackStatus:
    return next(each for each in status(node).packs if each.pack == "demo")


def test_before_the_first_sync(node: Node) -> None:
    found = status(node)
    assert (found.packs, found.last_contact, found.last_tick) == ((), "", None)
    assert found.disk_free == 5


def test_in_the_middle_of_a_first_sync(repository: Repository, node: Node, tmp_path: Path) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    node.disk_free = lambda _: DISK_RESERVE_BYTES + 2_000_000
    node.sync()
    words = pack(node).in_words()
    assert words == "demo: 1 of 2 lessons ready at version 1, 7.5 MB to come"
    assert status(node).last_contact == "2026-06-01T00:00:00Z"


def test_in_the_middle_of_an_update(repository: Repository, node: Node, tmp_path: Path) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    repository.offer("main", publish(repository, tmp_path, 1, version=2, seeds={"two": 9}))
    (repository.root / "bundles").rename(tmp_path / "away")
    node.sync()
    assert pack(node).in_words() == (
        "demo: 1 of 2 lessons ready at version 2, 1 more at an older version, 20.0 kB to come"
    )


def test_offered_but_nothing_of_it_came_yet(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    (repository.root / "manifests").rename(tmp_path / "away")
    node.sync()
    assert pack(node).in_words().startswith("demo: 0 of ? lessons ready at version 1, 4")


def test_everything_that_can_be_said_of_a_pack(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path)
    repository.offer("main", msgspec.structs.replace(offer, rollout=0))
    node.sync_well()
    assert pack(node).in_words() == "demo: offered, but not to this node yet"
    later = msgspec.structs.replace(offer, activate_at="2026-06-02T00:00:00Z")
    repository.offer("main", later)
    node.sync_well()
    assert "to be opened from 2026-06-02T00:00:00Z on" in pack(node).in_words()
    repository.offer("main", offer)
    node.sync_well()
    assert pack(node).in_words() == "demo: 2 of 2 lessons ready at version 1"
    repository.offer("main", publish(repository, tmp_path, 1, version=2))
    node.sync_well()
    with node.opened():
        roll_back(node.data_dir, "demo", now=node.now)
    assert "ready at version 1; rolled back" in pack(node).in_words()
    repository.withdraw("main", "demo")
    node.sync_well()
    assert "no longer offered" in pack(node).in_words()


def test_last_contact_is_when_somebody_answered(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    node.sources = [LiveFolder(tmp_path / "no hub")]
    node.now += timedelta(days=1)
    node.sync()
    found = status(node)
    assert found.last_contact == "2026-06-01T00:00:00Z"
    assert found.last_tick
    assert found.last_tick["outcome"] == "cut"


def test_what_was_said_goes_stale(repository: Repository, node: Node, tmp_path: Path) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    assert not status(node).stale_since
    node.now += timedelta(days=31)
    assert status(node).stale_since == "2026-07-01T00:00:00Z"
