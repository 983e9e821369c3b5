"""What deltas there are between versions, and which aren't worth making."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE delta_row (
      pack TEXT NOT NULL REFERENCES pack_row (pack) ON DELETE RESTRICT,
      older INTEGER NOT NULL,
      newer INTEGER NOT NULL,
      stored BIGINT NOT NULL,
      fetched BIGINT NOT NULL,
      without BIGINT NOT NULL,
      PRIMARY KEY (pack, older, newer)
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the table."""
    for table in TABLES:
        execute(db, table)
