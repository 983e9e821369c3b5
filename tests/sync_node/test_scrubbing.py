"""Between ticks the store is looked at, little by little: what rots while nobody looks is found."""

from pathlib import Path

import pytest

from sync_node import config, state
from sync_node.limits import SCRUB_BYTES_PER_SECOND, SCRUB_NOTE_SECONDS
from sync_node.lock import engine_lock
from sync_node.scrubbing import Scrubber
from tests.support.nodes import Node, publish
from tests.support.repositories import NOW, Repository

QUARTER = 900.0


class Watch:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


def scrubber(node: Node, watch: Watch, log: list[str] | None = None) -> Scrubber:
    return Scrubber(
        node.data_dir,
        sleep=watch.sleep,
        monotonic=watch.monotonic,
        clock=lambda: NOW,
        log=(log if log is not None else []).append,
    )


@pytest.fixture
def synced(repository: Repository, node: Node, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_200_000))
    node.sync_well()
    config.write(node.data_dir, node.config)
    return node


def rot(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def rounds(node: Node) -> str:
    with node.opened():
        return state.scrubbed_at()


def test_the_whole_store_is_looked_at_in_the_end(synced: Node) -> None:
    watch = Watch()
    one = scrubber(synced, watch)
    size = sum(len(data) for data in synced.store().values())
    slices = 0
    while not rounds(synced):
        one.wait(QUARTER)
        slices += 1
        assert slices < 50
    assert slices >= size // 2_500_000, "not all at once"
    assert watch.seconds == pytest.approx(slices * QUARTER, rel=0.01), "ticks come as they should"


def test_the_disk_is_left_to_the_site(synced: Node) -> None:
    watch = Watch()
    one = scrubber(synced, watch)
    one.slice(QUARTER)
    largest = max(len(data) for data in synced.store().values())
    read = watch.seconds * SCRUB_BYTES_PER_SECOND
    assert 0 < read <= 1.1 * (largest + (1 << 20))


def test_what_rotted_is_found_and_fetched_again(repository: Repository, synced: Node) -> None:
    found = repository.published["demo", 1].manifest
    rot(synced.data_dir.store_path(found.by_path["one/clip.240p.mp4"].digest))
    rot(synced.data_dir.store_path(found.by_path["two/clip.480p.mp4"].digest))
    log: list[str] = []
    watch = Watch()
    one = scrubber(synced, watch, log)
    while not rounds(synced):
        before, found_before = watch.seconds, len(log)
        one.wait(QUARTER)
        if len(log) > found_before:
            assert watch.seconds < before + 10, "the next tick comes at once"
    assert len(log) == 2
    assert synced.lessons() == {"two": 1}, "a finer rendition closes nothing"
    synced.check_nothing_false()
    synced.sync_well()
    assert synced.lessons() == {"one": 1, "two": 1}
    synced.check_nothing_false()


def test_a_restart_goes_on_where_it_was(synced: Node) -> None:
    watch = Watch()
    one = scrubber(synced, watch)
    one.wait(SCRUB_NOTE_SECONDS)
    one.wait(QUARTER)
    with synced.opened():
        place = state.scrubbed_to()
    assert place
    left = [digest for digest in synced.store() if digest > place]
    for digest in synced.store():
        if digest <= place:
            rot(synced.data_dir.store_path(digest))  # would be found if it began anew
    log: list[str] = []
    again = scrubber(synced, Watch(), log)
    for _ in left:
        again.slice(QUARTER)
        if rounds(synced):
            break
    assert not log


def test_while_somebody_syncs_it_waits_for_its_turn(repository: Repository, synced: Node) -> None:
    found = repository.published["demo", 1].manifest
    rot(synced.data_dir.store_path(found.by_path["one/picture.png"].digest))
    log: list[str] = []
    one = scrubber(synced, Watch(), log)
    with engine_lock(synced.data_dir):
        while not log:
            one.wait(QUARTER)
    assert "at work" in log[0]
    assert synced.lessons() == {"one": 1, "two": 1}
    while not rounds(synced):
        one.wait(QUARTER)
    assert synced.lessons() == {"two": 1}


def test_a_node_without_a_database_or_a_store_only_waits(node: Node) -> None:
    node.data_dir.node_db.unlink()
    watch, log = Watch(), list[str]()
    scrubber(node, watch, log).wait(QUARTER)
    assert watch.seconds == QUARTER
    assert "node.db" in log[0]
