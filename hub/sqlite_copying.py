"""A copy of a SQLite file of one moment, while others write to it (SQLite's online backup)."""

import sqlite3
from contextlib import closing
from pathlib import Path

from content_packs.errors import StorageFailed
from hub.limits import DATABASE_BUSY_SECONDS


def copy_file(source: Path, target: Path) -> None:
    """Copy the database at `source` to the file `target`, durably. Raises `StorageFailed`."""
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(target, timeout=DATABASE_BUSY_SECONDS)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = delete")
    except sqlite3.Error as error:
        raise StorageFailed(
            f"{source}: {error}",
            hint="Check the disk; restore hub.db from an earlier backup if it is damaged.",
        ) from error


def troubles(path: Path) -> list[str]:
    """Return what is wrong inside a SQLite file, nothing for a sound one."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            found = [str(row[0]) for row in database.execute("PRAGMA integrity_check")]
            broken = database.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        return [str(error)]
    found = [line for line in found if line != "ok"]
    return found + [f"{table}: row {row} refers to nothing" for table, row, *_ in broken]
