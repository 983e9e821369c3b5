"""Up to which day records, and counts of use, were forgotten."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE forgotten_row (
      what TEXT NOT NULL,
      school TEXT NOT NULL,
      before TEXT NOT NULL,
      forgotten_at TEXT NOT NULL,
      PRIMARY KEY (what, school)
    )
    """,
    "CREATE INDEX record_batch_row_first_at ON record_batch_row (first_at)",
    "CREATE INDEX record_batch_row_taken_at ON record_batch_row (taken_at)",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the table, and what finds old records."""
    for table in TABLES:
        execute(db, table)
