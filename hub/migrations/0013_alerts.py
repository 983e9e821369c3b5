"""What was wrong, since when and until when; to whom it is told, and what they were."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE alert_row (
      id TEXT NOT NULL PRIMARY KEY,
      reason TEXT NOT NULL,
      subject TEXT NOT NULL,
      words TEXT NOT NULL,
      since TEXT NOT NULL,
      until TEXT NOT NULL
    )
    """,
    "CREATE INDEX alert_row_until ON alert_row (until, reason, subject)",
    """
    CREATE TABLE alert_route_row (
      id TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL,
      address TEXT NOT NULL,
      secret TEXT NOT NULL,
      language TEXT NOT NULL,
      reasons JSON NOT NULL,
      added_by TEXT NOT NULL,
      added_at TEXT NOT NULL,
      told_at TEXT NOT NULL,
      failures INTEGER NOT NULL,
      problem TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE alert_told_row (
      route TEXT NOT NULL REFERENCES alert_route_row (id) ON DELETE CASCADE,
      alert TEXT NOT NULL REFERENCES alert_row (id) ON DELETE CASCADE,
      ended INTEGER NOT NULL,
      PRIMARY KEY (route, alert)
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
