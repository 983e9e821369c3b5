"""People, their sessions, devices, links and tokens; the audit log says who, and is a chain."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE person_row (
      person TEXT NOT NULL PRIMARY KEY,
      login TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      role TEXT NOT NULL,
      townships JSON NOT NULL,
      publisher TEXT NOT NULL,
      password TEXT NOT NULL,
      totp TEXT NOT NULL,
      totp_step BIGINT NOT NULL,
      added_at TEXT NOT NULL,
      disabled_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE person_session_row (
      digest TEXT NOT NULL PRIMARY KEY,
      person TEXT NOT NULL REFERENCES person_row (person) ON DELETE RESTRICT,
      csrf TEXT NOT NULL,
      address TEXT NOT NULL,
      created_at TEXT NOT NULL,
      seen_at TEXT NOT NULL,
      expires_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX person_session_row_person ON person_session_row (person)",
    "CREATE INDEX person_session_row_expires ON person_session_row (expires_at)",
    """
    CREATE TABLE person_device_row (
      digest TEXT NOT NULL PRIMARY KEY,
      person TEXT NOT NULL REFERENCES person_row (person) ON DELETE RESTRICT,
      seen_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX person_device_row_person ON person_device_row (person)",
    """
    CREATE TABLE person_link_row (
      digest TEXT NOT NULL PRIMARY KEY,
      person TEXT NOT NULL UNIQUE REFERENCES person_row (person) ON DELETE RESTRICT,
      expires_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE api_token_row (
      token TEXT NOT NULL PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      person TEXT NOT NULL REFERENCES person_row (person) ON DELETE RESTRICT,
      name TEXT NOT NULL,
      scopes JSON NOT NULL,
      made_at TEXT NOT NULL,
      expires_at TEXT NOT NULL,
      used_on TEXT NOT NULL,
      revoked_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX api_token_row_person ON api_token_row (person)",
    """
    CREATE TABLE try_row (
      name TEXT NOT NULL PRIMARY KEY,
      used_until BIGINT NOT NULL
    )
    """,
    "ALTER TABLE audit_row ADD COLUMN actor TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audit_row ADD COLUMN number BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE audit_row ADD COLUMN previous TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audit_row ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX audit_row_number ON audit_row (refusal, number)",
    "CREATE INDEX audit_row_actor ON audit_row (actor, id)",
    """
    CREATE TABLE audit_head_row (
      chain TEXT NOT NULL PRIMARY KEY,
      number BIGINT NOT NULL,
      digest TEXT NOT NULL,
      before BIGINT NOT NULL
    )
    """,
    """
    CREATE TABLE audit_checkpoint_row (
      number BIGINT NOT NULL PRIMARY KEY,
      document TEXT NOT NULL
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for statement in TABLES:
        execute(db, statement)
