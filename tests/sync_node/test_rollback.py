"""A person can go back to the version before; only something newer takes them forward again."""

from pathlib import Path

import pytest

from content_packs.errors import Missing, Refused
from content_packs.repository import bundle_path
from sync_node.activator import Activator
from sync_node.checking import check
from sync_node.held_manifests import HeldManifests
from sync_node.models import VersionRow
from sync_node.rollback import RolledBack, roll_back
from sync_node.store import Store
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository


def rolled_back(node: Node, pack: str = "demo") -> RolledBack:
    with node.opened():
        return roll_back(node.data_dir, pack, now=node.now)


@pytest.fixture
def updated(repository: Repository, node: Node, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path, lessons=("one", "two")))
    node.sync_well()
    offer = publish(
        repository, tmp_path, 1, version=2, lessons=("one", "three"), pages={"one": "<p>new</p>"}
    )
    repository.offer("main", offer)
    node.sync_well()
    return node


def test_goes_back_whole_with_lessons_that_came_and_went(updated: Node) -> None:
    assert updated.lessons() == {"one": 2, "three": 2}
    done = rolled_back(updated)
    assert (done.left, done.now_at, done.lessons) == (2, 1, ("one", "two"))
    assert updated.lessons() == {"one": 1, "two": 1}
    assert updated.read("one", "one/intro.en.html") != b"<p>new</p>"
    updated.check_nothing_false()


def test_holds_until_something_newer_is_offered(
    repository: Repository, updated: Node, tmp_path: Path
) -> None:
    rolled_back(updated)
    repository.sign()
    assert updated.sync_well().activated == []
    assert updated.lessons() == {"one": 1, "two": 1}
    repository.offer("main", publish(repository, tmp_path, 1, 2, version=3, lessons=("one",)))
    updated.sync_well()
    assert updated.lessons() == {"one": 3}
    assert updated.pack().held_version is None


def test_not_twice(updated: Node) -> None:
    rolled_back(updated)
    with pytest.raises(Refused, match="no version before 1"):
        rolled_back(updated)
    assert updated.lessons() == {"one": 1, "two": 1}


def test_not_to_a_version_that_the_hub_withdrew(repository: Repository, updated: Node) -> None:
    repository.offer("main", repository.published["demo", 1].offer)
    updated.sync_well()
    assert updated.lessons() == {"one": 1, "two": 1}
    with pytest.raises(Refused, match="no version before 1"):
        rolled_back(updated)
    assert updated.lessons() == {"one": 1, "two": 1}


def test_past_an_update_that_was_never_whole(
    repository: Repository, updated: Node, tmp_path: Path
) -> None:
    names = ("one", "three")
    offer = publish(repository, tmp_path, 1, 2, version=3, lessons=names, seeds={"one": 9})
    repository.offer("main", offer)
    (repository.root / "bundles").rename(tmp_path / "away")
    updated.sync()
    assert updated.lessons() == {"one": 2, "three": 3}
    (tmp_path / "away").rename(repository.root / "bundles")
    offer = publish(repository, tmp_path, 1, 2, version=4, lessons=names, seeds={"one": 10})
    repository.offer("main", offer)
    updated.sync_well()
    assert updated.lessons() == {"one": 4, "three": 4}
    assert rolled_back(updated).now_at == 2
    assert updated.lessons() == {"one": 2, "three": 2}


def test_where_every_lesson_was_renamed(repository: Repository, node: Node, tmp_path: Path) -> None:
    for version, name in enumerate(("one", "other"), start=1):
        repository.offer("main", publish(repository, tmp_path, version=version, lessons=(name,)))
        node.sync_well()
    assert node.lessons() == {"other": 2}
    assert rolled_back(node).now_at == 1
    assert node.lessons() == {"one": 1}
    node.check_nothing_false()


def test_while_a_tick_runs_keeps_the_lessons_that_came_back(updated: Node) -> None:
    with updated.opened():
        digest = VersionRow.get(VersionRow.version == 2).manifest
        found = HeldManifests(updated.data_dir).get(digest).manifest
        activator = Activator(found, Store(updated.data_dir), now=updated.now, not_before=None)
        roll_back(updated.data_dir, "demo", now=updated.now)
        assert activator.drop_removed() == []
    assert updated.lessons() == {"one": 1, "two": 1}


def test_not_without_a_version_before(repository: Repository, node: Node, tmp_path: Path) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    with pytest.raises(Refused, match="no version before 1"):
        rolled_back(node)
    with pytest.raises(Missing, match="other"):
        rolled_back(node, "other")


def test_not_to_a_version_that_lost_files(repository: Repository, updated: Node) -> None:
    lost = repository.published["demo", 1].manifest.by_path["two/picture.png"].digest
    updated.data_dir.store_path(lost).unlink()
    with pytest.raises(Refused, match="two lack"):
        rolled_back(updated)
    assert updated.lessons() == {"one": 2, "three": 2}, "nothing was changed"


def test_in_the_middle_of_an_update_to_something_newer_isnt_held(
    repository: Repository, updated: Node, tmp_path: Path
) -> None:
    offer = publish(
        repository, tmp_path, 1, 2, version=3, lessons=("one", "three"), seeds={"one": 9}
    )
    repository.offer("main", offer)
    (repository.root / "bundles").rename(tmp_path / "away")
    updated.sync()
    assert updated.lessons() == {"one": 2, "three": 3}
    done = rolled_back(updated)
    assert (done.left, done.now_at) == (3, 2)
    assert updated.lessons() == {"one": 2, "three": 2}


@pytest.mark.parametrize("lost", ["a file", "the manifest", "node.db, too"])
def test_what_rots_of_the_version_gone_back_to_is_fetched_again(
    repository: Repository, updated: Node, lost: str
) -> None:
    rolled_back(updated)
    offer = repository.published["demo", 1].offer
    damaged = updated.data_dir.manifest_path(offer.manifest)
    if lost != "the manifest":
        only_there = repository.published["demo", 1].manifest.by_path["two/picture.png"].digest
        damaged = updated.data_dir.store_path(only_there)
    if lost == "node.db, too":
        updated.data_dir.node_db.unlink()
    damaged.chmod(0o644)
    damaged.write_bytes(b"rotten")
    check(updated.data_dir, updated.config, now=updated.now)
    assert "two" not in updated.lessons()
    assert 2 not in updated.lessons().values()
    updated.sync_well()
    assert updated.lessons() == {"one": 1, "two": 1}
    assert updated.pack().held_version == 1
    updated.check_nothing_false()
    assert updated.sync_well().activated == []


def test_what_rots_and_cant_be_had_any_more_is_said_and_the_rest_stays_open(
    repository: Repository, updated: Node
) -> None:
    rolled_back(updated)
    digest = repository.published["demo", 1].manifest.by_path["two/picture.png"].digest
    updated.data_dir.store_path(digest).unlink()
    check(updated.data_dir, updated.config, now=updated.now)
    for bundle in repository.published["demo", 1].layout.bundles:
        (repository.root / bundle_path(bundle.digest)).unlink()
    assert "not there" in updated.sync().detail
    assert updated.lessons() == {"one": 1}
    updated.check_nothing_false()


def test_what_rots_after_the_hub_withdrew_the_other_comes_by_the_hubs_offer(
    repository: Repository, updated: Node
) -> None:
    rolled_back(updated)
    updated.data_dir.choices.write_text(
        '{"format":1,"holds":[{"pack":"demo","version":1,"left":2}]}'
    )
    repository.offer("main", repository.published["demo", 1].offer)
    digest = repository.published["demo", 1].manifest.by_path["two/picture.png"].digest
    updated.data_dir.store_path(digest).unlink()
    check(updated.data_dir, updated.config, now=updated.now)
    assert updated.lessons() == {"one": 1}
    updated.sync_well()
    assert updated.lessons() == {"one": 1, "two": 1}
