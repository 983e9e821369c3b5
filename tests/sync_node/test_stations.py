"""What the access point says of the phones on the Wi-Fi: taken as it should be, or not at all."""

import os
from pathlib import Path

import pytest

from sync_node import stations
from sync_node.data_dir import DataDir
from sync_node.limits import STATIONS_BYTES_MAX
from sync_node.stations import Stations

NOW = 1_788_242_400.0


def said(folder: Path, data: bytes, *, age: float = 0) -> Stations:
    (folder / "run").mkdir(exist_ok=True)
    place = folder / "run" / stations.NAME
    place.write_bytes(data)
    os.utime(place, (NOW - age, NOW - age))
    return stations.read(DataDir(folder), now=NOW)


def test_nobody_says_anything(tmp_path: Path) -> None:
    assert stations.read(DataDir(tmp_path), now=NOW).known == "unknown"


def test_how_many_and_how_well(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        b'{"format": 1, "stations": [{"signal": -48, "seconds": 60}, {"signal": -82}, {}],'
        b' "ssid": "a key that we do not know"}',
    )
    assert (found.known, len(found.stations), found.weak, found.weakest) == ("fresh", 3, 1, -82)


def test_an_old_file_is_told_as_old(tmp_path: Path) -> None:
    found = said(tmp_path, b'{"format": 1, "stations": []}', age=3_600)
    assert (found.known, found.seconds) == ("old", 3_600)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"\xff\xfe", b'{"format": 2, "stations": []}', b"[" * 60_000,
        b'{"format": 1, "stations": [{"signal": "<script>"}]}',
        b'{"format": 1, "stations": [{"signal": 1e999}]}',
        b'{"format": 1, "stations": [' + b"{}," * 600 + b"{}]}",
        b'{"format": 1, "stations": []}' + b" " * STATIONS_BYTES_MAX,
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_nothing(tmp_path: Path, data: bytes) -> None:
    assert said(tmp_path, data) == Stations("unreadable")


def test_a_link_or_a_pipe_in_its_place_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    place = tmp_path / "run" / stations.NAME
    place.symlink_to("/dev/zero")
    assert stations.read(DataDir(tmp_path), now=NOW).known == "unreadable"
    place.unlink()
    os.mkfifo(place)
    assert stations.read(DataDir(tmp_path), now=NOW).known == "unreadable"
    place.unlink()
    place.mkdir()
    assert stations.read(DataDir(tmp_path), now=NOW).known == "unreadable"


def test_a_radio_that_takes_no_more_is_full(tmp_path: Path) -> None:
    two = b'{"format": 1, "stations": [{}, {}], "limit": %d}'
    assert said(tmp_path, two % 2).is_full
    assert not said(tmp_path, two % 8).is_full
    assert not said(tmp_path, b'{"format": 1, "stations": [{}, {}]}').is_full


@pytest.mark.parametrize("limit", [b"0", b"-1", b"513", b'"8"'])
def test_a_limit_that_no_radio_has_is_not_believed(tmp_path: Path, limit: bytes) -> None:
    found = said(tmp_path, b'{"format": 1, "stations": [], "limit": %s}' % limit)
    assert found.known == "unreadable"


def test_the_box_says_it_in_memory_where_nobody_else_does(tmp_path: Path) -> None:
    of_the_box = tmp_path / "memory.json"
    of_the_box.write_bytes(b'{"format": 1, "stations": [{}], "limit": 8}')
    os.utime(of_the_box, (NOW, NOW))
    found = stations.read(DataDir(tmp_path), now=NOW, of_the_box=of_the_box)
    assert (found.known, len(found.stations), found.limit) == ("fresh", 1, 8)
    said(tmp_path, b'{"format": 1, "stations": []}')
    found = stations.read(DataDir(tmp_path), now=NOW, of_the_box=of_the_box)
    assert (found.known, len(found.stations)) == ("fresh", 0)


def test_what_carries_the_wifi_and_whether_it_does(tmp_path: Path) -> None:
    found = said(tmp_path, b'{"format": 1, "stations": [], "by": "cable", "is_up": false}')
    assert (found.by, found.is_up) == ("cable", False)
    unsaid = said(tmp_path, b'{"format": 1, "stations": []}')
    assert (unsaid.by, unsaid.is_up) == (None, True)
    other = said(tmp_path, b'{"format": 1, "stations": [], "by": "pigeon"}')
    assert other.known == "unreadable"
