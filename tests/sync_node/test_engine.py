"""The node end to end, on a repository of ours: what is offered comes, once, and opens."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from content_packs import layout, manifest
from content_packs.cpack import open_cpack
from content_packs.errors import (
    InvalidContent,
    Missing,
    Refused,
    SourceUnavailable,
    StorageFailed,
    Untrusted,
)
from content_packs.packing import Content, make_cpack
from sync_node.folder_source import FolderSource
from sync_node.limits import DISK_RESERVE_BYTES
from tests.support.nodes import LiveFolder, Node
from tests.support.packs import make_demo
from tests.support.repositories import NOW, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository", channels=("main", "trial"))


@pytest.fixture
def node(tmp_path: Path, repository: Repository) -> Node:
    return Node(tmp_path / "node", [LiveFolder(repository.root)]).initialise(repository)


def publish(repository: Repository, tmp_path: Path, *earlier: int, **options):  # noqa: ANN003  # make_demo's
    cpack = tmp_path / f"{options.get('pack', 'demo')}-{options.get('version', 1)}.cpack"
    found = make_demo(cpack, **options)
    return repository.publish(cpack, *((found.pack, version) for version in earlier))


def test_the_first_sync_brings_and_opens_every_lesson(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path, video_bytes=1_500_000)
    repository.offer("main", offer)
    tick = node.sync_well()
    assert tick.outcome == "updated"
    assert [a.lesson for a in tick.activated] == ["one", "two"], "in teaching order"
    assert node.lessons() == {"one": 1, "two": 1}
    files = repository.published["demo", 1].manifest.files
    assert node.store().keys() == {file.digest for file in files}
    assert not list(node.data_dir.incoming.iterdir())
    node.check_nothing_false()


def test_a_sync_with_nothing_new_is_one_request(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    for _ in range(3):
        tick = node.sync_well()
        assert tick.outcome == "nothing-new"
        assert tick.traffic.requests == 1
    assert len(node.ticks()) == 2, "idle ticks share a row"


def test_an_update_brings_only_what_is_new(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=2_000_000))
    first = node.sync_well().traffic.bytes_in
    offer = publish(
        repository, tmp_path, 1, version=2, video_bytes=2_000_000, pages={"two": "<p>mended</p>"}
    )
    repository.offer("main", offer)
    tick = node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}
    assert node.read("two", "two/intro.en.html") == b"<p>mended</p>"
    assert first > 8_000_000
    assert tick.traffic.bytes_in < 12_000


def test_a_lesson_that_is_gone_goes_when_all_others_are_active(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, lessons=("one", "two", "three")))
    node.sync_well()
    repository.offer("main", publish(repository, tmp_path, 1, version=2, lessons=("one", "four")))
    node.sync_well()
    assert node.lessons() == {"one": 2, "four": 2}


def test_what_nothing_refers_to_is_removed_one_version_later(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    for version in (1, 2, 3):
        earlier = range(1, version)
        offer = publish(
            repository, tmp_path, *earlier, version=version, seeds={"one": 50 * version}
        )
        repository.offer("main", offer)
        node.sync_well()
    kept = {
        file.digest
        for version in (2, 3)
        for file in repository.published["demo", version].manifest.files
    }
    assert node.store().keys() == kept
    assert len(list(node.data_dir.manifests.iterdir())) == 2
    assert len(list(node.data_dir.layouts.iterdir())) <= 1


def test_the_same_bytes_in_another_pack_arent_fetched(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=2_000_000))
    node.sync_well()
    repository.offer("main", publish(repository, tmp_path, pack="other", video_bytes=2_000_000))
    tick = node.sync_well()
    assert node.lessons("other") == {"one": 1, "two": 1}
    assert tick.traffic.bytes_in < 10_000


def test_a_chunk_inside_a_held_file_isnt_fetched(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    """A large file that gets a new head: all but its first chunks come from the old file."""
    repository.offer("main", publish(repository, tmp_path, lessons=("one",), video_bytes=6_000_000))
    node.sync_well()
    published = repository.published["demo", 1]
    clip = published.manifest.by_path["one/clip.480p.mp4"]
    data = node.read("one", clip.path)
    cpack = tmp_path / "new.cpack"
    make_demo_with(cpack, published.manifest, {clip.path: b"new head" * 1000 + data})
    repository.offer("main", repository.publish(cpack, ("demo", 1)))
    tick = node.sync_well()
    assert node.read("one", clip.path) == b"new head" * 1000 + data
    assert tick.traffic.bytes_in < 1_600_000
    node.check_nothing_false()


def make_demo_with(cpack: Path, base: manifest.Manifest, changed: dict[str, bytes]) -> None:
    from_base = Path(cpack.with_suffix(".base"))
    make_demo(from_base, lessons=("one",), video_bytes=6_000_000)
    contents = []
    with open_cpack(from_base) as opened:
        for file in opened.manifest.files:
            data = changed.get(file.path) or b"".join(opened.chunks_of(file))
            contents.append(Content(file.path, file.media_type, data))
    description = msgspec.structs.replace(base, version=2, files=())
    make_cpack(description, contents, cpack)


def test_a_version_waits_for_its_time_but_is_fetched(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path)
    later = msgspec.structs.replace(offer, activate_at="2026-06-05T06:00:00Z")
    repository.offer("main", later)
    assert node.sync_well().outcome == "waiting"
    assert node.lessons() == {}
    assert node.store()
    node.now = NOW + timedelta(days=4, hours=6)
    tick = node.sync_well()
    assert tick.outcome == "updated"
    assert tick.traffic.requests == 1, "nothing had to be fetched then"
    assert node.lessons() == {"one": 1, "two": 1}


def test_a_pack_no_longer_offered_is_hidden_and_kept(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    repository.withdraw("main", "demo")
    node.sync_well()
    assert node.pack().retired
    assert node.lessons() == {"one": 1, "two": 1}
    assert node.store()
    repository.offer("main", repository.published["demo", 1].offer)
    tick = node.sync_well()
    assert not node.pack().retired
    assert tick.traffic.bytes_in < 5_000


def test_a_withdrawn_version_takes_the_node_back(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    old = publish(repository, tmp_path)
    repository.offer("main", old)
    node.sync_well()
    repository.offer("main", publish(repository, tmp_path, 1, version=2, seeds={"one": 9}))
    node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}
    repository.offer("main", old)
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}


def test_the_newest_of_several_channels_counts(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    repository.offer("trial", publish(repository, tmp_path, 1, version=2))
    node.channels = ("main", "trial")
    node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}
    node.channels = ("main",)
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}, "a change of channels needs no news of the hub"


def test_a_rollout_reaches_some_nodes_first(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    offer = publish(repository, tmp_path, 1, version=2)
    both = (repository.published["demo", 1].offer, msgspec.structs.replace(offer, rollout=0))
    repository.offer("main", *both)
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}
    repository.offer("main", both[0], msgspec.structs.replace(offer, rollout=100))
    node.sync_well()
    assert node.lessons() == {"one": 2, "two": 2}


def test_an_unknown_channel_is_said_and_hinders_nothing(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    node.channels = ("main", "typo")
    tick = node.sync_well()
    assert "typo" in tick.detail
    assert node.lessons() == {"one": 1, "two": 1}


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
    used = len(node.store())
    full = iter([0])
    node.disk_free = lambda _: next(full, 10**12)
    node.sync_well()
    assert node.lessons("old") == {}
    assert node.lessons() == {"one": 1, "two": 1}
    assert len(node.store()) < used


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
