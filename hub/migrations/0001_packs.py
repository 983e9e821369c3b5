"""Packs, their versions, and what was released when."""

from typing import Any

from hub.migrations import execute

TABLES = (
    "CREATE TABLE pack_row (pack TEXT NOT NULL PRIMARY KEY, publisher TEXT NOT NULL)",
    """
    CREATE TABLE version_row (
      pack TEXT NOT NULL REFERENCES pack_row (pack) ON DELETE RESTRICT,
      version INTEGER NOT NULL,
      manifest TEXT NOT NULL,
      layout TEXT NOT NULL,
      size BIGINT NOT NULL,
      new_bytes BIGINT NOT NULL,
      title JSON NOT NULL,
      published_at TEXT NOT NULL,
      withdrawn_at TEXT NOT NULL,
      PRIMARY KEY (pack, version)
    )
    """,
    """
    CREATE TABLE release_row (
      id INTEGER NOT NULL PRIMARY KEY,
      channel TEXT NOT NULL,
      pack TEXT NOT NULL,
      version INTEGER NOT NULL,
      released_at TEXT NOT NULL
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
