"""Reading school.db from the engine: a short connection of its own, for reading alone.

school.db is the site's. A reader of a WAL keeps no writer waiting; this one waits for nobody
either, and ends its transaction with the rows. peewee and the school's services stay out of a tick.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from content_packs.errors import SatchelError
from sync_node.data_dir import DataDir
from sync_node.limits import SCHOOL_ROWS_MAX
from sync_node.school.migrations import is_ours


class SchoolUnread(SatchelError):
    """school.db is there, and can't be read now: what was known of it goes on counting."""

    code = "school-unread"


def rows_of(data_dir: DataDir, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return columns of a table's rows; nothing where no school.db was made yet, or no such table.

    Raises `SchoolUnread` where the file is damaged, isn't ours, or can't be opened.
    """
    path = data_dir.school_db
    if not path.is_file():
        return []
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as database:
            if not is_ours(database):
                raise SchoolUnread(f"{path}: it is no school.db")
            known = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            if not known.issuperset(columns):
                return []  # of an older form: the site brings it up to date
            wanted = f"SELECT {', '.join(columns)} FROM {table} LIMIT ?"  # noqa: S608  # our names
            return database.execute(wanted, (SCHOOL_ROWS_MAX,)).fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise SchoolUnread(
            f"{path}: {error}", hint="What was known of it goes on. The site mends what is damaged."
        ) from error
