"""Documents on sectors that can't be read: they are had again, and hold nothing else up."""

from pathlib import Path

import pytest

from content_packs.offers import Offer
from tests.support.deltas import course, film, put_delta
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.repositories import Repository

BAD = "/proc/self/mem"  # reading it from its start is EIO


def put_on_a_bad_sector(path: Path) -> None:
    path.unlink()
    path.symlink_to(BAD)
    with pytest.raises(OSError, match="Input/output error"):
        path.read_bytes()


@pytest.fixture
def offers(repository: Repository, node: Node, tmp_path: Path) -> tuple[Offer, Offer]:
    """Two versions, the first of which is here, the second on offer with a delta."""
    first = course(repository, tmp_path, 1, videos={"one/clip.480p.mp4": film(1)})
    repository.offer("main", first)
    node.sync_well()
    second = course(repository, tmp_path, 2, 1, videos={"one/clip.480p.mp4": film(2)}, typo="new")
    repository.offer("main", second)
    put_delta(repository, "course", 1, 2)
    return first, second


def expect_both(repository: Repository, node: Node, tmp_path: Path) -> None:
    """The update comes, and so does another pack."""
    repository.offer("main", publish(repository, tmp_path))
    node.sources = [LiveFolder(repository.root)]
    node.sync()
    assert set(node.lessons("course").values()) == {2}
    assert node.lessons() == {"one": 1, "two": 1}
    node.check_nothing_false()


def cut_off(repository: Repository, node: Node, folder: Path) -> None:
    """A tick that gets all documents, and no content."""
    (repository.root / "bundles").rename(folder / "away")
    node.sync()
    (folder / "away").rename(repository.root / "bundles")


def test_a_layout(repository: Repository, node: Node, tmp_path: Path) -> None:
    offer = publish(repository, tmp_path, pack="course", video_bytes=5_000)
    repository.offer("main", offer)
    cut_off(repository, node, tmp_path)
    put_on_a_bad_sector(node.data_dir.layout_path(offer.layout))
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    assert node.lessons("course") == node.lessons() == {"one": 1, "two": 1}


def test_the_manifest_of_the_version_before(
    repository: Repository, node: Node, tmp_path: Path, offers: tuple[Offer, Offer]
) -> None:
    put_on_a_bad_sector(node.data_dir.manifest_path(offers[0].manifest))
    expect_both(repository, node, tmp_path)


def test_the_manifest_on_offer(
    repository: Repository, node: Node, tmp_path: Path, offers: tuple[Offer, Offer]
) -> None:
    cut_off(repository, node, tmp_path)
    put_on_a_bad_sector(node.data_dir.manifest_path(offers[1].manifest))
    expect_both(repository, node, tmp_path)


def test_the_beginning_of_a_delta(
    repository: Repository, node: Node, tmp_path: Path, offers: tuple[Offer, Offer]
) -> None:
    begun = node.data_dir.delta_path(offers[0].manifest, offers[1].manifest)
    begun.symlink_to(BAD)
    expect_both(repository, node, tmp_path)
