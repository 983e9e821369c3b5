"""What a node exports is as good as the hub's own stick, or it says what isn't whole."""

import os
from pathlib import Path

import msgspec
import pytest

from content_packs import courier
from content_packs import repository as places
from content_packs.digests import digest_of
from content_packs.errors import Missing, Refused, SatchelError, StorageFailed
from content_packs.stick import Stick
from sync_node.courier_export import export
from sync_node.courier_papers import Exchanged
from sync_node.exporting import Exported
from sync_node.folder_source import FolderSource
from sync_node.held_folder import HeldFolder
from sync_node.source import Source
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository
from tests.support.sticks import Disk, pulled_after


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def run(node: Node, stick: Path, disk: Disk | None = None) -> tuple[Exported, Exchanged]:
    on = Stick(stick, disk) if disk else Stick(stick)
    return export(node.data_dir, on, clock=lambda: node.now, lock_wait_seconds=0)


def sources_of(stick: Path) -> list[Source]:
    return [FolderSource(stick / courier.REPOSITORY), HeldFolder(stick / courier.HELD)]


def updated_by(stick: Path, repository: Repository, folder: Path) -> Node:
    """Another school's node, after a tick with nothing but this stick."""
    other = Node(folder, sources_of(stick)).initialise(repository)
    other.sync_well()
    other.check_nothing_false()
    return other


@pytest.fixture
def synced(node: Node, repository: Repository, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path, version=1, video_bytes=300_000))
    node.sync_well()
    return node


def test_another_school_is_updated_from_what_a_node_exported(
    synced: Node, stick: Path, repository: Repository, tmp_path: Path
) -> None:
    done, _ = run(synced, stick)
    assert done.not_whole == {}
    other = updated_by(stick, repository, tmp_path / "other")
    assert other.lessons() == synced.lessons()
    assert other.store() == synced.store()


def test_every_byte_is_the_one_that_the_hub_wrote(
    synced: Node, stick: Path, repository: Repository
) -> None:
    run(synced, stick)
    found = [path for path in (stick / courier.REPOSITORY).rglob("*") if path.is_file()]
    assert len(found) == 8
    for path in found:
        place = path.relative_to(stick / courier.REPOSITORY).as_posix()
        assert places.is_place(place)
        assert path.read_bytes() == repository.read(place)


def test_courier_json_names_what_was_there_too(synced: Node, stick: Path) -> None:
    run(synced, stick)
    first = courier.decode((stick / courier.MARK).read_bytes())
    run(synced, stick)
    assert courier.decode((stick / courier.MARK).read_bytes()).files == first.files


def test_a_second_export_writes_the_timestamp_alone(synced: Node, stick: Path) -> None:
    first, _ = run(synced, stick)
    again, _ = run(synced, stick)
    assert (again.files, again.there + again.size) == (1, first.size)


def test_what_came_as_a_delta_is_passed_on_by_digest(
    synced: Node, stick: Path, repository: Repository, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path, 1, version=2, video_bytes=300_000, seeds={"two": 5})
    repository.offer("main", offer)
    synced.sync_well()
    done, _ = run(synced, stick)
    assert done.not_whole == {}
    for path in (stick / courier.HELD / "files").glob("*/*"):
        assert digest_of(path.read_bytes()) == path.name
    other = updated_by(stick, repository, tmp_path / "other")
    assert other.lessons() == synced.lessons()
    assert other.store().items() < synced.store().items(), "what only version 1 has stays behind"


def test_an_older_node_is_updated_by_digest(
    synced: Node, stick: Path, repository: Repository, tmp_path: Path
) -> None:
    run(synced, stick)
    older = updated_by(stick, repository, tmp_path / "other")
    offer = publish(repository, tmp_path, 1, version=2, video_bytes=300_000, seeds={"two": 5})
    repository.offer("main", offer)
    synced.sync_well()
    run(synced, stick)
    older.sync_well()
    assert older.lessons() == synced.lessons()
    older.check_nothing_false()


def test_a_file_that_is_gone_is_said_and_the_rest_is_passed_on(
    synced: Node, stick: Path, repository: Repository, tmp_path: Path
) -> None:
    [path, *_] = [
        each for each in synced.data_dir.store.glob("*/*") if each.read_bytes().startswith(b"<")
    ]
    path.unlink()
    done, _ = run(synced, stick)
    assert "isn't here" in "".join(done.not_whole.values())
    assert not list((stick / courier.REPOSITORY).glob("bundles/*"))
    other = Node(tmp_path / "other", sources_of(stick)).initialise(repository)
    other.sync()
    other.check_nothing_false()
    assert other.store() == synced.store()
    assert 0 < len(other.lessons()) < len(synced.lessons())


def test_a_rendition_that_isnt_held_is_no_fault(synced: Node, stick: Path) -> None:
    max(synced.data_dir.store.glob("*/*"), key=lambda each: each.stat().st_size).unlink()
    done, _ = run(synced, stick)
    assert done.not_whole == {}
    assert list((stick / courier.HELD).glob("files/*/*"))


def test_a_file_that_rotted_gets_onto_no_stick(synced: Node, stick: Path) -> None:
    for path in synced.data_dir.store.glob("*/*"):
        path.chmod(0o644)
        path.write_bytes(os.urandom(path.stat().st_size))
    done, _ = run(synced, stick)
    assert done.not_whole
    assert not list((stick / courier.REPOSITORY).glob("bundles/*"))
    assert not list((stick / courier.HELD).glob("files/*/*"))


def test_before_the_first_sync_there_is_nothing_to_pass_on(node: Node, stick: Path) -> None:
    with pytest.raises(Missing, match="no repository"):
        run(node, stick)
    assert list(stick.iterdir()) == []


def test_another_hubs_stick_is_left_alone(synced: Node, stick: Path, tmp_path: Path) -> None:
    foreign = Repository(tmp_path / "foreign", channels=("main",))
    (stick / courier.FOLDER).mkdir()
    foreign.copy_to(stick / courier.REPOSITORY)
    with pytest.raises(Refused, match="another hub"):
        run(synced, stick)
    assert (stick / courier.REPOSITORY / places.TIMESTAMP).read_bytes() == foreign.read(
        places.TIMESTAMP
    )


def test_while_a_tick_is_at_work_it_waits(synced: Node, stick: Path) -> None:
    with synced.opened(), pytest.raises(Refused):
        run(synced, stick)


def test_without_room_for_the_metadata_it_says_so(synced: Node, stick: Path) -> None:
    class Full(Stick):
        def room(self) -> courier.Room:
            return courier.Room(10_000)

    with pytest.raises(StorageFailed):
        export(synced.data_dir, Full(stick), clock=lambda: synced.now)
    assert list(stick.iterdir()) == []


def test_pulled_at_any_moment_it_holds_nothing_false_and_a_second_run_goes_on(
    synced: Node, repository: Repository, tmp_path: Path
) -> None:
    disk = Disk()
    (tmp_path / "counted").mkdir()
    run(synced, tmp_path / "counted", disk)
    step = max(len(disk.calls) // 20, 1)
    for number in range(1, len(disk.calls), step):
        pulled = tmp_path / f"pulled-{number}"
        pulled.mkdir()
        with pytest.raises(SatchelError):
            run(synced, pulled, pulled_after(number))
        timestamp = pulled / courier.REPOSITORY / places.TIMESTAMP
        if timestamp.exists():
            updated_by(pulled, repository, tmp_path / f"early-{number}")
        run(synced, pulled)
        assert updated_by(pulled, repository, tmp_path / f"late-{number}").lessons()


def test_what_is_said_can_be_read_by_scripts(synced: Node, stick: Path) -> None:
    done, left = run(synced, stick)
    assert msgspec.to_builtins(done)["files"] == 8
    assert msgspec.to_builtins(left)["claim"] is False
