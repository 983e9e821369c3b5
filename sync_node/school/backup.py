"""A copy of school.db, whole and durable, made while the school goes on."""

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from content_packs import durable
from content_packs.errors import StorageFailed
from content_packs.values import Value
from sync_node.school.limits import DATABASE_BUSY_SECONDS, DISK_RESERVE_BYTES
from sync_node.school.migrations import is_ours


class BackedUp(Value, frozen=True):
    """A copy that was made: where, of how many bytes and records."""

    path: Path
    size: int
    records: int


def back_up(source: Path, target: Path, *, disk_free: Callable[[Path], int]) -> BackedUp:
    """Copy a school.db to `target`, which then has all that was committed when this began.

    Checked before it takes the place of the copy before. Writers aren't held up. Raises
    `StorageFailed` where there is nothing to copy, it is damaged, or the disk hasn't the room.
    """
    part = target.with_name(target.name + durable.TEMPORARY_SUFFIX)
    with durable.storage_errors(target):
        if not source.is_file():
            raise StorageFailed(f"{source}: there is nothing to back up yet")
        if disk_free(target.parent) - source.stat().st_size < DISK_RESERVE_BYTES:
            raise StorageFailed(f"{target}: the disk has no room for it", hint="Free some space.")
        try:
            records = _copy(source, part)
            durable.fsync_file(part)
        except (sqlite3.Error, StorageFailed) as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            if isinstance(error, StorageFailed):
                raise
            raise StorageFailed(f"{target}: {error}", hint="Check both disks.") from error
    durable.rename(part, target)
    return BackedUp(target, target.stat().st_size, records)


def age_of(target: Path, now: datetime) -> float | None:
    """Return how many seconds old a backup is, None where there is none."""
    try:
        made = datetime.fromtimestamp(target.stat().st_mtime, UTC)
    except OSError:
        return None
    return (now - made).total_seconds()


def _copy(source: Path, part: Path) -> int:
    part.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(source, timeout=DATABASE_BUSY_SECONDS)) as old,
        contextlib.closing(sqlite3.connect(part, isolation_level=None)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode = delete")
        found = new.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok" or not is_ours(new):
            raise StorageFailed(f"{source}: not backed up, it is damaged: {found}")
        return int(new.execute("SELECT count(*) FROM statement_row").fetchone()[0])
