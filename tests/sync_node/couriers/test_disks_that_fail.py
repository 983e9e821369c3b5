"""Disks that fail, lie, are pulled, full or read-only; several at once; what else lies on them."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from content_packs import courier
from content_packs.errors import StorageFailed
from content_packs.repository import TIMESTAMP
from sync_node import config, courier_visits
from sync_node.courier_disks import CourierDisks
from sync_node.folder_source import FolderSource
from sync_node.syncing import sync_once
from tests.support.file_systems import file_system, needs_mounts
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository


class Faulty(FolderSource):
    """A folder of which each read goes through `change`, with the bytes and how many came before.

    `change` returns other bytes, or raises what a disk raises.
    """

    def __init__(self, root: Path, change: Callable[[bytes, int], bytes]) -> None:
        super().__init__(root)
        self.change = change
        self.came = 0

    @contextmanager
    def opened(self, path: str) -> Iterator[tuple[BinaryIO, int]]:
        with super().opened(path) as (file, size):
            yield _Reading(file, self), size  # type: ignore[misc]  # enough of a file


class _Reading:
    def __init__(self, file: BinaryIO, folder: Faulty) -> None:
        self._file, self._folder = file, folder

    def seek(self, at: int) -> int:
        return self._file.seek(at)

    def read(self, size: int = -1) -> bytes:
        data = self._folder.change(self._file.read(size), self._folder.came)
        self._folder.came += len(data)
        return data

    def readinto(self, view: memoryview) -> int:
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


@pytest.fixture
def hub(repository: Repository, tmp_path: Path) -> Repository:
    repository.offer("main", publish(repository, tmp_path, version=1, video_bytes=60_000))
    return repository


@pytest.fixture
def box(hub: Repository, tmp_path: Path) -> Node:
    """A node at version 1 that looks for disks under `media`, while the hub offers version 2."""
    (tmp_path / "media").mkdir()
    found = Node(tmp_path / "box", [FolderSource(hub.root)]).initialise(hub)
    found.sync_well()
    later = publish(hub, tmp_path, 1, version=2, video_bytes=60_000, seeds={"one": 3, "two": 4})
    hub.offer("main", later)
    before = config.read(found.data_dir)
    after = msgspec.structs.replace(before, couriers=(str(tmp_path / "media"),))
    config.write(found.data_dir, after)
    return found


def plugged_in(hub: Repository, place: Path) -> Path:
    (place / courier.FOLDER).mkdir(parents=True)
    hub.copy_to(place / courier.REPOSITORY)
    (place / courier.MARK).write_bytes(courier.encode(courier.Courier(by="hub", whole=True)))
    return place


def visit(box: Node) -> courier_visits.Visit:
    return courier_visits.read(box.data_dir)[0]


def expect_then_good(box: Node, hub: Repository) -> None:
    """Nothing is false, and a good stick brings all that is missing."""
    box.check_nothing_false()
    assert set(box.lessons().values()) <= {1, 2}
    box.sources = [FolderSource(hub.root)]
    box.sync_well()
    box.check_nothing_false()
    assert box.lessons() == {"one": 2, "two": 2}


@pytest.mark.parametrize(
    ("after", "code"),
    [*((after, errno.EIO) for after in (0, 300, 2_000, 8_000, 30_000, 200_000, 350_000)),
     *((100_000, code) for code in (errno.EIO, errno.ENODEV, errno.ESHUTDOWN, errno.EACCES))],
)  # fmt: skip
def test_pulled_after_so_many_bytes(box: Node, hub: Repository, after: int, code: int) -> None:
    def change(data: bytes, came: int) -> bytes:
        if came + len(data) > after:
            raise OSError(code, os.strerror(code))
        return data

    box.sources = [Faulty(hub.root, change)]
    assert box.sync().outcome == "cut"
    expect_then_good(box, hub)


def test_what_came_before_it_was_pulled_is_not_read_again(box: Node, hub: Repository) -> None:
    def pulled(data: bytes, came: int) -> bytes:
        if came + len(data) > 250_000:
            raise OSError(errno.EIO, "pulled")
        return data

    first = Faulty(hub.root, pulled)
    box.sources = [first]
    box.sync()
    second = FolderSource(hub.root)
    box.sources = [second]
    box.sync_well()
    assert box.lessons() == {"one": 2, "two": 2}
    assert first.came > 100_000
    assert second.traffic.bytes_in < 450_000 - first.came // 2


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_a_disk_that_says_something_else_each_time(box: Node, hub: Repository, every: int) -> None:
    count = iter(range(1_000_000))

    def lie(data: bytes, _: int) -> bytes:
        if data and next(count) % every == every - 1:
            return bytes([data[0] ^ 1]) + data[1:]
        return data

    box.sources = [Faulty(hub.root, lie)]
    box.sync()
    expect_then_good(box, hub)


def test_a_disk_whose_second_reading_differs_from_the_first(box: Node, hub: Repository) -> None:
    seen: set[bytes] = set()

    def lie(data: bytes, _: int) -> bytes:
        known = data in seen
        seen.add(data)
        return bytes(len(data)) if known else data

    box.sources = [Faulty(hub.root, lie)]
    box.sync()
    box.sync()
    expect_then_good(box, hub)


def test_a_disk_whose_timestamp_changes_while_it_is_read(box: Node, hub: Repository) -> None:
    first = hub.read(TIMESTAMP)
    hub.sign()

    def swap(data: bytes, came: int) -> bytes:
        return first if data == hub.read(TIMESTAMP) and came == 0 else data

    box.sources = [Faulty(hub.root, swap)]
    box.sync()
    expect_then_good(box, hub)


def test_a_folder_that_nobody_may_read(box: Node, hub: Repository) -> None:
    class Closed(FolderSource):
        def _open(self, path: str, flags: int) -> int:
            if path.startswith("bundles/"):
                raise PermissionError(errno.EACCES, "Permission denied")
            return super()._open(path, flags)

    box.sources = [Closed(hub.root)]
    box.sync()
    assert box.lessons() == {"one": 1, "two": 1}
    expect_then_good(box, hub)


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_a_stick_that_is_pulled_in_the_middle(
    box: Node, hub: Repository, tmp_path: Path, blocks: int
) -> None:
    stick = plugged_in(hub, tmp_path / "media" / "stick")
    told: list[object] = []

    def pull(running: object) -> None:
        told.append(running)
        if len(told) == blocks:
            stick.rename(tmp_path / "in a pocket")

    disks = CourierDisks()
    sync_once(box.data_dir, clock=lambda: box.now, progress=pull, disks=disks)
    assert visit(box).state == "pulled"
    (tmp_path / "in a pocket").rename(stick)
    assert disks.has_news(), "put in again, it goes on"
    sync_once(box.data_dir, clock=lambda: box.now, disks=disks)
    assert visit(box).state == "done"
    assert box.lessons() == {"one": 2, "two": 2}
    box.check_nothing_false()


@pytest.mark.parametrize("of_it", ["damaged", "empty", "huge", "link", "pipe", "folder", "missing"])
def test_whatever_courier_json_is_a_good_repository_is_taken(
    box: Node, hub: Repository, tmp_path: Path, of_it: str
) -> None:
    stick = plugged_in(hub, tmp_path / "media" / "stick")
    mark = stick / courier.MARK
    mark.unlink()
    if of_it == "link":
        mark.symlink_to("/etc/passwd")
    elif of_it == "pipe":
        os.mkfifo(mark)
    elif of_it == "folder":
        mark.mkdir()
    elif of_it != "missing":
        mark.write_bytes(b"{" if of_it == "damaged" else b"")
        os.truncate(mark, 1 << 33 if of_it == "huge" else mark.stat().st_size)
    sync_once(box.data_dir, clock=lambda: box.now)
    assert box.lessons() == {"one": 2, "two": 2}


def test_a_repository_at_the_top_of_a_disk_is_taken(
    box: Node, hub: Repository, tmp_path: Path
) -> None:
    hub.copy_to(tmp_path / "media" / "plain")
    sync_once(box.data_dir, clock=lambda: box.now)
    assert box.lessons() == {"one": 2, "two": 2}
    assert visit(box).state == "done"


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_sticks_the_newer_counts(
    box: Node, hub: Repository, tmp_path: Path, names: tuple[str, str]
) -> None:
    newer, older = names
    plugged_in(hub, tmp_path / "media" / newer)
    other = plugged_in(hub, tmp_path / "media" / older)
    for path in (other / courier.REPOSITORY / "metadata").glob("*.json"):
        if path.name[0] in "3456789" or path.name == "timestamp.json":
            path.unlink()
    sync_once(box.data_dir, clock=lambda: box.now)
    sync_once(box.data_dir, clock=lambda: box.now)
    assert box.lessons() == {"one": 2, "two": 2}


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_foreign_stick_keeps_no_good_one_back(
    box: Node, hub: Repository, tmp_path: Path, names: tuple[str, str]
) -> None:
    foreign = Repository(tmp_path / "foreign", channels=("main",))
    (tmp_path / "of another").mkdir()
    foreign.offer("main", publish(foreign, tmp_path / "of another", version=9))
    plugged_in(foreign, tmp_path / "media" / names[0])
    plugged_in(hub, tmp_path / "media" / names[1])
    sync_once(box.data_dir, clock=lambda: box.now)
    assert box.lessons() == {"one": 2, "two": 2}
    assert all(each.may_be_pulled for each in courier_visits.read(box.data_dir))


@needs_mounts
def test_a_read_only_stick_is_taken_and_harmed_by_nothing(
    box: Node, hub: Repository, tmp_path: Path
) -> None:
    with file_system(tmp_path / "media", mebibytes=32) as disk:
        plugged_in(hub, disk.place / "x")
        for path in (disk.place / "x").iterdir():
            path.rename(disk.place / path.name)
        disk.unmount()
        disk.mount(read_only=True)
        sync_once(box.data_dir, clock=lambda: box.now)
        assert box.lessons() == {"one": 2, "two": 2}
        assert visit(box).may_be_pulled


@needs_mounts
def test_a_full_stick_is_taken(box: Node, hub: Repository, tmp_path: Path) -> None:
    with file_system(tmp_path / "media", mebibytes=32) as disk:
        plugged_in(hub, disk.place / "x")
        for path in (disk.place / "x").iterdir():
            path.rename(disk.place / path.name)
        disk.fill()
        sync_once(box.data_dir, clock=lambda: box.now)
        assert box.lessons() == {"one": 2, "two": 2}
        assert visit(box).may_be_pulled


@needs_mounts
def test_a_disk_that_dies_while_it_is_read(box: Node, hub: Repository, tmp_path: Path) -> None:
    with file_system(tmp_path / "media", mebibytes=32) as disk:
        plugged_in(hub, disk.place / "x")
        for path in (disk.place / "x").iterdir():
            path.rename(disk.place / path.name)
        os.sync()
        disk.unmount()
        disk.mount()
        died: list[object] = []

        def die(running: object) -> None:
            if not died:
                disk.die()
            died.append(running)

        sync_once(box.data_dir, clock=lambda: box.now, progress=die)
        assert visit(box).may_be_pulled
        box.check_nothing_false()
    shutil.rmtree(tmp_path / "media")
    expect_then_good(box, hub)


@needs_mounts
@pytest.mark.parametrize("of_it", ["full", "read-only"])
def test_a_box_whose_own_disk_is(box: Node, hub: Repository, tmp_path: Path, of_it: str) -> None:
    """The stick is good: nothing of it is lost, and it is taken once the box's disk is well."""
    plugged_in(hub, tmp_path / "media" / "stick")
    (tmp_path / "own").mkdir()
    with file_system(tmp_path / "own", mebibytes=256) as disk:
        there = Node(Path(shutil.copytree(box.data_dir.root, disk.place / "box")), [])
        os.sync()
        if of_it == "full":
            disk.fill()
        else:
            disk.turn_read_only()
        with contextlib.suppress(StorageFailed):
            assert sync_once(there.data_dir, clock=lambda: box.now).outcome == "storage"
        if of_it == "full":
            disk.make_room()
        else:
            disk.unmount()
            disk.mount()
        sync_once(there.data_dir, clock=lambda: box.now)
        assert there.lessons() == {"one": 2, "two": 2}
        there.check_nothing_false()
        assert visit(there).state == "done"
