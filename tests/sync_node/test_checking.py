"""`check` finds rot, says so, and leaves a node that the next sync makes whole again."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from playhouse.shortcuts import model_to_dict

from content_packs import digests, manifest
from sync_node import checking, state, trusted_time
from sync_node.checking import Findings, is_rotten
from sync_node.database import close_database, creating_database
from sync_node.models import LessonRow
from sync_node.rollback import roll_back
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository


def check(node: Node) -> Findings:
    return checking.check(node.data_dir, node.config, now=node.now)


def digest_of(repository: Repository, path: str, version: int = 1) -> str:
    return repository.published["demo", version].manifest.by_path[path].digest


def rot(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.fixture
def synced(repository: Repository, node: Node, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_200_000))
    node.sync_well()
    return node


def test_finds_nothing_where_all_is_well(synced: Node) -> None:
    findings = check(synced)
    assert findings.clean
    assert findings.files == len(synced.store())
    assert findings.size == sum(len(data) for data in synced.store().values())
    assert synced.sync_well().traffic.requests == 1, "nothing is done again for having looked"


def test_rot_in_a_required_file_closes_its_lesson_until_it_is_fetched_again(
    repository: Repository, synced: Node
) -> None:
    digest = digest_of(repository, "one/picture.png")
    rot(synced.data_dir.store_path(digest))
    findings = check(synced)
    assert findings.rotten == [digest]
    assert not synced.data_dir.store_path(digest).exists(), "what rotted is served no more"
    assert findings.lessons == ["demo: lesson one is closed until its files are fetched again"]
    assert synced.lessons() == {"two": 1}
    synced.check_nothing_false()
    tick = synced.sync_well()
    assert synced.lessons() == {"one": 1, "two": 1}
    assert tick.traffic.bytes_in < 30_000
    assert check(synced).clean


def test_rot_in_a_finer_rendition_closes_nothing(repository: Repository, synced: Node) -> None:
    rot(synced.data_dir.store_path(digest_of(repository, "one/clip.480p.mp4")))
    assert len(check(synced).rotten) == 1
    assert synced.lessons() == {"one": 1, "two": 1}
    synced.sync_well()
    assert check(synced).clean


def test_rot_falls_back_to_the_version_before(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    repository.offer(
        "main", publish(repository, tmp_path, 1, version=2, video_bytes=1_200_000, seeds={"one": 9})
    )
    synced.sync_well()
    rot(synced.data_dir.store_path(digest_of(repository, "one/picture.png", 2)))
    assert check(synced).lessons == ["demo: lesson one went back from version 2 to 1"]
    assert synced.lessons() == {"one": 1, "two": 2}
    synced.check_nothing_false()
    synced.sync_well()
    assert synced.lessons() == {"one": 2, "two": 2}


@pytest.mark.parametrize("how", ["shorter", "empty", "missing", "a link"])
def test_every_way_to_lose_a_file(repository: Repository, synced: Node, how: str) -> None:
    path = synced.data_dir.store_path(digest_of(repository, "one/picture.png"))
    data = path.read_bytes()
    path.unlink()
    if how == "shorter":
        path.write_bytes(data[:-1])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "a link":
        (path.parent / "elsewhere").write_bytes(data)
        path.symlink_to(path.parent / "elsewhere")
    assert not check(synced).clean
    assert synced.lessons() == {"two": 1}
    synced.sync_well()
    assert synced.lessons() == {"one": 1, "two": 1}
    assert path.read_bytes() == data
    assert not path.is_symlink()


@pytest.mark.parametrize("how", ["a bit", "too long", "cut off", "a hole"])
def test_of_a_film_only_the_chunks_that_rotted_are_fetched_again(
    repository: Repository, node: Node, tmp_path: Path, how: str
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=6_000_000))
    node.sync_well()
    path = node.data_dir.store_path(digest_of(repository, "one/clip.240p.mp4"))
    data = path.read_bytes()
    path.chmod(0o644)
    if how == "a bit":
        rot(path)
    elif how == "too long":
        path.write_bytes(data + b"more")
    elif how == "cut off":
        path.write_bytes(data[:-10])
    else:
        path.write_bytes(data[:3_000_000] + bytes(4_096) + data[3_004_096:])
    assert len(check(node).rotten) == 1
    assert node.lessons() == {"two": 1}
    node.check_nothing_false()
    tick = node.sync_well()
    assert tick.traffic.bytes_in < 1_000_000 + 100_000, "one chunk of six million bytes"
    assert path.read_bytes() == data
    assert check(node).clean


def test_a_check_that_is_cut_off_is_finished_before_anything_else(
    repository: Repository, synced: Node
) -> None:
    """The lessons are closed and the files noted; then the power goes."""
    digest = digest_of(repository, "one/picture.png")
    path = synced.data_dir.store_path(digest)
    rot(path)
    with synced.opened():
        state.remember_rotten([digest])
        state.remember_settled("")
        LessonRow.delete().where(LessonRow.lesson == "one").execute()
    synced.sync_well()
    assert digests.digest_of(path.read_bytes()) == digest, "the rotten one wasn't taken for good"
    assert synced.lessons() == {"one": 1, "two": 1}


def test_a_file_that_only_seemed_to_rot_stays(tmp_path: Path) -> None:
    """A read that went wrong once: the second look finds the file as it should be."""
    path = tmp_path / "file"
    data = bytes(3_000_000)
    path.write_bytes(data)
    looks = []

    def heal(count: int) -> None:
        looks.append(count)
        if sum(looks) >= len(data):
            path.write_bytes(data)

    path.write_bytes(data[:-1] + b"x")
    assert not is_rotten(path, digests.digest_of(data), read=heal)
    assert len(looks) > 3, "it was read twice"


def test_a_rotten_manifest_is_fetched_again(repository: Repository, synced: Node) -> None:
    rot(next(synced.data_dir.manifests.iterdir()))
    findings = check(synced)
    assert findings.manifests == ["demo 1"]
    assert synced.lessons() == {}
    tick = synced.sync_well()
    assert synced.lessons() == {"one": 1, "two": 1}
    assert tick.traffic.bytes_in < 10_000, "the files themselves are here"
    assert repository.published["demo", 1].manifest.size > 1_000_000


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "another schema", "truncated"])
def test_node_db_is_made_anew_from_the_rest(synced: Node, damage: str) -> None:
    database = synced.data_dir.node_db
    data = database.read_bytes()
    if damage == "missing":
        database.unlink()
    elif damage == "empty":
        database.write_bytes(b"")
    elif damage == "garbage":
        database.write_bytes(b"not a database at all" * 500)
    elif damage == "another schema":
        database.write_bytes(data[:60] + (99).to_bytes(4, "big") + data[64:])
    else:
        database.write_bytes(data[: len(data) // 2])
    findings = check(synced)
    assert findings.rebuilt
    assert synced.lessons() == {"one": 1, "two": 1}
    assert synced.pack().offered_version == 1
    assert synced.sync_well().outcome in {"nothing-new", "updated"}


def test_a_new_schema_loses_neither_ticks_nor_the_time(repository: Repository, node: Node) -> None:
    repository.signed_at = "2026-05-20T00:00:00Z"
    repository.sign()
    node.sync_well()
    ticks = [model_to_dict(tick) for tick in node.ticks()]
    data = bytearray(node.data_dir.node_db.read_bytes())
    data[60:64] = (99).to_bytes(4, "big")
    node.data_dir.node_db.write_bytes(data)
    with node.opened():
        known = state.time_known()
    assert known
    assert trusted_time.proven(known) == datetime(2026, 5, 20, tzinfo=UTC)
    assert [model_to_dict(tick) for tick in node.ticks()] == ticks


def test_a_rebuild_that_is_cut_off_is_done_again_without_any_source(synced: Node) -> None:
    synced.data_dir.node_db.unlink()
    with pytest.raises(KeyboardInterrupt), creating_database(synced.data_dir):
        raise KeyboardInterrupt
    close_database()
    assert synced.lessons() == {"one": 1, "two": 1}


def test_a_second_manifest_of_a_version_is_left_aside(repository: Repository, synced: Node) -> None:
    found = repository.published["demo", 1].manifest
    for licence in ("CC0-1.0", "MIT", "GPL-3.0"):
        lie = manifest.encode(msgspec.structs.replace(found, licence=licence, lessons=()))
        synced.data_dir.manifest_path(digests.digest_of(lie)).write_bytes(lie)
    synced.data_dir.node_db.unlink()
    assert synced.lessons() == {"one": 1, "two": 1}


def test_a_rebuilt_node_knows_the_version_before(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path, 1, version=2, lessons=("one", "three"))
    repository.offer("main", offer)
    synced.sync_well()
    synced.data_dir.node_db.unlink()
    check(synced)
    assert synced.lessons() == {"one": 2, "three": 2}
    with synced.opened():
        done = roll_back(synced.data_dir, "demo", now=synced.now)
    assert done.now_at == 1
    assert synced.lessons() == {"one": 1, "two": 1}


def test_a_rebuilt_node_in_the_middle_of_an_update_keeps_old_lessons_open(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path, 1, version=2, video_bytes=1_200_000, seeds={"two": 50})
    repository.offer("main", offer)
    (repository.root / "bundles").rename(tmp_path / "away")
    assert synced.sync().outcome == "invalid"
    before = synced.lessons()
    assert before == {"one": 2, "two": 1}
    synced.data_dir.node_db.unlink()
    check(synced)
    assert synced.lessons() == before


def test_a_rebuilt_node_opens_nothing_before_its_time(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    offer = publish(repository, tmp_path, 1, version=2, video_bytes=1_200_000, seeds={"one": 9})
    later = msgspec.structs.replace(offer, activate_at="2026-09-01T06:00:00Z")
    repository.offer("main", later)
    assert synced.sync().outcome == "waiting"
    synced.data_dir.node_db.unlink()
    assert check(synced).rebuilt
    assert synced.lessons() == {"one": 1, "two": 1}
    assert synced.sync().outcome == "waiting"
    assert synced.lessons() == {"one": 1, "two": 1}
    synced.data_dir.node_db.unlink()
    synced.now = datetime(2026, 9, 2, tzinfo=UTC)
    repository.now = synced.now
    repository.sign()
    assert check(synced).rebuilt
    assert synced.lessons() == {"one": 2, "two": 2}


def test_a_rebuilt_node_stays_where_a_person_put_it(
    repository: Repository, synced: Node, tmp_path: Path
) -> None:
    for version in (2, 3):
        offer = publish(repository, tmp_path, 1, version=version, seeds={"one": version})
        repository.offer("main", offer)
        if version == 2:
            synced.sync_well()
            with synced.opened():
                roll_back(synced.data_dir, "demo", now=synced.now)
            synced.data_dir.node_db.unlink()
            assert check(synced).rebuilt
            assert synced.lessons() == {"one": 1, "two": 1}
            assert synced.sync_well().outcome in {"nothing-new", "updated"}
            assert synced.lessons() == {"one": 1, "two": 1}
            assert synced.pack().held_version == 1
    synced.sync_well()
    assert synced.lessons() == {"one": 3, "two": 3}, "until something newer is offered"


def test_damaged_choices_are_said(synced: Node) -> None:
    synced.data_dir.choices.write_bytes(b"{")
    findings = check(synced)
    assert "choices.json" in findings.choices
    assert not findings.clean


def test_damaged_metadata_is_said_and_heals(synced: Node) -> None:
    rot(synced.data_dir.trust / "c-main.json")
    assert check(synced).metadata
    synced.now = synced.now.replace(minute=1)
    with synced.opened():
        pass
    assert synced.sync().outcome in {"nothing-new", "updated"}


def test_nothing_was_synced_yet(node: Node) -> None:
    assert check(node).clean


def test_progress_counts_bytes(synced: Node) -> None:
    seen: list[tuple[int, int]] = []
    checking.check(
        synced.data_dir,
        synced.config,
        now=synced.now,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
