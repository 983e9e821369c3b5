"""Visits to schools, and the schools on their ways."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE visit_row (
      visit TEXT NOT NULL PRIMARY KEY,
      title TEXT NOT NULL,
      courier TEXT NOT NULL,
      state TEXT NOT NULL,
      made_by TEXT NOT NULL,
      made_at TEXT NOT NULL,
      job TEXT NOT NULL,
      written_at TEXT NOT NULL,
      written_bytes BIGINT NOT NULL,
      file TEXT NOT NULL,
      ended_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX visit_row_state ON visit_row (state, made_at)",
    """
    CREATE TABLE visit_stop_row (
      visit TEXT NOT NULL REFERENCES visit_row (visit) ON DELETE CASCADE,
      node TEXT NOT NULL REFERENCES node_row (node) ON DELETE RESTRICT,
      place INTEGER NOT NULL,
      why TEXT NOT NULL,
      returned_at TEXT NOT NULL,
      returned_by TEXT NOT NULL,
      note TEXT NOT NULL,
      PRIMARY KEY (visit, node)
    )
    """,
    "CREATE INDEX visit_stop_row_node ON visit_stop_row (node)",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
