"""What the rigs read is read right: logs of a disk's writes, and records of system calls."""

import struct
from pathlib import Path

from tests.support.fsync_order import Order
from tests.support.system_calls import calls_of
from tests.support.write_log import MAGIC, Cut, DiskStates, Way, WriteLog

SECTOR = 512
BLOCK = 4_096


def write_log(path: Path, *entries: tuple[int, int, bytes]) -> WriteLog:
    """Write a log of (first byte on the disk, flags, bytes)."""
    parts = [struct.pack("<QQQI", MAGIC, 1, 0, SECTOR).ljust(SECTOR, b"\0")]
    for offset, flags, data in entries:
        head = struct.pack("<QQQQ", offset // SECTOR, len(data) // SECTOR, flags, 0)
        parts += [head.ljust(SECTOR, b"\0"), data]
    path.write_bytes(b"".join(parts))
    return WriteLog(path)


def states(tmp_path: Path, log: WriteLog) -> DiskStates:
    base = tmp_path / "base"
    base.write_bytes(bytes(4 * BLOCK))
    return DiskStates(base, log, tmp_path)


def blocks(image: Path) -> str:
    data = image.read_bytes()
    return "".join(chr(data[at] or ord(".")) for at in range(0, len(data), BLOCK))


def test_a_cut_keeps_what_was_flushed_and_any_of_the_rest(tmp_path: Path) -> None:
    flush, durable, discard = 1, 2, 4
    log = write_log(
        tmp_path / "log",
        (0, 0, b"a" * BLOCK),
        (BLOCK, 0, b"b" * BLOCK),
        (0, flush, b""),
        (0, 0, b"c" * BLOCK),
        (0, discard, b""),
        (2 * BLOCK, durable, b"d" * BLOCK),
        (BLOCK, 0, b"e" * BLOCK + b"f" * BLOCK),
    )
    made = states(tmp_path, log)
    assert [len(log.entries), log.flushes, log.flushed(2), log.flushed(7)] == [7, [2], 0, 3]
    kept = [blocks(made.after(Cut(number, Way.KEPT))) for number in range(8)]
    assert kept == ["....", "a...", "ab..", "ab..", "cb..", "cb..", "cbd.", "cef."]
    lost = [blocks(made.after(Cut(number, Way.LOST))) for number in range(8)]
    assert lost == ["....", "....", "....", "ab..", "ab..", "ab..", "abd.", "abd."]
    some = {blocks(made.after(Cut(7, Way.SOME, seed))) for seed in range(100)}
    assert some == {first + rest for first in "ac" for rest in ("bd.", "ed.", "bf.", "ef.")}


def test_a_moment_is_how_much_was_logged(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", (0, 0, b"a" * BLOCK), (0, 1, b""), (0, 0, b"b" * BLOCK))
    first, flushed = SECTOR + SECTOR + BLOCK, SECTOR + SECTOR + BLOCK + SECTOR
    assert [log.number_at(size) for size in (SECTOR, first, flushed, flushed + 1)] == [0, 1, 2, 3]


RECORD = """\
7 openat(AT_FDCWD</>, "/d/store/x.part", O_WRONLY|O_CREAT, 0644) = 3</d/store/x.part>
7 pwrite64(3</d/store/x.part>, ""..., 10, 0) = 10
7 fsync(3</d/store/x.part> <unfinished ...>
8 pwrite64(3</d/store/x.part>, ""..., 10, 10) = 10
7 <... fsync resumed>) = 0
7 fsync(9</d/other>) = -1 EIO (Input/output error)
7 rename("/d/store/x.part", "/d/store/x") = 0
7 fsync(4</d/store>) = 0
7 write(1<pipe:[11]>, ""..., 6) = 6
7 exit_group(0) = ?
"""


def test_a_flush_covers_what_was_written_before_it_began() -> None:
    calls = calls_of(RECORD)
    assert [call.name for call in calls].count("fsync") == 2, "one failed"
    (fault,) = Order(Path("/d")).follow(calls).faults
    assert fault.startswith("store/x: gets its name (line 7: rename(/d/store/x.part, /d/store/x))")
    assert fault.endswith("to be flushed: line 4: pwrite64(/d/store/x.part)")
    whole = RECORD.replace("8 pwrite64", "8 ignored")
    assert Order(Path("/d")).follow(calls_of(whole)).faults == []


def test_a_name_that_is_printed_before_its_folder_is_flushed() -> None:
    late = "".join(
        line for line in RECORD.splitlines(keepends=True) if "8 pwrite64" not in line
    ).replace("7 fsync(4</d/store>) = 0\n", "")
    (fault,) = Order(Path("/d")).follow(calls_of(late)).faults
    assert fault.startswith("store: isn't flushed when something is printed")
