"""The disk that a node lives on: how much room it has, and what is wrong with it."""

import errno
import os
from pathlib import Path

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.data_dir import DataDir
from sync_node.limits import DISK_RESERVE_BYTES

_TROUBLES = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read-only",
    errno.ENOENT: "unreadable",
    errno.EACCES: "",
    errno.EPERM: "",
}


def disk_free(folder: Path) -> int:
    """Return the bytes that are free for us on the disk of `folder`."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def disk_total(folder: Path) -> int:
    """Return the bytes of the disk of `folder`."""
    status = os.statvfs(folder)
    return status.f_blocks * status.f_frsize


def disk_trouble(data_dir: DataDir) -> str:
    """Return what is wrong with a node's disk, "" for nothing. Writes a byte, and removes it.

    `full`: half of the reserve is gone that is kept for databases and logs. `read-only`: as a card
    turns that fails. `failing`: it can't be written for another reason. `unreadable`: it is gone.
    Where this user may not write, whoever runs the engine may, and nothing is said.
    """
    try:
        if disk_free(data_dir.root) < DISK_RESERVE_BYTES // 2:
            return "full"
        durable.check_writable(data_dir.incoming)
    except OSError:
        return "unreadable"
    except StorageFailed as error:
        cause = error.__cause__
        number = cause.errno if isinstance(cause, OSError) else None
        return _TROUBLES.get(number or 0, "failing")
    return ""
