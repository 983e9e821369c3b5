"""What pupils did, as schools sent it, and what is used where."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE record_batch_row (
      number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
      school TEXT NOT NULL REFERENCES school_row (school) ON DELETE RESTRICT,
      node TEXT NOT NULL,
      taken_at TEXT NOT NULL,
      records BIGINT NOT NULL,
      first_at TEXT NOT NULL,
      last_at TEXT NOT NULL,
      frame TEXT NOT NULL
    )
    """,
    "CREATE INDEX record_batch_row_school ON record_batch_row (school, number)",
    """
    CREATE TABLE record_row (
      school TEXT NOT NULL,
      id TEXT NOT NULL,
      batch BIGINT NOT NULL,
      PRIMARY KEY (school, id)
    )
    """,
    """
    CREATE TABLE use_row (
      school TEXT NOT NULL,
      month TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      pupils BIGINT NOT NULL,
      marks TEXT NOT NULL,
      opened BIGINT NOT NULL,
      done BIGINT NOT NULL,
      answers BIGINT NOT NULL,
      correct BIGINT NOT NULL,
      PRIMARY KEY (school, month, pack, lesson)
    )
    """,
    "CREATE INDEX use_row_month ON use_row (month, pack, lesson)",
    """
    CREATE TABLE use_day_row (
      school TEXT NOT NULL,
      day TEXT NOT NULL,
      pupils BIGINT NOT NULL,
      marks TEXT NOT NULL,
      opened BIGINT NOT NULL,
      answers BIGINT NOT NULL,
      PRIMARY KEY (school, day)
    )
    """,
    "CREATE INDEX use_day_row_day ON use_day_row (day)",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
