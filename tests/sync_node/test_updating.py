"""Updates by deltas, by blocks, and by what lies on the node: no byte that is held is fetched."""

import os
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from content_packs.delta import FIRST_BYTES, MAGIC, START_BYTES, head_size
from content_packs.digests import digest_of
from content_packs.limits import (
    BLOCK_STORED_BYTES_MAX,
    DELTA_RECIPE_BYTES_MAX,
    MANIFEST_STORED_BYTES_MAX,
)
from content_packs.repository import bundle_path
from sync_node.disk import disk_free
from sync_node.folder_source import FolderSource
from sync_node.plan_model import Plan
from sync_node.planning import plan_on_disk
from sync_node.sources import Sources
from tests.support.deltas import ARCHIVE, LESSONS, Witness, course, film, put_delta, rows
from tests.support.nodes import Node
from tests.support.repositories import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.offer("main", course(made, tmp_path, 1, videos={"one/clip.480p.mp4": film(1)}))
    return made


@pytest.fixture
def node(repository: Repository, tmp_path: Path) -> Node:
    """A node that has version 1."""
    made = Node(tmp_path / "node", [Witness(repository.root)]).initialise(repository)
    made.sync_well()
    return made


def update(
    repository: Repository, folder: Path, version: int = 2, *earlier: int, changed: float = 0.02
) -> None:
    """A footer in every page, an archive of which 2% changed, a film with another head, one new."""
    videos = {"one/clip.480p.mp4": film(version), "two/clip.480p.mp4": film(version, "other")}
    offer = course(
        repository, folder, version, *(earlier or (version - 1,)), videos=videos,
        footer=f"Edition {version}", archive=rows(version, changed=changed),
    )  # fmt: skip
    repository.offer("main", offer)


def fresh(node: Node, repository: Repository, **options: int) -> Witness:
    """The source of the node from here on, which has given nothing."""
    made = Witness(repository.root, **options)
    node.sources = [made]
    return made


def check_whole(node: Node, repository: Repository, version: int) -> None:
    manifest = repository.published["course", version].manifest
    assert node.lessons("course") == dict.fromkeys(LESSONS, version)
    assert {file.digest for file in manifest.files} <= node.store().keys()
    node.check_nothing_false()
    assert not list(node.data_dir.deltas.iterdir())
    assert not list(node.data_dir.incoming.iterdir())


def check_nothing_held_was_fetched(
    witness: Witness, repository: Repository, version: int, *held: int
) -> None:
    """Every block that was fetched has a chunk that none of the versions held has."""
    known = {
        chunk.digest
        for number in held
        for chunk in repository.published["course", number].manifest.chunk_table
    }
    found = repository.published["course", version]
    table = found.manifest.chunk_table
    for block in found.layout.blocks:
        path = bundle_path(found.layout.bundles[block.bundle].digest)
        came = any(
            first < block.offset + block.stored and block.offset < first + length
            for where, first, length in witness.gave
            if where == path
        )
        new = {table[n].digest for n in block.chunks if n >= 0} - known
        assert new or not came


def test_an_update_comes_by_its_delta_alone(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    update(repository, tmp_path)
    _, made = put_delta(repository, "course", 1, 2)
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 2)
    assert witness.twice() == {}
    assert {path.split("/")[0] for path, _, _ in witness.gave} == {"deltas", "bundles"}
    assert witness.bytes_of("deltas") == made.stored
    assert witness.bytes_of("bundles") == made.blocks_stored
    assert made.update_bytes < 2_700_000, "the new film, and little else"
    check_nothing_held_was_fetched(witness, repository, 2, 1)


def test_a_small_update_is_one_request(repository: Repository, node: Node, tmp_path: Path) -> None:
    videos = {"one/clip.480p.mp4": film(1)}
    offer = course(repository, tmp_path, 2, 1, videos=videos, typo="corrected")
    repository.offer("main", offer)
    put_delta(repository, "course", 1, 2)
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 2)
    assert [path.split("/")[0] for path, _, _ in witness.gave] == ["deltas"]
    assert witness.bytes_of("") < 1_000


def test_without_a_delta_it_comes_by_manifest_layout_and_blocks(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    update(repository, tmp_path)
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 2)
    assert {path.split("/")[0] for path, _, _ in witness.gave} == {
        "manifests", "layouts", "bundles",
    }  # fmt: skip
    assert witness.twice() == {}
    check_nothing_held_was_fetched(witness, repository, 2, 1)


def test_a_node_that_skipped_a_version(repository: Repository, node: Node, tmp_path: Path) -> None:
    update(repository, tmp_path)
    update(repository, tmp_path, 3, 1, 2)
    put_delta(repository, "course", 2, 3)
    _, made = put_delta(repository, "course", 1, 3)
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 3)
    assert witness.bytes_of("") == made.update_bytes
    assert witness.twice() == {}


def test_the_delta_from_the_version_before_does_where_the_newest_has_none(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    update(repository, tmp_path)
    node.sync_well()
    update(repository, tmp_path, 3, 1, 2)
    _, made = put_delta(repository, "course", 1, 3)
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 3)
    assert witness.bytes_of("deltas") <= made.stored
    assert witness.bytes_of("manifests") == 0


@pytest.mark.parametrize("place", ["magic", "head", "first group", "last"])
def test_a_damaged_delta_costs_its_bytes_and_no_more(
    repository: Repository, node: Node, tmp_path: Path, place: str
) -> None:
    update(repository, tmp_path)
    path, made = put_delta(repository, "course", 1, 2)
    data = bytearray(repository.read(path))
    size = head_size(bytes(data[:START_BYTES]))
    at = {"magic": 3, "head": size - 9, "first group": size + 9, "last": len(data) - 9}[place]
    data[at] ^= 0x55
    repository.write(path, bytes(data))
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 2)
    assert witness.twice().keys() <= {path}, "a bad unit is asked for once more, nothing else"
    assert witness.bytes_of("deltas") <= 2 * made.stored


def test_a_delta_that_says_that_its_head_is_long_costs_its_first_bytes(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    update(repository, tmp_path)
    path, _ = put_delta(repository, "course", 1, 2)
    sizes = struct.pack("<IIII", DELTA_RECIPE_BYTES_MAX, MANIFEST_STORED_BYTES_MAX, 0, 0)
    repository.write(path, MAGIC + sizes + bytes(DELTA_RECIPE_BYTES_MAX))
    os.truncate(repository.root / path, 40_000_000)
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 2)
    assert witness.bytes_of("deltas") == FIRST_BYTES


def test_a_wrong_delta_costs_its_bytes_and_no_more(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    """One that leads elsewhere, under the name of the one that is wanted."""
    update(repository, tmp_path)
    other, _ = put_delta(repository, "course", 1, 2)
    update(repository, tmp_path, 3, 1)
    path, _ = put_delta(repository, "course", 1, 3)
    repository.write(path, repository.read(other))
    witness = fresh(node, repository)
    node.sync_well()
    check_whole(node, repository, 3)
    assert witness.bytes_of("manifests") > 0
    assert witness.twice().keys() <= {path}


def test_a_rotten_old_file_is_replaced_by_blocks(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    update(repository, tmp_path)
    put_delta(repository, "course", 1, 2)
    old = repository.published["course", 1].manifest
    for path in ("three/intro.en.html", ARCHIVE):
        rotten = node.data_dir.store_path(old.by_path[path].digest)
        data = bytearray(rotten.read_bytes())
        data[1000] ^= 1
        rotten.chmod(0o644)
        rotten.write_bytes(data)
    fresh(node, repository)
    node.sync()
    manifest = repository.published["course", 2].manifest
    for path in ("three/intro.en.html", ARCHIVE):
        assert manifest.by_path[path].digest in node.store()
    assert set(node.lessons("course").values()) == {2}


@pytest.mark.parametrize("path", [ARCHIVE, "one/clip.480p.mp4", "three/intro.en.html"])
def test_an_old_file_that_cant_be_read_to_its_end_is_replaced_by_blocks(
    repository: Repository, node: Node, tmp_path: Path, path: str
) -> None:
    update(repository, tmp_path)
    put_delta(repository, "course", 1, 2)
    old = repository.published["course", 1].manifest.by_path[path]
    place = node.data_dir.store_path(old.digest)
    place.chmod(0o644)
    os.truncate(place, old.size // 2)
    fresh(node, repository)
    node.sync_well()
    new = repository.published["course", 2].manifest.by_path[path]
    assert digest_of(node.store()[new.digest]) == new.digest
    assert set(node.lessons("course").values()) == {2}


def test_no_old_file_stays_open(repository: Repository, node: Node, tmp_path: Path) -> None:
    update(repository, tmp_path)
    put_delta(repository, "course", 1, 2)
    opened: list[int] = []

    def free(folder: Path) -> int:
        places = []
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # as text
            with suppress(OSError):  # another thread may just have closed it
                places.append(os.readlink(f"/proc/self/fd/{name}"))  # noqa: PTH115  # as text
        opened.append(sum(place.startswith(str(node.data_dir.store)) for place in places))
        return disk_free(folder)

    fresh(node, repository)
    node.disk_free = free
    with node.opened():
        engine = node.engine(Sources(node.sources))
        engine.tick()
        free(node.root)
    check_whole(node, repository, 2)
    assert len(opened) > 2
    assert opened[-1] == 0


@pytest.mark.parametrize("part", [0.1, 0.3, 0.6])
def test_whoever_has_a_part_of_a_version_fetches_what_it_lacks(
    repository: Repository, tmp_path: Path, part: float
) -> None:
    size = repository.published["course", 1].offer.size
    witness = Witness(repository.root, left=int(size * part))
    node = Node(tmp_path / "partial", [witness]).initialise(repository)
    assert node.sync().outcome == "cut"
    update(repository, tmp_path)
    put_delta(repository, "course", 1, 2)
    witness.left = None
    node.sync_well()
    assert node.lessons("course") == dict.fromkeys(LESSONS, 2)
    node.check_nothing_false()
    again = sum(witness.twice().values())
    assert again <= BLOCK_STORED_BYTES_MAX, "a cut costs a block; all else is of use for version 2"


def test_what_another_pack_or_a_stick_brought_isnt_fetched(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    videos = {"one/clip.480p.mp4": film(1)}
    offer = course(repository, tmp_path, 1, pack="same", videos=videos)
    repository.offer("main", offer)
    witness = fresh(node, repository)
    node.sync_well()
    assert witness.bytes_of("bundles") == 0
    update(repository, tmp_path)
    put_delta(repository, "course", 1, 2)
    stick = repository.copy_to(tmp_path / "stick")
    witness = fresh(node, repository)
    node.sources = [witness, FolderSource(stick)]
    node.sync_well()
    check_whole(node, repository, 2)
    assert witness.gave == [], "content comes from the stick first"


def test_two_new_packs_that_share_films_fetch_them_once(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    videos = {"one/clip.480p.mp4": film(5), "two/clip.480p.mp4": film(6, "other")}
    for pack in ("left", "right"):
        repository.offer("main", course(repository, tmp_path, 1, pack=pack, videos=videos))
    witness = fresh(node, repository)
    node.sync_well()
    assert node.lessons("left").keys() == node.lessons("right").keys()
    assert witness.bytes_of("bundles") < 6_500_000, "two films, once"


def test_a_cut_anywhere_costs_no_byte_twice(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    """Every tick gets a little further, as a new process each time."""
    update(repository, tmp_path, changed=0.3)
    path, _ = put_delta(repository, "course", 1, 2)
    witness = fresh(node, repository, left=0)
    cuts = [0, 300, 30_000, 70_000, 200_000, 500_000, *[1_300_000] * 9]
    for count, left in enumerate(cuts):  # noqa: B007  # used below
        witness.left = left
        if node.sync().outcome == "updated":
            break
        node.check_nothing_false()
    assert 6 < count < len(cuts) - 1
    check_whole(node, repository, 2)
    again = sum(witness.twice().values())
    assert again <= count * BLOCK_STORED_BYTES_MAX, "a block for each cut"
    assert {path.split("/")[0] for path, _, _ in witness.gave} == {"deltas", "bundles"}
    beginning = [(path, first) for path, first, _ in witness.gave if path.startswith("deltas")]
    assert beginning.count((path, 0)) == 1, "it is kept"


def test_the_plan_can_be_seen_without_a_link(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    update(repository, tmp_path)
    put_delta(repository, "course", 1, 2)
    witness = fresh(node, repository, left=0)
    node.sync()
    with node.opened():
        unknown = plan_on_disk(node.data_dir)
    assert unknown.steps == ()
    offer = repository.published["course", 2].offer
    assert [(each.pack, each.version, each.size) for each in unknown.unknown] == [
        ("course", 2, offer.size)
    ]
    witness.left = 100_000
    assert node.sync().outcome == "cut"
    gave = list(witness.gave)
    with node.opened():
        found = plan_on_disk(node.data_dir)
    assert found.unknown == ()
    steps = [(step.lesson, step.kind, step.finer) for step in found.steps]
    assert steps == [("two", "video", True)], "all else came with the beginning of the delta"
    assert witness.gave == gave
    assert "bytes as blocks" in found.steps[0].why
    witness.left = None
    before = witness.bytes_of("")
    node.sync_well()
    assert witness.bytes_of("") - before <= found.size
    with node.opened():
        assert plan_on_disk(node.data_dir) == Plan()
