"""Files by digest on a stick: read one behind the other, and never anything else."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.limits import COURIER_FILES_MAX
from sync_node.held_folder import HeldFolder, file_path
from sync_node.limits import HELD_BYTES_MAX
from sync_node.peer_places import HELD, HeldList, files_path, manifest_path

FILES = [b"one", b"", b"two and more", b"x" * 5_000]


def put(root: Path, data: bytes) -> str:
    digest = digest_of(data)
    path = root / file_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return digest


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("held")
    for data in FILES:
        put(root, data)
    return root


def read(source: HeldFolder, path: str, first: int, length: int) -> bytes:
    with source.read(path, first, length) as pieces:
        return b"".join(pieces)


def test_it_says_what_is_there_and_nothing_else(root: Path, tmp_path: Path) -> None:
    for data in FILES:
        put(tmp_path, data)
    (tmp_path / "files" / "ab").mkdir(exist_ok=True)
    for name in ("Thumbs.db", "cd" * 32, "AB" * 32):
        (tmp_path / "files" / "ab" / name).write_bytes(b"x")
    (tmp_path / "files" / "zz").mkdir()
    (tmp_path / "files" / "zz" / ("ab" * 32)).write_bytes(b"x")
    found = HeldFolder(tmp_path).get(HELD, bytes_max=10_000).body
    assert found == HeldFolder(root).get(HELD, bytes_max=10_000).body
    held = HeldList(found or b"")
    assert len(held) == len(FILES)
    assert all(digest_of(data) in held for data in FILES)


def test_of_a_folder_of_countless_names_the_first_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "files" / "aa").mkdir(parents=True)
    for number in range(COURIER_FILES_MAX + 500):
        os.close(os.open(tmp_path / "files" / "aa" / f"aa{number:062x}", os.O_CREAT))
    raw = HeldFolder(tmp_path).get(HELD, bytes_max=HELD_BYTES_MAX).body or b""
    assert len(HeldList(raw)) == COURIER_FILES_MAX


def test_nothing_is_held_where_there_are_no_files(tmp_path: Path) -> None:
    assert HeldFolder(tmp_path).get(HELD, bytes_max=10_000).body == b""


@given(st.lists(st.sampled_from(FILES), min_size=1, max_size=6), st.data())
def test_any_range_over_any_files_is_theirs(
    root: Path, files: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(files)
    first = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, len(whole) - first))
    place = files_path(map(digest_of, files))
    assert read(HeldFolder(root), place, first, length) == whole[first : first + length]


def test_a_range_past_the_end_is_a_file_that_ended_early(root: Path) -> None:
    place = files_path(map(digest_of, FILES))
    with pytest.raises(SourceUnavailable, match="early"):
        read(HeldFolder(root), place, 5_000, 1_000)


def test_a_file_that_isnt_there_is_missing(root: Path) -> None:
    with pytest.raises(Missing):
        read(HeldFolder(root), files_path([digest_of(b"one"), "ab" * 32]), 0, 10)


@pytest.mark.parametrize(
    "path", ["files/../../x", "files/ab", "../x", "store/ab", "manifests/x.json"]
)
def test_no_other_place_is_looked_at(root: Path, path: str) -> None:
    with pytest.raises(InvalidContent, match="no place"):
        HeldFolder(root).get(path, bytes_max=10)
    with pytest.raises(InvalidContent, match="no place"):
        read(HeldFolder(root), path, 0, 1)


def test_links_and_pipes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    linked, piped = "ab" * 32, "cd" * 32
    for digest in (linked, piped):
        (tmp_path / file_path(digest)).parent.mkdir(parents=True)
    (tmp_path / file_path(linked)).symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / file_path(piped))
    for digest in (linked, piped):
        with pytest.raises(InvalidContent):
            read(HeldFolder(tmp_path), files_path([digest]), 0, 6)


def test_a_manifest_is_given_whole(tmp_path: Path) -> None:
    digest = digest_of(b"{}")
    (tmp_path / "manifests").mkdir()
    (tmp_path / manifest_path(digest)).write_bytes(b"{}")
    assert HeldFolder(tmp_path).get(manifest_path(digest), bytes_max=10).body == b"{}"
