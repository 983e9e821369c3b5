"""Chunks in any order make the files; what is held already is taken from there, if it is right."""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing
from content_packs.manifest import Chunk, File, Manifest
from sync_node.assembler import Assembler
from sync_node.data_dir import DataDir
from sync_node.limits import STAGED_FILES_MAX
from sync_node.seeds import find_seeds
from sync_node.store import Store
from tests.support.packs import describe

PIECES = [random.Random(n).randbytes(1_000 + 300 * n) for n in range(6)]


def file_of(path: str, *pieces: bytes) -> File:
    whole = b"".join(pieces)
    chunks = tuple(Chunk(digest_of(piece), len(piece)) for piece in pieces)
    return File(path, len(whole), digest_of(whole), "x/x", chunks if len(chunks) > 1 else ())


def chunk_of(piece: bytes) -> tuple[Chunk, bytes]:
    return Chunk(digest_of(piece), len(piece)), piece


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path)
    made.make()
    return made


@given(order=st.permutations(range(6)), cut=st.integers(0, 6))
@settings(max_examples=25)
def test_any_order_with_a_restart_anywhere(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cut: int
) -> None:
    data_dir = DataDir(tmp_path_factory.mktemp("node"))
    data_dir.make()
    files = [
        file_of("long", *PIECES, PIECES[0]),
        file_of("short", PIECES[1], PIECES[4]),
        file_of("single", PIECES[2]),
        file_of("empty"),
    ]
    stored: list[str] = []
    for part in (order[:cut], order[cut:]):
        store = Store(data_dir)
        left = [file for file in files if file.digest not in store]
        assembler = Assembler(store, left, stored.extend)
        for number in part:
            assembler.take([chunk_of(PIECES[number])])
        assembler.flush()
    assert assembler.missing == set()
    assert sorted(stored) == sorted(file.digest for file in files), "each is told once"
    assert data_dir.store_path(files[0].digest).read_bytes() == b"".join([*PIECES, PIECES[0]])
    assert not list(data_dir.incoming.iterdir())
    for file in files:
        assert data_dir.store_path(file.digest).stat().st_mode & 0o777 == 0o444


def lying(error: Exception) -> Callable[[], Manifest]:
    def load() -> Manifest:
        raise error

    return load


def test_seeds_come_from_inside_of_held_files_and_rot_is_left(data_dir: DataDir) -> None:
    old = file_of("old", *PIECES[:4])
    store = Store(data_dir)
    assembler = Assembler(store, [old], lambda _: None)
    assembler.take([chunk_of(piece) for piece in PIECES[:4]])
    assembler.flush()
    path = data_dir.store_path(old.digest)
    data = bytearray(path.read_bytes())
    data[len(PIECES[0]) + 5] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    new = file_of("new", PIECES[5], *PIECES[:4])
    stored: list[str] = []
    assembler = Assembler(store, [new], stored.extend)
    manifests = [lying(Missing("gone")), lying(InvalidContent("rotten")), lambda: held(old)]
    seeds = find_seeds(assembler.missing, store, manifests)
    assert seeds.keys() == {digest_of(piece) for piece in PIECES[:4]}
    assert assembler.copy(seeds) == [digest_of(PIECES[1])], "it has rotted there"
    assert assembler.missing == {digest_of(PIECES[5]), digest_of(PIECES[1])}
    assembler.take([chunk_of(PIECES[5]), chunk_of(PIECES[1])])
    assembler.flush()
    assert stored == [new.digest]


def held(*files: File) -> Manifest:
    return msgspec.structs.replace(describe(()), files=files)


def test_a_small_file_inside_a_large_one_and_the_other_way_round(data_dir: DataDir) -> None:
    store = Store(data_dir)
    small, large = file_of("small", PIECES[0]), file_of("large", PIECES[0], PIECES[1])
    store.stage(small.digest, PIECES[0])
    assert small.digest not in store, "not before it is durable"
    assert store.commit() == [small.digest]
    assembler = Assembler(store, [large], lambda _: None)
    assembler.copy(find_seeds(assembler.missing, store, []))
    assert assembler.missing == {digest_of(PIECES[1])}
    assembler.take([chunk_of(PIECES[1])])
    other = file_of("other", PIECES[1])
    assembler = Assembler(store, [other], lambda _: None)
    assembler.copy(find_seeds(assembler.missing, store, [lambda: held(large)]))
    assembler.flush()
    assert other.digest in store


def test_a_seed_that_vanished_is_left(data_dir: DataDir) -> None:
    store = Store(data_dir)
    assembler = Assembler(store, [file_of("a", *PIECES[:2])], lambda _: None)
    gone = digest_of(PIECES[0])
    assert assembler.copy({gone: (data_dir.store_path("00" * 32), 0)}) == [gone]
    assert len(assembler.missing) == 2


def test_what_a_killed_process_staged_is_adopted_if_it_is_right(data_dir: DataDir) -> None:
    good, bad = file_of("good", PIECES[0]), file_of("bad", PIECES[1])
    before = Store(data_dir)
    before.stage(good.digest, PIECES[0])
    before.stage(bad.digest, PIECES[1][:-1])
    store = Store(data_dir)
    stored: list[str] = []
    assembler = Assembler(store, [good, bad], stored.extend)
    assert assembler.missing == {bad.digest}
    assembler.flush()
    assert stored == [good.digest]
    assert data_dir.store_path(good.digest).read_bytes() == PIECES[0]


def test_a_file_of_no_bytes_never_stands_for_another(data_dir: DataDir) -> None:
    another = file_of("another", PIECES[0])
    empty = msgspec.structs.replace(file_of("empty"), digest=another.digest)
    store = Store(data_dir)
    stored: list[str] = []
    assembler = Assembler(store, [empty, file_of("good")], stored.extend)
    assembler.flush()
    assert stored == [digest_of(b"")]
    assert another.digest not in store
    assert "has no bytes" in assembler.faults[0].message


def test_a_file_is_made_behind_one_whose_manifest_said_that_it_is_larger(data_dir: DataDir) -> None:
    good = file_of("good", *PIECES[:2])
    bad = msgspec.structs.replace(file_of("bad", *PIECES[:4]), digest=good.digest)
    assembler = Assembler(Store(data_dir), [bad], lambda _: None)
    assembler.take(map(chunk_of, PIECES[:4]))
    assert "its chunks make a file with digest" in assembler.faults[0].message
    stored: list[str] = []
    assembler = Assembler(Store(data_dir), [good], stored.extend)
    assembler.take(map(chunk_of, PIECES[:2]))
    assembler.flush()
    assert stored == [good.digest]
    assert data_dir.store_path(good.digest).read_bytes() == PIECES[0] + PIECES[1]


def test_what_was_staged_and_removed_to_make_room_holds_nothing_up(data_dir: DataDir) -> None:
    store = Store(data_dir)
    for piece in PIECES[:2]:
        store.stage(digest_of(piece), piece)
    store.remove_part(digest_of(PIECES[0]))
    assert store.commit() == [digest_of(PIECES[1])]


def test_a_seed_may_lie_in_a_file_that_is_being_made(data_dir: DataDir) -> None:
    store = Store(data_dir)
    begun, new = file_of("begun", *PIECES[:3]), file_of("new", PIECES[1], PIECES[4])
    assembler = Assembler(store, [begun], lambda _: None)
    assembler.take([chunk_of(PIECES[1])])
    assembler = Assembler(Store(data_dir), [new], lambda _: None)
    seeds = find_seeds(assembler.missing, store, [lambda: held(begun, new)])
    assert assembler.copy(seeds) == []
    assert assembler.missing == {digest_of(PIECES[4])}


def test_many_small_files_go_into_the_store_together(data_dir: DataDir) -> None:
    files = [file_of(str(n), str(n).encode()) for n in range(STAGED_FILES_MAX + 5)]
    stored: list[str] = []
    store = Store(data_dir)
    assembler = Assembler(store, files, stored.extend)
    for n in range(len(files)):
        assembler.take([chunk_of(str(n).encode())])
    assert len(stored) == STAGED_FILES_MAX
    assembler.flush()
    assert len(stored) == len(files)
    for n, file in enumerate(files):
        assert data_dir.store_path(file.digest).read_bytes() == str(n).encode()
