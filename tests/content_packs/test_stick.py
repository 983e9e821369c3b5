"""Files on a stick: what is named was read back; nothing outside is touched; it may be pulled."""

import errno
import os
import tracemalloc
from pathlib import Path
from threading import Thread

import pytest

from content_packs.digests import digest_of
from content_packs.errors import (
    DigestMismatch,
    InvalidContent,
    Missing,
    SatchelError,
    SourceUnavailable,
    StorageFailed,
)
from content_packs.limits import FAT_FILE_BYTES_MAX
from content_packs.stick import Stick, file_system_at
from tests.support.file_systems import file_system, needs_mounts
from tests.support.sticks import Disk, failing, pulled_after

PLACE = "satchel/repository/bundles/one.bundle"
DATA = os.urandom(3_000_000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("data", [b"", b"x", DATA[:4_096], DATA[:1_048_577], DATA])
def test_what_is_put_is_there_whole_and_nothing_else(root: Path, data: bytes) -> None:
    stick = Stick(root)
    assert stick.put(PLACE, [data[:1_000], data[1_000:]]) == digest_of(data)
    assert (root / PLACE).read_bytes() == data
    assert stick.read(PLACE, bytes_max=len(data)) == data
    assert (stick.size(PLACE), stick.digest(PLACE)) == (len(data), digest_of(data))
    assert [path.name for path in (root / PLACE).parent.iterdir()] == ["one.bundle"]


def test_a_file_gets_its_name_only_after_it_was_read_back(root: Path) -> None:
    disk = Disk()
    Stick(root, disk).put(PLACE, [DATA])
    order = [name for name in disk.calls if name in {"write", "fsync", "preadv", "rename"}]
    written = len(order) - 1 - order[::-1].index("write")
    assert order[written + 1] == "fsync"
    assert "preadv" in order[written:]
    assert order[-2:] == ["rename", "fsync"]


def test_another_file_at_the_name_is_replaced_and_a_half_one_is_gone(root: Path) -> None:
    (root / PLACE).parent.mkdir(parents=True)
    (root / PLACE).write_bytes(b"old")
    (root / f"{PLACE}.part").write_bytes(b"half")
    Stick(root).put(PLACE, [b"new"])
    assert (root / PLACE).read_bytes() == b"new"
    assert not (root / f"{PLACE}.part").exists()


def test_what_comes_with_another_digest_than_expected_gets_no_name(root: Path) -> None:
    with pytest.raises(DigestMismatch):
        Stick(root).put(PLACE, [b"rotten"], expected=digest_of(b"good"))
    assert list((root / PLACE).parent.iterdir()) == []


def test_a_stick_that_forgets_what_was_written_is_found_out(root: Path) -> None:
    """A fake stick takes every byte, and gives back others."""

    class Fake(Disk):
        def preadv(self, descriptor: int, buffers: list[memoryview], offset: int) -> int:
            size = os.preadv(descriptor, buffers, offset)
            if size:
                buffers[0][0] ^= 1
            return size

    with pytest.raises(StorageFailed, match="reads back otherwise"):
        Stick(root, Fake()).put(PLACE, [DATA])
    assert list((root / PLACE).parent.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_folder_that_cannot_be_fsynced_is_no_error(root: Path, code: int) -> None:
    class Fat(Disk):
        def fsync(self, descriptor: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112  # a descriptor's
                raise OSError(code, os.strerror(code))
            os.fsync(descriptor)

    Stick(root, Fat()).put(PLACE, [b"x"])
    assert (root / PLACE).read_bytes() == b"x"


def test_where_the_cache_cannot_be_passed_by_it_is_dropped(root: Path) -> None:
    class Odd(Disk):
        def open(self, path: str, flags: int, *rest: int, **named: int) -> int:
            if flags & os.O_DIRECT:
                raise OSError(errno.EINVAL, "no direct reads here")
            return os.open(path, flags, *rest, **named)

    assert Stick(root, Odd()).put(PLACE, [DATA]) == digest_of(DATA)


def test_a_direct_read_that_fails_is_tried_the_other_way(root: Path) -> None:
    class Odd(Disk):
        failed = 0

        def preadv(self, descriptor: int, buffers: list[memoryview], offset: int) -> int:
            if not self.failed:
                self.failed = 1
                raise OSError(errno.EINVAL, "not aligned")
            return os.preadv(descriptor, buffers, offset)

    assert Stick(root, Odd()).put(PLACE, [DATA]) == digest_of(DATA)


@pytest.mark.parametrize(
    ("name", "code"),
    [("write", errno.ENOSPC), ("write", errno.EFBIG), ("fsync", errno.EIO), ("open", errno.EROFS),
     ("mkdir", errno.EROFS), ("rename", errno.EIO)],
)  # fmt: skip
def test_a_disk_that_is_full_read_only_or_failing_says_so(root: Path, name: str, code: int) -> None:
    with pytest.raises(StorageFailed):
        Stick(root, failing(name, code)).put(PLACE, [DATA])
    assert not (root / PLACE).exists()


def test_pulled_after_any_call_the_old_file_is_there_or_the_new(root: Path) -> None:
    before, after = b"before" * 100, b"after" * 100
    stick = Stick(root)
    disk = Disk()
    stick.put(PLACE, [before])
    Stick(root, disk).put(PLACE, [after])
    assert len(disk.calls) > 10
    for number in range(len(disk.calls)):
        stick.put(PLACE, [before])
        with pytest.raises(SatchelError):
            Stick(root, pulled_after(number)).put(PLACE, [after])
        assert (root / PLACE).read_bytes() in {before, after}, number
        stick.put(PLACE, [after])
        assert [path.name for path in (root / PLACE).parent.iterdir()] == ["one.bundle"]


@pytest.mark.parametrize("at", ["satchel", "satchel/repository", "satchel/repository/bundles"])
def test_no_folder_is_followed_out_of_the_stick(root: Path, at: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "repository" / "bundles").mkdir(parents=True)
    (outside / "bundles").mkdir()
    (root / at).parent.mkdir(parents=True, exist_ok=True)
    (root / at).symlink_to(outside)
    stick = Stick(root)
    with pytest.raises(InvalidContent, match="in the way"):
        stick.put(PLACE, [b"x"])
    with pytest.raises((InvalidContent, Missing)):
        stick.read(PLACE, bytes_max=10)
    assert stick.size(PLACE) is None
    assert stick.names("satchel/repository/bundles") == []
    assert [path for path in outside.rglob("*") if path.is_file()] == []


def test_a_link_at_a_files_name_is_replaced_and_what_it_names_is_left_alone(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    (root / PLACE).parent.mkdir(parents=True)
    (root / PLACE).symlink_to(outside)
    (root / f"{PLACE}.part").symlink_to(outside)
    with pytest.raises(InvalidContent):
        Stick(root).read(PLACE, bytes_max=100)
    Stick(root).put(PLACE, [b"new"])
    assert outside.read_bytes() == b"precious"
    assert (root / PLACE).read_bytes() == b"new"
    assert not (root / PLACE).is_symlink()


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket"])
def test_only_ordinary_files_are_read(root: Path, kind: str) -> None:
    (root / PLACE).parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(root / PLACE)
    elif kind == "folder":
        (root / PLACE).mkdir()
    else:
        os.mknod(root / PLACE, 0o140_644)
    with pytest.raises(InvalidContent, match="not an ordinary"):
        Stick(root).read(PLACE, bytes_max=10)
    assert Stick(root).size(PLACE) is None


def test_a_folder_in_the_way_of_a_file_is_said(root: Path) -> None:
    (root / PLACE).mkdir(parents=True)
    with pytest.raises(InvalidContent, match="in the way"):
        Stick(root).put(PLACE, [b"x"])


def test_a_file_is_read_within_its_bound(root: Path) -> None:
    Stick(root).put(PLACE, [b"12345"])
    assert Stick(root).read(PLACE, bytes_max=5) == b"12345"
    with pytest.raises(InvalidContent, match="more than 4"):
        Stick(root).read(PLACE, bytes_max=4)


def test_what_is_not_there_is_missing_and_a_disk_that_is_gone_is_unavailable(root: Path) -> None:
    with pytest.raises(Missing):
        Stick(root).read(PLACE, bytes_max=5)
    assert Stick(root).names("satchel/up") == []
    root.rmdir()
    with pytest.raises(SourceUnavailable, match="stick"):
        Stick(root).read(PLACE, bytes_max=5)


def test_a_pipe_or_a_device_is_not_even_opened(root: Path) -> None:
    (root / PLACE).parent.mkdir(parents=True)
    os.mkfifo(root / PLACE)
    writer = Thread(target=lambda: os.close(os.open(root / PLACE, os.O_WRONLY)), daemon=True)
    writer.start()
    for use in (Stick(root).digest, lambda path: Stick(root).read(path, bytes_max=5)):
        with pytest.raises(InvalidContent, match="ordinary"):
            use(PLACE)
    writer.join(0.2)
    assert writer.is_alive(), "nobody opened the other end"


def test_a_folder_of_a_million_names_isnt_held_in_memory(root: Path) -> None:
    for number in range(3_000):
        (root / f"{number:0200d}.json").touch()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        assert len(Stick(root).names("", most=20)) == 20
        assert tracemalloc.get_traced_memory()[1] - before < 100_000
    finally:
        tracemalloc.stop()


def test_what_is_mounted_at_the_folder_next_is_not_written_to(root: Path) -> None:
    stick = Stick(root)
    stick.put(PLACE, [b"x"])
    root.rename(root.with_name("pulled"))
    root.mkdir()
    with pytest.raises(StorageFailed):
        stick.put(PLACE, [b"y"])
    with pytest.raises(SourceUnavailable):
        stick.read(PLACE, bytes_max=10)
    assert list(root.iterdir()) == []


@needs_mounts
def test_nothing_is_written_below_a_stick_that_was_unmounted(tmp_path: Path) -> None:
    with file_system(tmp_path, mebibytes=16) as disk:
        stick = Stick(disk.place)
        stick.put(PLACE, [DATA])
        disk.unmount()
        with pytest.raises(StorageFailed):
            stick.put(PLACE, [b"y"])
        assert list(disk.place.iterdir()) == []
        disk.mount()
        assert stick.digest(PLACE) == digest_of(DATA)


def test_removing_twice_is_as_good_as_once(root: Path) -> None:
    stick = Stick(root)
    stick.put(PLACE, [b"x"])
    stick.remove(PLACE)
    stick.remove(PLACE)
    assert stick.size(PLACE) is None


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [("/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 {root} vfat rw 0 0\n", "vfat"),
     ("/dev/sda1 / ext4 rw 0 0\n", "ext4"), ("", ""),
     ("/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 {root}-2 vfat rw 0 0\n", "ext4")],
)  # fmt: skip
def test_the_file_system_is_that_of_the_nearest_mount(
    tmp_path: Path, mounts: str, expected: str
) -> None:
    root = tmp_path / "my stick"
    root.mkdir()
    said = tmp_path / "mounts"
    said.write_text(mounts.format(root=str(root).replace(" ", "\\040")), encoding="utf-8")
    assert file_system_at(root, said) == expected


def test_fat_bounds_a_file_and_others_do_not(root: Path) -> None:
    assert Stick(root).room().file_bytes_max in {None, FAT_FILE_BYTES_MAX}
    assert Stick(root).room().free > 0
