"""Uploads, who published and released what, what retention dropped, the secret of previews."""

from typing import Any

from hub.migrations import execute

STATEMENTS = (
    """
    CREATE TABLE upload_row (
      id TEXT NOT NULL PRIMARY KEY,
      login TEXT NOT NULL,
      publisher TEXT NOT NULL,
      name TEXT NOT NULL,
      size BIGINT NOT NULL,
      received BIGINT NOT NULL,
      state TEXT NOT NULL,
      job TEXT NOT NULL,
      result TEXT NOT NULL,
      created_at TEXT NOT NULL,
      changed_at TEXT NOT NULL,
      expires_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX upload_row_login ON upload_row (login, created_at)",
    "CREATE INDEX upload_row_expires ON upload_row (expires_at)",
    """
    CREATE TABLE publishing_secret_row (
      name TEXT NOT NULL PRIMARY KEY,
      secret TEXT NOT NULL
    )
    """,
    "ALTER TABLE release_row ADD COLUMN actor TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE version_row ADD COLUMN published_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE version_row ADD COLUMN dropped_at TEXT NOT NULL DEFAULT ''",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables and columns."""
    for statement in STATEMENTS:
        execute(db, statement)
