"""Background jobs, and the chores that come round."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE job_row (
      id TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL,
      arguments JSON NOT NULL,
      actor JSON NOT NULL,
      login TEXT NOT NULL,
      publisher TEXT NOT NULL,
      once TEXT NOT NULL,
      state TEXT NOT NULL,
      priority INTEGER NOT NULL,
      not_before TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      deaths INTEGER NOT NULL,
      lease_by TEXT NOT NULL,
      lease_until TEXT NOT NULL,
      cancel_by TEXT NOT NULL,
      done BIGINT NOT NULL,
      total BIGINT NOT NULL,
      words TEXT NOT NULL,
      result JSON NOT NULL,
      problem TEXT NOT NULL,
      hint TEXT NOT NULL,
      created_at TEXT NOT NULL,
      started_at TEXT NOT NULL,
      ended_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX job_row_state ON job_row (state, priority, id)",
    "CREATE INDEX job_row_once ON job_row (once, state)",
    """
    CREATE TABLE job_log_row (
      job TEXT NOT NULL PRIMARY KEY,
      text TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE chore_row (
      chore TEXT NOT NULL PRIMARY KEY,
      due_at TEXT NOT NULL
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
