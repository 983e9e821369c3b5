"""A rollout comes in stages, and each box knows by signed words alone whether it is its turn."""

from pathlib import Path

import msgspec
import pytest

from content_packs import staging
from content_packs.offers import Offer
from content_packs.staging import Staged
from sync_node import identity
from sync_node.following import choose
from tests.support.identities import a_node
from tests.support.nodes import LiveFolder, Node
from tests.support.packs import make_demo
from tests.support.repositories import Repository

SEED = "ab" * 16
NAME = "qamdo-1"  # as `a_node` calls it


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def node(tmp_path: Path, repository: Repository) -> Node:
    for version in (1, 2):
        make_demo(tmp_path / f"{version}.cpack", version=version, video_bytes=2_000)
    base = repository.publish(tmp_path / "1.cpack")
    repository.publish(tmp_path / "2.cpack")
    repository.offer("main", base)
    source = LiveFolder(repository.root)
    return Node(tmp_path / "node", [source]).initialise(repository)


def offers(repository: Repository, staged: Staged | None, *, rollout: int = 0) -> tuple[Offer, ...]:
    base, new = (repository.published["demo", version].offer for version in (1, 2))
    return base, msgspec.structs.replace(new, rollout=rollout, staged=staged)


def test_a_box_takes_the_new_version_when_its_mark_stands_in_the_list(
    repository: Repository, node: Node
) -> None:
    a_node(node.data_dir)
    repository.offer("main", *offers(repository, Staged(SEED, 0, staging.marks_of(SEED, ["else"]))))
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}
    marks = staging.marks_of(SEED, ["else", NAME])
    repository.offer("main", *offers(repository, Staged(SEED, 0, marks)))
    node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}
    assert '"staged"' not in node.pack().offer, "who else is reached is nothing to keep"


def test_a_rollout_that_is_taken_back_brings_the_box_back(
    repository: Repository, node: Node
) -> None:
    a_node(node.data_dir)
    repository.offer("main", *offers(repository, Staged(SEED, 10_000)))
    node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}
    repository.offer("main", offers(repository, None)[0])
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}


def test_a_box_that_is_enrolled_meanwhile_hears_without_news_of_the_hub(
    repository: Repository, node: Node
) -> None:
    repository.offer("main", *offers(repository, Staged(SEED, 10_000)))
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}, "who isn't enrolled comes last"
    a_node(node.data_dir)
    node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}


def test_node_db_that_is_lost_is_made_anew_with_the_staged_version(
    repository: Repository, node: Node
) -> None:
    a_node(node.data_dir)
    repository.offer("main", *offers(repository, Staged(SEED, 10_000)))
    node.sync_well()
    node.data_dir.node_db.unlink()
    node.sources = []
    assert node.lessons() == {"one": 2, "two": 2}
    assert node.pack().offered_version == 2


def test_the_newest_version_that_reaches_a_box_counts() -> None:
    base = Offer("demo", 1, "a" * 64, 1, "b" * 64, 1, 1)
    new = msgspec.structs.replace(base, version=2, rollout=0, staged=Staged(SEED, 10_000))
    for offered in ((base, new), (new, base)):
        assert choose({"main": offered}, 0, NAME)["demo"] == ("main", new)
        assert choose({"main": offered}, 0)["demo"] == ("main", base)
    everybody = msgspec.structs.replace(new, rollout=100)
    assert choose({"main": (base, everybody)}, 0)["demo"] == ("main", everybody)
    assert choose({"main": (msgspec.structs.replace(new, rollout=0),)}, 0)["demo"][1] is None


def test_a_box_knows_its_name_by_its_credential(node: Node) -> None:
    assert identity.node_name(node.data_dir) == ""
    a_node(node.data_dir)
    assert identity.node_name(node.data_dir) == NAME
