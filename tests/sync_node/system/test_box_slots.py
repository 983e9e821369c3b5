"""What root is said to say of the systems: anything may stand in that file."""

import os
from pathlib import Path

import pytest

from sync_node.data_dir import DataDir
from sync_node.limits import SYSTEM_SAID_BYTES_MAX
from sync_node.system import box_slots

WHOLE = b'{"format": 1, "boot": "b", "arch": "arm64", "slot": "a", "version": 3%s}'


@pytest.mark.parametrize(
    "data",
    [
        WHOLE % (b', "more": ' + b"[" * 9_000),
        WHOLE % (b', "more": "' + b"x" * SYSTEM_SAID_BYTES_MAX + b'"'),
        WHOLE % b', "slot": "c"',
        b"\xff",
    ],
    ids=["deep", "large", "another slot", "no text"],
)
def test_what_is_not_as_it_should_be_is_taken_for_nothing(tmp_path: Path, data: bytes) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.run.mkdir()
    place = data_dir.run / box_slots.NAME
    place.write_bytes(WHOLE % b"")
    found = box_slots.read(data_dir)
    assert found is not None
    assert found.version == 3
    place.write_bytes(data)
    assert box_slots.read(data_dir) is None


def test_a_link_or_a_pipe_is_not_followed(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.run.mkdir()
    (tmp_path / "elsewhere").write_bytes(WHOLE % b"")
    place = data_dir.run / box_slots.NAME
    place.symlink_to(tmp_path / "elsewhere")
    assert box_slots.read(data_dir) is None
    place.unlink()
    os.mkfifo(place)
    assert box_slots.read(data_dir) is None
