"""What is wrong with a source, a pack or the disk: said, bounded, and mended by itself later."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from content_packs import layout, manifest
from content_packs.errors import (
    InvalidContent,
    Missing,
    Refused,
    SourceUnavailable,
    StorageFailed,
    Untrusted,
)
from sync_node.folder_source import FolderSource
from sync_node.limits import DISK_RESERVE_BYTES
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.repositories import NOW, Repository
from tests.support.small_disk import small_disk


def test_untrusted_offers_change_nothing(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    offer = publish(repository, tmp_path, 1, version=2)
    repository.offered["main"] = {("demo", 2): offer}
    repository.sign(**{"c-main": "root"})
    tick = node.sync()
    assert tick.outcome == "untrusted"
    assert isinstance(tick.trouble, Untrusted)
    assert node.lessons() == {"one": 1, "two": 1}
    repository.sign()
    assert node.sync_well().outcome == "updated"


def test_an_expired_edition_is_refused_from_a_hub_even_if_unchanged(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    node.now = NOW + timedelta(days=40)
    assert node.sync().outcome == "untrusted"
    assert node.lessons() == {"one": 1, "two": 1}, "what is active never expires"
    repository.now = node.now
    repository.sign()
    assert node.sync_well().outcome in {"nothing-new", "updated"}


def test_a_stick_serves_where_no_hub_answers(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sources = [LiveFolder(tmp_path / "no hub"), FolderSource(repository.root)]
    node.now = NOW + timedelta(days=200)
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}


def test_an_old_stick_is_no_trouble(repository: Repository, node: Node, tmp_path: Path) -> None:
    old = repository.copy_to(tmp_path / "stick")
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    node.sources = [LiveFolder(tmp_path / "no hub"), FolderSource(old)]
    tick = node.sync()
    assert tick.outcome == "cut", "the hub didn't answer; the stick is only old"


def test_content_comes_from_the_stick_and_offers_from_the_hub(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    stick = FolderSource(repository.copy_to(tmp_path / "stick"))
    hub = LiveFolder(repository.root)
    node.sources = [hub, stick]
    node.sync_well()
    assert hub.traffic.bytes_in < 10_000
    assert stick.traffic.bytes_in > 4_000_000


def test_what_one_source_lacks_another_gives(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    stick = repository.copy_to(tmp_path / "stick")
    for bundle in (stick / "bundles").iterdir():
        bundle.unlink()
    node.sources = [LiveFolder(repository.root), FolderSource(stick)]
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}


def test_no_source_at_all(node: Node, tmp_path: Path) -> None:
    node.sources = [LiveFolder(tmp_path / "no hub")]
    tick = node.sync()
    assert tick.outcome == "cut"
    assert isinstance(tick.trouble, SourceUnavailable)


def flip(repository: Repository, offset: int) -> Path:
    bundle = next((repository.root / "bundles").iterdir())
    data = bytearray(bundle.read_bytes())
    data[offset] ^= 1
    bundle.write_bytes(data)
    return bundle


def test_a_bad_block_costs_only_the_lessons_that_need_it(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    published = repository.published["demo", 1]
    clip = published.manifest.by_path["two/clip.240p.mp4"].pieces[-1]
    number = published.manifest.number_of_chunk[clip.digest]
    block = published.layout.blocks[published.layout.block_of_chunk[number]]
    flip(repository, block.offset + 5)
    tick = node.sync()
    assert tick.outcome == "invalid"
    assert isinstance(tick.trouble, InvalidContent)
    assert "block" in tick.detail
    assert node.lessons() == {"one": 1}
    node.check_nothing_false()
    flip(repository, block.offset + 5)
    again = node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}
    assert again.traffic.bytes_in < block.stored + 10_000, "only what was bad came again"


def test_a_bundle_that_is_all_wrong_costs_a_bounded_number_of_bytes(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=12_000_000))
    bundle = next((repository.root / "bundles").iterdir())
    bundle.write_bytes(bytes(bundle.stat().st_size))
    tick = node.sync()
    assert tick.outcome == "invalid"
    assert tick.traffic.bytes_in < bundle.stat().st_size / 2
    assert node.lessons() == {}


@pytest.mark.parametrize("what", ["manifests", "layouts", "bundles"])
def test_a_missing_file_is_said_and_fetched_once_it_is_there(
    repository: Repository, node: Node, tmp_path: Path, what: str
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    (repository.root / what).rename(tmp_path / "away")
    tick = node.sync()
    assert isinstance(tick.trouble, Missing)
    assert node.lessons() == {}
    (tmp_path / "away").rename(repository.root / what)
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}


@pytest.mark.parametrize("what", ["manifests", "layouts"])
def test_a_damaged_document_is_refused(
    repository: Repository, node: Node, tmp_path: Path, what: str
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    document = next((repository.root / what / "demo").iterdir())
    document.write_bytes(document.read_bytes()[:-1])
    assert node.sync().outcome == "invalid"
    assert node.lessons() == {}


def test_a_manifest_of_another_version_under_this_name(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    publish(repository, tmp_path)
    offer = publish(repository, tmp_path, version=2)
    lie = msgspec.structs.replace(offer, version=3)
    repository.offer("main", lie)
    tick = node.sync()
    assert tick.outcome == "invalid"
    assert "expected demo 3" in tick.detail


def test_a_layout_of_another_content(repository: Repository, node: Node, tmp_path: Path) -> None:
    first = publish(repository, tmp_path)
    second = publish(repository, tmp_path, version=2, seeds={"one": 4})
    lie = msgspec.structs.replace(second, layout=first.layout, layout_stored=first.layout_stored)
    repository.offer("main", lie)
    assert node.sync().outcome == "invalid"
    assert node.lessons() == {}


def test_chunks_that_are_right_in_a_file_that_isnt(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    """A manifest whose file digest doesn't fit its chunks: found when the file is whole."""
    publish(repository, tmp_path, video_bytes=1_500_000)
    honest = repository.published["demo", 1]
    files = tuple(
        msgspec.structs.replace(file, digest="ab" * 32)
        if file.path == "one/clip.240p.mp4"
        else file
        for file in honest.manifest.files
    )
    lying = msgspec.structs.replace(honest.manifest, files=files)
    laid_out = layout.Layout(1, manifest.digest(lying), honest.layout.bundles, honest.layout.blocks)
    repository.offer("main", repository.place(lying, laid_out))
    tick = node.sync()
    assert tick.outcome == "invalid"
    assert "one/clip.240p.mp4" in tick.detail
    assert node.lessons() == {"two": 1}
    again = node.sync()
    assert again.traffic.bytes_in < 10_000, "what is here isn't fetched again to no end"
    node.check_nothing_false()


def test_a_version_is_never_offered_with_other_content(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    repository.offer("main", publish(repository, tmp_path, seeds={"one": 77}))
    tick = node.sync()
    assert isinstance(tick.trouble, Refused)
    assert node.lessons() == {"one": 1, "two": 1}
    node.check_nothing_false()


def test_a_full_disk_takes_what_fits_and_says_so(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    node.disk_free = lambda _: DISK_RESERVE_BYTES + 2_000_000
    tick = node.sync()
    assert tick.outcome == "storage"
    assert isinstance(tick.trouble, StorageFailed)
    assert "room for" in tick.detail
    assert node.lessons() == {"one": 1}
    node.disk_free = lambda _: 10**12
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}


def test_a_full_disk_gets_rid_of_retired_packs_first(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, pack="old", video_bytes=1_500_000))
    node.sync_well()
    repository.withdraw("main", "old")
    repository.offer("main", publish(repository, tmp_path, seeds={"one": 7, "two": 8}))
    node.disk_free = small_disk(node, beside=10_000)
    tick = node.sync_well()
    assert "old: no longer offered, removed to make room" in tick.detail
    assert node.lessons("old") == {}
    assert node.lessons() == {"one": 1, "two": 1}


def test_progress_says_what_is_to_come(repository: Repository, node: Node, tmp_path: Path) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    node.sync_well()
    assert node.progress[0].bytes_done == 0
    assert node.progress[-1].bytes_done == node.progress[-1].bytes_total
    assert {p.lessons_ready for p in node.progress} == {0, 1, 2}


def test_lessons_without_any_content(repository: Repository, node: Node, tmp_path: Path) -> None:
    repository.offer("main", publish(repository, tmp_path, lessons=()))
    node.sync_well()
    assert node.lessons() == {}


def test_one_engine_at_a_time(node: Node) -> None:
    with node.opened(), pytest.raises(Refused, match="at work"):
        node.sync()
