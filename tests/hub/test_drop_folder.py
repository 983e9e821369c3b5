"""What is dropped into a publisher's folder is published once it has settled, or says why not."""

import shutil
import threading
import time
from pathlib import Path

import pytest

from hub import drop_entries
from hub.drop_folder import DropFolder, Looks, dropped
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs.running import run_waiting
from hub.jobs.tables import JobRow
from hub.people.actor import Actor, of_this_machine
from hub.uploads.limits import DROP_SETTLED_SECONDS
from hub.versions import versions_of
from tests.support.folders import sound_folder

ANNA = Actor("anna", "publisher", "console", publisher="satchel")
BAO = Actor("bao", "publisher", "console", publisher="thief")


@pytest.fixture
def folder(hub: Hub) -> Path:
    return drop_entries.add_publisher(hub, of_this_machine(), "satchel")


def settle(looks: Looks, start: float = 0.0) -> None:
    """Look until what lies there has settled, and do the jobs that were started."""
    looks.look(start)
    looks.look(start + DROP_SETTLED_SECONDS)
    run_waiting(looks.hub)


def test_a_dropped_cpack_is_published_and_says_so(
    hub: Hub, folder: Path, cpacks: dict[str, Path]
) -> None:
    shutil.copy(cpacks["1"], folder / "demo.cpack")
    looks = Looks(hub)
    settle(looks)
    assert [found.published_by for found in versions_of(hub, "demo")] == ["drop-folder"]
    assert "demo 1 is published" in (folder / "demo.cpack.done.txt").read_text()
    (said,) = dropped(hub, ANNA)
    assert (said.name, said.state) == ("demo.cpack", "published")
    assert not dropped(hub, BAO)


def test_what_was_done_is_not_done_again(hub: Hub, folder: Path, cpacks: dict[str, Path]) -> None:
    shutil.copy(cpacks["1"], folder / "demo.cpack")
    settle(Looks(hub))
    looks = Looks(hub)  # the hub is started anew
    assert not looks.look(0)
    looks.look(DROP_SETTLED_SECONDS)
    assert not run_waiting(hub)


def test_a_dropped_folder_is_built_and_stays(hub: Hub) -> None:
    me = of_this_machine()
    sound = drop_entries.add_publisher(hub, me, "wushan-press")
    assert drop_entries.add_publisher(hub, me, "wushan-press") == sound  # there already
    (line, *_) = audit.entries(hub, most=2, event="drop-folder-added")
    assert (line.actor, line.reason) == (me.login, "wushan-press")
    made = sound_folder(sound / "maths")
    settle(Looks(hub))
    said = (sound / "maths.failed.txt", sound / "maths.done.txt")
    assert any(path.exists() for path in said)
    assert (made / "pack.toml").exists()


def test_what_fails_says_why_and_is_tried_again_when_it_changes(
    hub: Hub, folder: Path, cpacks: dict[str, Path]
) -> None:
    half = cpacks["1"].read_bytes()
    (folder / "demo.cpack").write_bytes(half[: len(half) // 2])
    looks = Looks(hub)
    settle(looks)
    said = (folder / "demo.cpack.failed.txt").read_text()
    assert said.startswith("demo.cpack: ")
    assert str(hub.data.root) not in said
    assert not looks.look(100)
    (folder / "demo.cpack").write_bytes(half)
    settle(looks, 200)
    assert (folder / "demo.cpack.done.txt").exists()
    assert not (folder / "demo.cpack.failed.txt").exists()


def test_removing_the_result_has_it_tried_once_more(
    hub: Hub, folder: Path, cpacks: dict[str, Path]
) -> None:
    shutil.copy(cpacks["1"], folder / "demo.cpack")
    looks = Looks(hub)
    settle(looks)
    (folder / "demo.cpack.done.txt").unlink()
    settle(looks, 100)
    assert "already" in (folder / "demo.cpack.done.txt").read_text()


def test_what_is_still_being_copied_is_left_alone(
    hub: Hub, folder: Path, cpacks: dict[str, Path]
) -> None:
    data = cpacks["1"].read_bytes()
    looks = Looks(hub)
    with (folder / "demo.cpack").open("wb") as file:
        file.write(data[:1000])
        file.flush()
        looks.look(0)
        assert looks.look(DROP_SETTLED_SECONDS)  # it stalls, but is open
        file.write(data[1000:])
    assert not run_waiting(hub)
    settle(looks, 100)
    assert versions_of(hub, "demo")


def test_another_publishers_pack_is_refused(
    hub: Hub, folder: Path, cpacks: dict[str, Path]
) -> None:
    shutil.copy(cpacks["thief-3"], folder / "x.cpack")
    settle(Looks(hub))
    assert "'thief'" in (folder / "x.cpack.failed.txt").read_text()


@pytest.mark.parametrize("name", [".x.cpack", "x.cpack.part", "x.cpack.filepart", "notes.txt"])
def test_what_is_no_pack_is_left_alone(hub: Hub, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    assert not list(drop_entries.entries(hub))


def test_a_link_to_elsewhere_is_not_followed(
    hub: Hub, folder: Path, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    (folder / "demo.cpack").symlink_to(cpacks["1"])
    (drop_entries.folder_of(hub) / "elsewhere").symlink_to(tmp_path)
    assert not list(drop_entries.entries(hub))
    assert drop_entries.publishers(hub) == ["satchel"]


def test_a_job_that_was_killed_is_told_beside_the_file(
    hub: Hub, folder: Path, cpacks: dict[str, Path]
) -> None:
    shutil.copy(cpacks["1"], folder / "demo.cpack")
    looks = Looks(hub)
    looks.look(0)
    looks.look(DROP_SETTLED_SECONDS)
    with hub.database.writing():
        JobRow.update(state="failed", problem="it needs more memory").execute()
    looks.look(DROP_SETTLED_SECONDS + 1)
    assert "it needs more memory" in (folder / "demo.cpack.failed.txt").read_text()


def test_the_watcher_is_told_of_what_comes(hub: Hub, folder: Path, cpacks: dict[str, Path]) -> None:
    seconds = [0.0]
    watcher = DropFolder(hub, print, monotonic=lambda: seconds[0])
    watcher.start()
    try:
        shutil.copy(cpacks["1"], folder / "demo.cpack")
        until = time.monotonic() + 20
        while not run_waiting(hub) and time.monotonic() < until:
            seconds[0] += DROP_SETTLED_SECONDS
            threading.Event().wait(0.2)
    finally:
        watcher.stop()
    assert (folder / "demo.cpack.done.txt").exists()


def test_a_disk_that_refuses_keeps_nothing_else_from_being_served(hub: Hub) -> None:
    drop_entries.folder_of(hub).symlink_to("nowhere")
    said: list[str] = []
    watcher = DropFolder(hub, said.append)
    watcher.start()
    watcher.stop()
    assert said
