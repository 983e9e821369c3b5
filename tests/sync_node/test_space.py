"""A disk that is too small: what comes, what goes, and what never does."""

from pathlib import Path

import pytest

from content_packs.manifest import File
from sync_node import choices, pinning
from sync_node.choices import Pin
from sync_node.limits import DISK_RESERVE_BYTES
from sync_node.openings import Openings
from sync_node.rollback import roll_back
from sync_node.space import Space
from sync_node.store import Store
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository
from tests.support.small_disk import small_disk

VIDEO = 1_200_000
FINER = 2 * VIDEO


def film(repository: Repository, name: str, version: int = 1, pack: str = "demo") -> File:
    return repository.published[pack, version].manifest.by_path[name]


def finer_held(node: Node, repository: Repository, version: int = 1) -> set[str]:
    """The lessons whose finer rendition is in the store."""
    manifest = repository.published["demo", version].manifest
    return {
        file.path.split("/")[0]
        for file in manifest.files
        if file.path.endswith("480p.mp4") and node.data_dir.store_path(file.digest).exists()
    }


def pin(node: Node, pack: str, lesson: str = "") -> None:
    with node.opened():
        pinning.pin(node.data_dir, Pin(pack, lesson))


@pytest.fixture
def synced(repository: Repository, node: Node, tmp_path: Path) -> Node:
    """Three lessons with films, all of them here."""
    lessons = ("one", "two", "three")
    repository.offer("main", publish(repository, tmp_path, video_bytes=VIDEO, lessons=lessons))
    node.sync_well()
    return node


def offer_songs(
    repository: Repository, tmp_path: Path, *, version: int = 1, video_bytes: int = VIDEO
) -> None:
    repository.offer(
        "main",
        publish(repository, tmp_path, pack="songs", version=version, lessons=("a",),
                video_bytes=video_bytes, seeds={"a": 900}),
    )  # fmt: skip


def test_finer_renditions_go_for_what_a_new_lesson_needs_from_the_end_of_the_course(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path)
    tick = synced.sync_well()
    assert synced.lessons("songs") == {"a": 1}
    assert synced.lessons() == {"one": 1, "two": 1, "three": 1}, "open with the lighter one"
    assert finer_held(synced, repository) == {"one", "two"}
    assert "demo: 1 finer renditions removed to make room" in tick.detail
    synced.check_nothing_false()


def test_what_went_isnt_fetched_again_before_there_is_room(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    full = small_disk(synced, beside=100_000)
    synced.disk_free = full
    offer_songs(repository, tmp_path)
    synced.sync_well()
    for _ in range(3):
        again = synced.sync_well()
        assert again.traffic.bytes_in < 10_000
        assert "wait for room" in again.detail
    synced.disk_free = lambda path: full(path) + 10 * FINER
    synced.sync_well()
    assert finer_held(synced, repository) == {"one", "two", "three"}, "now it comes"


def test_the_lessons_that_are_opened_keep_theirs(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    opened = Openings(synced.data_dir, monotonic=lambda: 0.0)
    opened.note("demo", "three")
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path)
    synced.sync_well()
    assert finer_held(synced, repository) == {"one", "three"}


def test_what_is_pinned_never_goes(repository: Repository, synced: Node, tmp_path: Path) -> None:
    pin(synced, "demo", "three")
    pin(synced, "demo", "two")
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path, video_bytes=4 * FINER)
    assert synced.sync().outcome == "storage"
    assert finer_held(synced, repository) == {"one", "two", "three"}, "it wouldn't do, so none went"
    offer_songs(repository, tmp_path, version=2)
    synced.sync_well()
    assert finer_held(synced, repository) == {"two", "three"}
    assert synced.lessons("songs") == {"a": 2}


def test_a_pin_outlives_node_db(repository: Repository, synced: Node, tmp_path: Path) -> None:
    pin(synced, "demo")
    synced.data_dir.node_db.unlink()
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path)
    assert synced.sync().outcome == "storage"
    assert finer_held(synced, repository) == {"one", "two", "three"}
    pinning.unpin(synced.data_dir, Pin("demo"))
    synced.sync_well()
    assert finer_held(synced, repository) == {"one", "two"}


def test_nothing_goes_while_pins_cant_be_read(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    synced.data_dir.choices.write_text("pins?")
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path)
    tick = synced.sync()
    assert "choices.json" in tick.detail
    assert finer_held(synced, repository) == {"one", "two", "three"}


def test_the_version_before_goes_before_a_finer_rendition(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    lessons = ("one", "two", "three")
    repository.offer(
        "main",
        publish(repository, tmp_path, 1, version=2, video_bytes=VIDEO, lessons=lessons,
                seeds={"one": 77}),
    )  # fmt: skip
    synced.sync_well()
    old = synced.data_dir.store_path(film(repository, "one/clip.240p.mp4").digest)
    assert old.exists(), "for a rollback"
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path, video_bytes=3_000_000)
    tick = synced.sync_well()
    assert "demo: the version before removed to make room" in tick.detail
    assert not old.exists()
    assert finer_held(synced, repository, 2) == {"one", "two", "three"}
    assert synced.lessons() == dict.fromkeys(lessons, 2)
    synced.check_nothing_false()


def test_an_update_on_a_disk_that_holds_one_version_goes_lesson_by_lesson(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    """There isn't room for both versions, but there is for one and a lesson."""
    lessons = ("one", "two", "three")
    repository.offer("main", publish(repository, tmp_path, video_bytes=VIDEO, lessons=lessons))
    node.sync_well()
    node.disk_free = small_disk(node, beside=FINER)
    seeds = {"one": 1_000, "two": 2_000, "three": 3_000}
    repository.offer(
        "main",
        publish(repository, tmp_path, 1, version=2, video_bytes=VIDEO, lessons=lessons,
                seeds=seeds),
    )  # fmt: skip
    for _ in range(4):
        node.sync()
        node.check_nothing_false()
        assert node.lessons().keys() == set(lessons), "each stays open"
    assert node.lessons() == dict.fromkeys(lessons, 2)
    assert "one" in finer_held(node, repository, 2), "and what fits of the finer ones comes"


def test_a_retired_pack_stays_if_something_of_it_is_pinned(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    for name, seeds in (("songs", {"one": 500, "two": 600}), ("demo", {})):
        offer = publish(repository, tmp_path, pack=name, video_bytes=VIDEO, seeds=seeds)
        repository.offer("main", offer)
    node.sync_well()
    pin(node, "songs", "two")
    repository.withdraw("main", "songs")
    node.disk_free = small_disk(node, beside=0)
    offer = publish(repository, tmp_path, pack="more", seeds={"one": 5_000, "two": 6_000})
    repository.offer("main", offer)
    node.sync_well()
    assert node.lessons("songs") == {"two": 1}
    for path in ("two/clip.240p.mp4", "two/clip.480p.mp4", "two/picture.png"):
        digest = film(repository, path, pack="songs").digest
        assert node.data_dir.store_path(digest).exists()
    assert not node.data_dir.store_path(
        film(repository, "one/clip.480p.mp4", pack="songs").digest
    ).exists()


def test_two_plans_cant_have_the_same_room(repository: Repository, synced: Node) -> None:
    free = DISK_RESERVE_BYTES + 3_000_000
    with synced.opened():
        space = Space(synced.data_dir, Store(synced.data_dir), free=lambda _: free)
        one = File("a", 2_000_000, "aa" * 32, "video/mp4")
        other = File("b", 2_000_000, "bb" * 32, "video/mp4")
        assert space.fit([space.bytes_for(one)])[0] == 1
        space.set_aside([one])
        assert space.room() < 1_000_000
        free -= 2_500_000
        assert space.room() < 0, "another program took what was set aside"
        free += 500_000
        space.taken(one.digest)
        assert 990_000 < space.room() <= 1_000_000
        assert space.bytes_for(other) >= other.size
        space.set_aside([other])
        space.forget_plans()
        assert space.room() <= 1_000_000
    assert film(repository, "one/clip.240p.mp4").size == VIDEO


def test_a_fetch_stops_where_another_program_takes_the_room(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    lessons = ("one", "two", "three")
    repository.offer("main", publish(repository, tmp_path, video_bytes=VIDEO, lessons=lessons))
    looks = 0

    def taken_meanwhile(_: Path) -> int:
        nonlocal looks
        looks += 1
        return 10**9 if looks < 8 else 1_000_000

    node.disk_free = taken_meanwhile
    tick = node.sync()
    assert tick.outcome == "storage"
    assert "while files came" in tick.detail
    node.check_nothing_false()
    assert sum(len(data) for data in node.store().values()) < 5_000_000
    node.disk_free = lambda _: 10**9
    node.sync_well()
    assert node.lessons() == dict.fromkeys(lessons, 1)


def test_what_has_come_of_a_finer_rendition_goes_too(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    path = synced.data_dir.store_path(film(repository, "three/clip.480p.mp4").digest)
    part = synced.data_dir.part_path(path.name)
    path.rename(part)
    (synced.data_dir.incoming / "probe-77.part").write_bytes(b"not of the store")
    synced.disk_free = small_disk(synced, beside=100_000)
    offer_songs(repository, tmp_path)
    synced.sync_well()
    assert not part.exists()
    assert not path.exists()
    assert finer_held(synced, repository) == {"one", "two"}
    assert synced.lessons("songs") == {"a": 1}


def test_room_is_made_for_the_asking(repository: Repository, synced: Node) -> None:
    synced.disk_free = small_disk(synced, beside=0)
    with synced.opened():
        store = Store(synced.data_dir)
        space = Space(synced.data_dir, store, free=synced.disk_free)
        assert space.make_room(10**9).files == 0, "that much can't be had"
        freed = space.make_room(FINER + 5_000)
        assert freed.files == 2
        assert space.room() >= FINER + 5_000
        assert space.make_room(FINER + 5_000).files == 0, "there is room"
        assert space.make_room(2 * FINER, finer=True).files == 0
    assert finer_held(synced, repository) == {"one"}
    synced.check_nothing_false()


def test_a_rollback_after_its_files_went_is_refused_in_words(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    lessons = ("one", "two", "three")
    repository.offer(
        "main",
        publish(repository, tmp_path, 1, version=2, video_bytes=VIDEO, lessons=lessons,
                seeds={"one": 77}),
    )  # fmt: skip
    synced.sync_well()
    synced.disk_free = small_disk(synced, beside=0)
    with synced.opened():
        Space(synced.data_dir, Store(synced.data_dir), free=synced.disk_free).make_room(3_000_000)
        with pytest.raises(Exception, match="no version before 2 is held"):
            roll_back(synced.data_dir, "demo", now=synced.now)
    assert choices.read(synced.data_dir).holds == ()


def test_what_came_of_a_pack_that_is_withdrawn_stays_until_room_is_needed(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    looks = 0

    def taken_meanwhile(_: Path) -> int:
        nonlocal looks
        looks += 1
        return 10**9 if looks < 4 else 1_000_000

    synced.disk_free = taken_meanwhile
    offer_songs(repository, tmp_path)
    assert synced.sync().outcome == "storage"
    came = set(synced.data_dir.incoming.glob("*.part"))
    assert came
    assert synced.lessons("songs") == {}
    synced.disk_free = lambda _: 10**9
    repository.withdraw("main", "songs")
    synced.sync_well()
    assert set(synced.data_dir.incoming.glob("*.part")) == came
    synced.disk_free = small_disk(synced, beside=0)
    offer = publish(repository, tmp_path, pack="more", seeds={"one": 5_000, "two": 6_000})
    repository.offer("main", offer)
    synced.sync_well()
    assert synced.lessons("more") == {"one": 1, "two": 1}
    assert not any(each.exists() for each in came)
    assert synced.lessons() == dict.fromkeys(("one", "two", "three"), 1)
    synced.check_nothing_false()
