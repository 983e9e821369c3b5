"""What schools wish for and offer, and what the hub answers."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE request_row (
      number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
      school TEXT NOT NULL REFERENCES school_row (school) ON DELETE RESTRICT,
      id TEXT NOT NULL,
      what TEXT NOT NULL,
      node TEXT NOT NULL,
      state TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      text TEXT NOT NULL,
      kind TEXT NOT NULL,
      media_type TEXT NOT NULL,
      size BIGINT NOT NULL,
      digest TEXT NOT NULL,
      seconds BIGINT NOT NULL,
      language TEXT NOT NULL,
      asked_at TEXT NOT NULL,
      taken_at TEXT NOT NULL,
      answer TEXT NOT NULL,
      answer_text TEXT NOT NULL,
      answer_pack TEXT NOT NULL,
      answered_at TEXT NOT NULL,
      file TEXT NOT NULL,
      file_asked BIGINT NOT NULL,
      file_bytes BIGINT NOT NULL,
      said BIGINT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX request_row_id ON request_row (school, id)",
    "CREATE INDEX request_row_said ON request_row (school, said)",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
