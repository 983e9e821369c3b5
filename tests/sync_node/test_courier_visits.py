"""A disk is noticed, read, written to, and may be pulled; each once, and said."""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from content_packs import courier, enrolment_codes
from content_packs.errors import UsageError
from content_packs.stick import Stick
from sync_node import config, courier_visits, enrolment
from sync_node.courier_disks import CourierDisks, find
from sync_node.courier_export import export
from sync_node.courier_sayings import in_words
from sync_node.data_dir import DataDir
from sync_node.engine_main import sleep_until_asked
from sync_node.hardware import Hardware
from sync_node.limits import ORDERS_SECONDS
from sync_node.orders import Orders
from sync_node.progress_file import Progress, Running
from sync_node.supervising import engine_command
from sync_node.syncing import sync_once
from tests.support import node_process
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def box(repository: Repository, tmp_path: Path, media: Path) -> Node:
    """A node that never saw a network, and looks for disks under `media`."""
    made = Node(tmp_path / "box", []).initialise(repository)
    found = config.read(made.data_dir)
    named = msgspec.structs.replace(
        found, sources=(config.SourceConfig(folder="/nowhere"),), couriers=(str(media),)
    )
    config.write(made.data_dir, named)
    return made


def stick_at(place: Path, repository: Repository) -> Path:
    (place / courier.FOLDER).mkdir(parents=True)
    repository.copy_to(place / courier.REPOSITORY)
    (place / courier.MARK).write_bytes(courier.encode(courier.Courier()))
    return place


def visit(box: Node) -> courier_visits.Visit:
    return courier_visits.read(box.data_dir)[0]


def test_a_disk_that_another_school_filled_after_its_update_is_as_good(
    box: Node, node: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    for version in (1, 2):
        seeds = {"two": version}
        earlier = range(1, version)
        offer = publish(repository, tmp_path, *earlier, version=version, seeds=seeds)
        repository.offer("main", offer)
        node.sync_well()
    (media / "stick").mkdir()
    export(node.data_dir, Stick(media / "stick"), clock=lambda: node.now, lock_wait_seconds=0)
    tick = sync_once(box.data_dir, disks=CourierDisks())
    assert box.lessons() == node.lessons() == {"one": 2, "two": 2}, tick.detail
    assert (visit(box).state, visit(box).trouble) == ("done", "")
    held = sum(path.stat().st_size for path in (media / "stick" / courier.HELD).rglob("*.*"))
    assert visit(box).bytes_in > held > 0


@pytest.mark.parametrize("at", ["stick", "pupil/stick", ""])
def test_a_disk_is_found_wherever_systems_mount_them(
    media: Path, repository: Repository, at: str
) -> None:
    place = stick_at(media / at, repository)
    [found] = find([media, media / "not-there"])
    assert (found.root, found.repository) == (place, place / courier.REPOSITORY)


def test_a_plain_repository_is_found_too(media: Path, repository: Repository) -> None:
    repository.copy_to(media / "plain")
    [found] = find([media])
    assert found.repository == media / "plain"


def test_what_is_no_couriers_disk_is_passed_by(media: Path, tmp_path: Path) -> None:
    (media / "photos" / "2026").mkdir(parents=True)
    (media / "file").write_bytes(b"x")
    (tmp_path / "elsewhere" / "satchel").mkdir(parents=True)
    (tmp_path / "elsewhere" / "satchel" / "courier.json").write_bytes(b"{}")
    (media / "link").symlink_to(tmp_path / "elsewhere")
    (media / "linked").mkdir()
    (media / "linked" / "satchel").symlink_to(tmp_path / "elsewhere" / "satchel")
    (media / "secret").mkdir(mode=0)
    assert find([media]) == []


def test_a_disk_is_dealt_with_once_until_it_was_away(
    media: Path, repository: Repository, tmp_path: Path
) -> None:
    place = stick_at(media / "stick", repository)
    disks = CourierDisks([media])
    [disk] = disks.waiting()
    assert disks.has_news()
    disks.done(disk)
    assert not disks.has_news()
    place.rename(tmp_path / "away")
    assert disks.waiting() == []
    (tmp_path / "away").rename(place)
    assert disks.waiting() == [disk]


def test_one_that_cannot_be_read_is_tried_a_few_times(media: Path, repository: Repository) -> None:
    stick_at(media / "stick", repository)
    disks = CourierDisks([media])
    [disk] = disks.waiting()
    assert [disks.failed(disk) for _ in range(3)] == [True, True, False]
    assert disks.waiting() == []


def test_what_a_courier_wrote_anew_meanwhile_is_news(media: Path, repository: Repository) -> None:
    place = stick_at(media / "stick", repository)
    disks = CourierDisks([media])
    disks.done(disks.waiting()[0])
    (place / courier.MARK).write_bytes(courier.encode(courier.Courier(by="a newer run")))
    assert disks.has_news()


def test_a_school_without_a_network_is_updated_and_told_when_to_pull(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, version=1, video_bytes=50_000))
    stick_at(media / "stick", repository)
    disks = CourierDisks()
    tick = sync_once(box.data_dir, disks=disks)
    assert box.lessons() == {"one": 1, "two": 1}, tick.detail
    said = visit(box)
    assert (said.state, said.lessons, said.trouble) == ("done", 2, "")
    assert said.bytes_in > 100_000
    assert said.may_be_pulled
    assert disks.waiting() == []
    assert sync_once(box.data_dir, disks=disks).traffic.bytes_in == 0, "it isn't read again"


def claim(box: Node) -> None:
    """Have a claim that waits to be carried."""
    code = enrolment_codes.generate(secrets.token_bytes(enrolment_codes.CODE_RANDOM_BYTES))
    enrolment.begin(box.data_dir, code, Hardware(), randomness=secrets.token_bytes)


def test_a_stick_with_letters_alone_is_a_couriers_too(box: Node, media: Path) -> None:
    (media / "stick" / courier.FOLDER).mkdir(parents=True)
    (media / "stick" / courier.MARK).write_bytes(courier.encode(courier.Courier()))
    claim(box)
    sync_once(box.data_dir)
    assert (visit(box).state, visit(box).claim) == ("done", True)
    assert len(list((media / "stick" / courier.UP).glob("*/claim.json"))) == 1


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_root_that_rotted_makes_no_stick_another_hubs(
    box: Node, media: Path, repository: Repository, tmp_path: Path, where: str
) -> None:
    repository.new_root()
    repository.offer("main", publish(repository, tmp_path, version=1))
    place = stick_at(media / "stick", repository)
    sync_once(box.data_dir)
    root = box.data_dir.trust if where == "here" else place / courier.REPOSITORY / "metadata"
    assert (root / "2.root.json").is_file()
    (root / "1.root.json").write_bytes((root / "1.root.json").read_bytes()[:-9])
    claim(box)
    sync_once(box.data_dir)
    assert (visit(box).state, visit(box).claim) == ("done", True), visit(box).trouble


def test_a_box_whose_key_is_damaged_reads_a_disk_once_and_says_why(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    claim(box)
    next(box.data_dir.identity.glob("*/key.pem")).write_bytes(b"rotten")
    repository.offer("main", publish(repository, tmp_path, version=1))
    stick_at(media / "stick", repository)
    disks = CourierDisks()
    assert sync_once(box.data_dir, disks=disks).outcome == "updated"
    assert (visit(box).state, visit(box).may_be_pulled) == ("kept-back", True)
    assert "key.pem" in visit(box).trouble
    assert not disks.has_news(), "the next tick comes when it is due, not at once and for ever"


def test_nothing_is_left_in_a_folder_that_merely_holds_a_repository(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, version=1))
    plain = repository.copy_to(media / "mirror")
    claim(box)
    sync_once(box.data_dir)
    assert box.lessons() == {"one": 1, "two": 1}
    assert not (plain / courier.FOLDER).exists()


def test_a_foreign_stick_changes_nothing_and_says_why(
    box: Node, media: Path, tmp_path: Path
) -> None:
    foreign = Repository(tmp_path / "foreign", channels=("main",))
    foreign.offer("main", publish(foreign, tmp_path, version=9))
    stick_at(media / "stick", foreign)
    sync_once(box.data_dir)
    assert box.lessons() == {}
    said = visit(box)
    assert said.state == "failed"
    assert "another hub's" in said.trouble


def test_a_stick_that_is_gone_before_its_end_is_said(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, version=1))
    place = stick_at(media / "stick", repository)
    (place / courier.REPOSITORY / "metadata").chmod(0o755)
    shutil.move(place / courier.REPOSITORY / "bundles", tmp_path / "gone")

    def pull(_: object) -> None:
        shutil.rmtree(place, ignore_errors=True)

    sync_once(box.data_dir, progress=pull)
    assert visit(box).may_be_pulled
    box.check_nothing_false()


def test_what_an_earlier_process_began_is_in_use_no_more(box: Node) -> None:
    courier_visits.note(box.data_dir, courier_visits.Visit("/media/stick", "reading", "2026"))
    sync_once(box.data_dir)
    assert visit(box).state == "failed"


def test_a_damaged_record_of_visits_is_none(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    for data in (b"", b"{", b"[1]", b'[{"place":"/x","state":"odd","at":""}]', b"\xff"):
        (tmp_path / courier_visits.NAME).write_bytes(data)
        assert courier_visits.read(data_dir) == ()
    courier_visits.note(data_dir, courier_visits.Visit("/x", "done", "2026", trouble="y" * 1_000))
    assert len(courier_visits.read(data_dir)[0].trouble) == 400


def test_only_the_newest_visits_are_kept(tmp_path: Path) -> None:
    for number in range(9):
        courier_visits.note(DataDir(tmp_path), courier_visits.Visit(f"/{number}", "done", "2026"))
    assert [each.place for each in courier_visits.read(DataDir(tmp_path))] == [
        "/8", "/7", "/6", "/5",
    ]  # fmt: skip


def test_the_engine_wakes_up_when_a_disk_comes(
    box: Node, media: Path, repository: Repository
) -> None:
    slept: list[float] = []
    disks = CourierDisks([media])

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            stick_at(media / "stick", repository)

    wait = sleep_until_asked(
        Orders(box.data_dir), sleep=sleep, monotonic=lambda: float(sum(slept)), news=disks.has_news
    )
    wait(900.0)
    assert sum(slept) <= 3 * ORDERS_SECONDS


def test_status_says_it_to_people_and_to_scripts(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, version=1))
    place = stick_at(media / "stick", repository)
    sync_once(box.data_dir)
    shown = node_process.run("status", "--data", box.root)
    assert f"courier's disk at {place}" in shown.stdout
    assert "may be pulled" in shown.stdout
    said = json.loads(node_process.run("status", "--json", "--data", box.root).stdout)
    assert (said["couriers"][0]["state"], said["couriers"][0]["may_be_pulled"]) == ("done", True)


def test_status_says_how_far_a_disk_is_that_is_being_read() -> None:
    running = Running(1, 0.0, 1e6, Progress("demo", 2, 41_000_000, 212_000_000, 1, 3))
    reading = courier_visits.Visit("/media/x", "reading", "2026-09-01T06:01:00Z")
    assert "don't pull it (41.0 MB of 212.0 MB have come)" in in_words(reading, running)
    done = msgspec.structs.replace(reading, state="done", batches=1)
    assert in_words(done, running).endswith("may be pulled (left for the hub: 1 batch)")


def test_export_as_a_command(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, version=1))
    stick_at(media / "stick", repository)
    sync_once(box.data_dir)
    other = tmp_path / "other"
    other.mkdir()
    done = node_process.run("export", other, "--data", box.root)
    assert "written and read back" in done.stdout, done.stderr
    assert "It may be unmounted and pulled" in done.stdout
    again = json.loads(node_process.run("export", other, "--json", "--data", box.root).stdout)
    assert (again["files"], again["not_whole"]) == (1, {})


def test_no_couriers_are_looked_for_where_none_are_wanted(
    box: Node, media: Path, repository: Repository
) -> None:
    stick_at(media / "stick", repository)
    found = config.read(box.data_dir)
    config.write(box.data_dir, msgspec.structs.replace(found, couriers=()))
    assert config.read(box.data_dir).couriers == ()
    sync_once(box.data_dir)
    assert courier_visits.read(box.data_dir) == ()


@pytest.mark.parametrize("folders", [("media",), ("/a\0b",), tuple(f"/{n}" for n in range(17))])
def test_folders_that_cannot_be_are_refused(box: Node, folders: tuple[str, ...]) -> None:
    found = config.read(box.data_dir)
    with pytest.raises(UsageError, match="couriers"):
        config.check(msgspec.structs.replace(found, couriers=folders), what="node.toml")


def test_a_node_that_runs_notices_a_disk_by_itself(
    box: Node, media: Path, repository: Repository, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, version=1))
    engine = subprocess.Popen(
        engine_command(box.data_dir), stdin=subprocess.PIPE, env=node_process.environment()
    )
    try:
        wait_until(lambda: bool(node_ticks(box)))
        stick_at(tmp_path / "pocket", repository)
        (tmp_path / "pocket").rename(media / "stick")
        wait_until(lambda: any(v.state == "done" for v in courier_visits.read(box.data_dir)))
    finally:
        engine.terminate()
        engine.communicate(timeout=30)
    assert box.lessons() == {"one": 1, "two": 1}


def node_ticks(box: Node) -> str:
    shown = node_process.run("status", "--json", "--data", box.root)
    return "tick" if shown.returncode == 0 and json.loads(shown.stdout)["last_tick"] else ""


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it doesn't come to that"
        time.sleep(0.2)
