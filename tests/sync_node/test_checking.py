"""`check` finds rot, says so, and leaves a node that the next sync makes whole again."""

from pathlib import Path

import msgspec
import pytest

from content_packs import digests, manifest
from sync_node import checking
from sync_node.checking import Findings
from sync_node.database import close_database, creating_database
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
