"""Makes the card's data partition what it has to be: `satchel-data-make DISK`, by root, at a start.

The steps, each whole before the next begins, each found done by the next start if the power is cut:

1. The partition reaches to the card's end, and both partition tables say so (gpt.py).
2. There is a file system. One that `sync-node flash` wrote, whole, has the label `satchel-data`.
   One made here has the label `satchel-box`; cut off, it may be half there, and is made anew.
3. The partition's entry is marked: there is a file system, it may be mounted and written. From then
   on nothing ever makes one here again, whatever the partition looks like.

Where DISK is a file, it is treated as a disk's image. Ends with 0; with 3 where the card isn't one
of ours or too small, 9 where the card or a program failed.
"""

import errno
import os
import subprocess
import sys

from deploy.node.data import gpt

NAME = "data"
FLASHED, MADE_HERE = b"satchel-data", "satchel-box"
OWNER = 990  # user and group satchel on every box
# One file in 32 KiB: a store of pages has that many. The journal needs no more than this; a large
# one takes longer to replay. Nothing is discarded: some cards take minutes over it.
FORMAT = ("mke2fs", "-q", "-F", "-t", "ext4", "-L", MADE_HERE, "-b", "4096", "-m", "1",
          "-i", "32768", "-J", "size=32")  # fmt: skip
FEATURES = f"root_owner={OWNER}:{OWNER},lazy_itable_init=1,lazy_journal_init=0,nodiscard"
_SUPERBLOCK_AT = 1024
_MAGIC_AT, _LABEL_AT = 56, 120


class OpenDisk:
    """A disk or an image of one, opened for writing; writes go to it at once (O_DSYNC)."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_DSYNC)
        size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self.sectors = size // gpt.SECTOR
        self.is_device = not os.path.isfile(path)  # noqa: PTH113  # pathlib costs a start 0.3 s

    def read(self, at: int, size: int) -> bytes:
        """Return `size` bytes from byte `at`, zeros behind the end."""
        return os.pread(self._descriptor, size, at).ljust(size, b"\0")

    def write(self, at: int, data: bytes) -> None:
        """Write bytes at byte `at`."""
        if os.pwrite(self._descriptor, data, at) != len(data):
            raise OSError(errno.EIO, "a write was cut off", self.path)

    def flush(self) -> None:
        """Have the disk hold what was written, whatever happens to the power."""
        os.fsync(self._descriptor)

    def device(self, number: int) -> str:
        """Return the device of a partition, as the kernel calls it."""
        path = os.path.realpath(self.path)
        return f"{path}p{number}" if path[-1].isdigit() else f"{path}{number}"

    def resized(self, partition: gpt.Partition) -> None:
        """Tell the kernel how large a partition is: the disk is in use, so it isn't read anew."""
        if self.is_device:
            sectors = partition.last + 1 - partition.first
            _run("resizepart", self.path, str(partition.number), str(sectors))


def has_flashed(disk: gpt.Disk, partition: gpt.Partition) -> bool:
    """Whether a file system lies in the partition that was written whole before the first start."""
    block = disk.read(partition.first * gpt.SECTOR + _SUPERBLOCK_AT, 1024)
    return (
        block[_MAGIC_AT : _MAGIC_AT + 2] == b"\x53\xef"
        and block[_LABEL_AT : _LABEL_AT + 16].rstrip(b"\0") == FLASHED
    )


def make(disk: OpenDisk) -> list[str]:
    """Do what is still to be done; return what was done, for the log.

    Raises `gpt.BadTable`, `OSError`, `subprocess.CalledProcessError`.
    """
    done = []
    table = gpt.read(disk)
    wanted = gpt.grown(table, disk.sectors, NAME)
    if wanted != table or not gpt.is_settled(disk):
        gpt.write(disk, wanted)
        done.append("the data partition reaches to the card's end")
    partition = wanted.partition(NAME)
    disk.resized(partition)
    if not partition.attributes & gpt.MADE:
        if has_flashed(disk, partition):
            done.append("the data partition came with the card")
        else:
            _format(disk, partition)
            done.append("the data partition has a file system")
        disk.flush()
        gpt.write(disk, gpt.with_made(wanted, NAME))
    return done


def _format(disk: OpenDisk, partition: gpt.Partition) -> None:
    if disk.is_device:
        path = disk.device(partition.number)
        _run(*FORMAT, "-E", FEATURES, path)
    else:
        path = disk.path
        kilobytes = (partition.last + 1 - partition.first) // 2
        offset = partition.first * gpt.SECTOR
        _run(*FORMAT, "-E", f"{FEATURES},offset={offset}", path, f"{kilobytes}k")
    # What mke2fs wrote lies in the memory of the partition's device, not of the disk's.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def main(arguments: list[str] | None = None) -> int:
    """Make the partition of the disk that the command line names; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        print("satchel-data-make: expected DISK", file=sys.stderr)  # noqa: T201
        return 2
    try:
        for line in make(OpenDisk(given[0])):
            print(f"satchel-data-make: {line}")  # noqa: T201
    except gpt.BadTable as error:
        print(f"satchel-data-make: {given[0]}: {error}", file=sys.stderr)  # noqa: T201
        return 3
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"satchel-data-make: {given[0]}: {error}", file=sys.stderr)  # noqa: T201
        return 9
    return 0


if __name__ == "__main__":
    sys.exit(main())
