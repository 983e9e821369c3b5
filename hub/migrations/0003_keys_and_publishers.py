"""Since when each key is in force, and who may publish what."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE key_row (
      keyid TEXT NOT NULL PRIMARY KEY,
      role TEXT NOT NULL,
      since TEXT NOT NULL,
      until TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE publisher_key_row (
      keyid TEXT NOT NULL PRIMARY KEY,
      publisher TEXT NOT NULL,
      public TEXT NOT NULL,
      packs TEXT NOT NULL,
      added_at TEXT NOT NULL,
      removed_at TEXT NOT NULL
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
