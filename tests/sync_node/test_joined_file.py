"""Pieces that are read as one file, and the zips that are made of them."""

import io
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs.errors import Refused
from sync_node.joined_file import JoinedFile, Piece
from sync_node.zip_pieces import ZIP_BYTES_MAX, Checks, Entry, crc_of, entry_of, zip_pieces

PIECES = st.lists(st.tuples(st.booleans(), st.binary(max_size=40)), max_size=8)


def _joined(folder: Path, pieces: list[tuple[bool, bytes]]) -> JoinedFile:
    made = []
    for number, (on_disk, data) in enumerate(pieces):
        place = folder / str(number)
        if on_disk:
            place.write_bytes(data)
        made.append(Piece(place if on_disk else data, len(data)))
    return JoinedFile(made)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES, st.integers(0, 200), st.integers(1, 50))
def test_it_reads_as_one_file_from_anywhere(
    tmp_path: Path, pieces: list[tuple[bool, bytes]], start: int, step: int
) -> None:
    whole = b"".join(data for _, data in pieces)
    with _joined(tmp_path, pieces) as file:
        assert file.size == len(whole) == file.seek(0, io.SEEK_END)
        file.seek(start)
        read = b""
        while piece := file.read(step):
            assert len(piece) <= step
            read += piece
        assert read == whole[start:]


def test_a_file_that_lost_its_end_is_an_error_and_no_endless_read(tmp_path: Path) -> None:
    place = tmp_path / "cut"
    place.write_bytes(b"ab")
    with JoinedFile([Piece(place, 5)]) as file:
        assert file.read() == b"ab"
        with pytest.raises(OSError, match="shorter"):
            file.read()


def test_one_file_is_open_at_a_time_and_none_afterwards(tmp_path: Path) -> None:
    pieces = [(True, b"a"), (True, b"b"), (True, b"c")]
    file = _joined(tmp_path, pieces)
    assert [file.read(1) for _ in pieces] == [b"a", b"b", b"c"]
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read(1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text("ab分/é", min_size=1, max_size=8), st.binary(max_size=60), max_size=6)
)
def test_any_unpacker_reads_the_zip(tmp_path: Path, files: dict[str, bytes]) -> None:
    entries = []
    for number, (name, data) in enumerate(files.items()):
        place = tmp_path / str(number)
        place.write_bytes(data)
        entries.append(
            Entry(name, place, len(data), crc_of(place)) if number % 2 else entry_of(name, data)
        )
    with zipfile.ZipFile(io.BytesIO(JoinedFile(zip_pieces(entries)).readall())) as archive:
        assert archive.testzip() is None
        assert [info.orig_filename for info in archive.infolist()] == list(files)
        assert [archive.read(info) for info in archive.infolist()] == list(files.values())


def test_more_than_a_phone_s_unpacker_takes_is_refused() -> None:
    half = Entry("film", Path("nowhere"), ZIP_BYTES_MAX // 2, 0)
    with pytest.raises(Refused, match="4 GiB"):
        zip_pieces([half, half, half])


def test_a_check_is_made_once(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_bytes(b"bytes of a film")
    read: list[Path] = []

    def counted(found: Path) -> int:
        read.append(found)
        return crc_of(found)

    checks = Checks(counted)
    assert (
        checks.of("digest", place) == checks.of("digest", place) == zlib.crc32(b"bytes of a film")
    )
    assert read == [place]
