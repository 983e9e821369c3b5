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
      pupils BIGINT NOT NULL,
      opened BIGINT NOT NULL,
      done BIGINT NOT NULL,
      answers BIGINT NOT NULL,
      correct BIGINT NOT NULL,
      PRIMARY KEY (school, month, pack)
    )
    """,
    """
    CREATE INDEX use_row_month
      ON use_row (month, pack, school, pupils, opened, done, answers, correct)
    """,
    """
    CREATE TABLE lesson_use_row (
      school TEXT NOT NULL,
      month TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      pupils BIGINT NOT NULL,
      opened BIGINT NOT NULL,
      done BIGINT NOT NULL,
      answers BIGINT NOT NULL,
      correct BIGINT NOT NULL,
      PRIMARY KEY (school, month, pack, lesson)
    )
    """,
    """
    CREATE INDEX lesson_use_row_month
      ON lesson_use_row (month, pack, lesson, school, pupils, opened, done, answers, correct)
    """,
    """
    CREATE TABLE use_day_row (
      school TEXT NOT NULL,
      day TEXT NOT NULL,
      pupils BIGINT NOT NULL,
      PRIMARY KEY (school, day)
    )
    """,
    "CREATE INDEX use_day_row_day ON use_day_row (day, school, pupils)",
    """
    CREATE TABLE use_mark_row (
      school TEXT NOT NULL,
      span TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      marks TEXT NOT NULL,
      PRIMARY KEY (school, span, pack, lesson)
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
