"""The node end to end, on a repository of ours: what is offered comes, once, and opens."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from content_packs import manifest
from content_packs.cpack import open_cpack
from content_packs.packing import Content, make_cpack
from sync_node.engine import Engine
from sync_node.progress_file import Progress
from sync_node.sources import Sources
from tests.support.nodes import Node, publish
from tests.support.packs import make_demo
from tests.support.repositories import NOW, Repository


def test_packs_that_share_files_open_in_the_same_tick(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    for pack, seed in (("maths", 0), ("songs", 900)):
        repository.offer("main", publish(repository, tmp_path, pack=pack, seeds={"one": seed}))
    node.sync_well()
    for pack in ("maths", "songs"):
        assert node.lessons(pack) == {"one": 1, "two": 1}


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


def test_a_tick_of_hours_lets_the_hub_be_heard_meanwhile(
    node: Node, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=2_500_000))
    hours: list[datetime] = []

    def an_hour_later(_: Progress) -> None:
        node.now += timedelta(hours=1)

    with node.opened():
        tick = Engine(
            node.data_dir,
            node.config,
            Sources(node.sources),
            clock=node.clock(),
            progress=an_hour_later,
            meanwhile=lambda: hours.append(node.now),
        ).tick()
    assert tick.outcome == "updated"
    assert len(hours) > 1
    assert hours == sorted(set(hours))
