"""What a hub relies on in a store of its content, whichever it is."""

import hashlib
from pathlib import Path

import pytest

from content_packs.errors import Missing
from hub.data_dir import DataDir
from hub.objects.interface import Objects, Stored

CONTENT = bytes(range(256)) * 50_000  # more than is asked for, or sent, at a time
DIGEST = hashlib.sha256(CONTENT).hexdigest()
BUNDLE = f"bundles/{DIGEST}.bundle"
DELTA = f"deltas/demo/{'a' * 64}-{'b' * 64}.delta"


def put(objects: Objects, data: DataDir, place: str = BUNDLE, content: bytes = CONTENT) -> Path:
    new = data.incoming / "new"
    new.write_bytes(content)
    objects.put_file(place, new)
    return new


def test_a_file_that_was_put_is_there_whole_and_used_up(objects: Objects, data: DataDir) -> None:
    assert objects.size(BUNDLE) is None
    assert objects.known_size(BUNDLE) is None
    assert not put(objects, data).exists()
    assert objects.size(BUNDLE) == objects.known_size(BUNDLE) == len(CONTENT)
    assert objects.local(BUNDLE).read_bytes() == CONTENT


def test_any_part_can_be_read(objects: Objects, data: DataDir) -> None:
    put(objects, data)
    size = len(CONTENT)
    for start, length in ((0, size), (0, 1), (size - 1, 1), (5_000_000, 6_000_001), (7, 0)):
        with objects.open(BUNDLE, start, length) as part:
            assert part.read() == CONTENT[start : start + length]


def test_what_is_put_twice_is_there_once(objects: Objects, data: DataDir) -> None:
    put(objects, data)
    put(objects, data)
    assert list(objects.list()) == [Stored(BUNDLE, len(CONTENT))]


def test_what_is_half_there_is_put_anew(objects: Objects, data: DataDir) -> None:
    put(objects, data, DELTA, b"half")
    put(objects, data, DELTA, b"all of it")
    assert objects.size(DELTA) == 9
    assert objects.local(DELTA).read_bytes() == b"all of it"


def test_bytes_can_be_put(objects: Objects) -> None:
    place = f"status/{hashlib.sha256(b'{}').hexdigest()}.json"
    objects.put(place, b"{}")
    assert objects.local(place).read_bytes() == b"{}"
    assert list(objects.list("status/")) == [Stored(place, 2)]


def test_a_list_has_what_begins_so_and_is_a_place(objects: Objects, data: DataDir) -> None:
    put(objects, data)
    put(objects, data, DELTA, b"delta")
    put(objects, data, DELTA.replace("demo", "demo-2"), b"delta")
    assert {one.place for one in objects.list("deltas/demo/")} == {DELTA}
    assert len(list(objects.list("deltas/"))) == 2
    assert list(objects.list("layouts/")) == []
    assert len(list(objects.list())) == 3


def test_what_was_deleted_is_gone_and_deleting_it_again_is_no_fault(
    objects: Objects, data: DataDir
) -> None:
    put(objects, data)
    objects.delete(BUNDLE)
    objects.delete(BUNDLE)
    assert objects.size(BUNDLE) is None
    assert objects.known_size(BUNDLE) is None
    assert list(objects.list()) == []
    with pytest.raises(Missing), objects.open(BUNDLE, 0, 4) as part:
        part.read()
