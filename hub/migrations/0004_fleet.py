"""Schools, nodes and their keys, enrolment codes, what nodes were told and said, the audit log."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE school_row (
      school TEXT NOT NULL PRIMARY KEY,
      district TEXT NOT NULL,
      title TEXT NOT NULL,
      added_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE node_row (
      node TEXT NOT NULL PRIMARY KEY,
      school TEXT NOT NULL REFERENCES school_row (school) ON DELETE RESTRICT,
      groups JSON NOT NULL,
      serial INTEGER NOT NULL,
      added_at TEXT NOT NULL,
      revoked_at TEXT NOT NULL,
      alarm TEXT NOT NULL,
      alarm_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE node_key_row (
      keyid TEXT NOT NULL PRIMARY KEY,
      node TEXT NOT NULL REFERENCES node_row (node) ON DELETE RESTRICT,
      public TEXT NOT NULL,
      state TEXT NOT NULL,
      code TEXT NOT NULL,
      nonce TEXT NOT NULL,
      model TEXT NOT NULL,
      serial_number TEXT NOT NULL,
      software TEXT NOT NULL,
      origin TEXT NOT NULL,
      claimed_at TEXT NOT NULL,
      decided_at TEXT NOT NULL,
      credential TEXT NOT NULL,
      sequence BIGINT NOT NULL,
      requests JSON NOT NULL,
      chain_sequence BIGINT NOT NULL,
      chain_digest TEXT NOT NULL
    )
    """,
    "CREATE INDEX node_key_row_node ON node_key_row (node)",
    """
    CREATE TABLE code_row (
      hash TEXT NOT NULL PRIMARY KEY,
      school TEXT NOT NULL REFERENCES school_row (school) ON DELETE RESTRICT,
      node TEXT NOT NULL,
      made_at TEXT NOT NULL,
      expires_at TEXT NOT NULL,
      used_at TEXT NOT NULL,
      keyid TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE approval_row (
      mark TEXT NOT NULL PRIMARY KEY,
      added_at TEXT NOT NULL,
      keyid TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE desired_row (
      number BIGINT NOT NULL PRIMARY KEY,
      node TEXT NOT NULL,
      "group" TEXT NOT NULL,
      document TEXT NOT NULL,
      issued_at TEXT NOT NULL
    )
    """,
    'CREATE INDEX desired_row_of ON desired_row (node, "group", number)',
    """
    CREATE TABLE report_row (
      id INTEGER NOT NULL PRIMARY KEY,
      node TEXT NOT NULL REFERENCES node_row (node) ON DELETE RESTRICT,
      at TEXT NOT NULL,
      taken_at TEXT NOT NULL,
      by TEXT NOT NULL,
      report TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX report_row_node ON report_row (node, at)",
    """
    CREATE TABLE batch_row (
      keyid TEXT NOT NULL REFERENCES node_key_row (keyid) ON DELETE RESTRICT,
      sequence BIGINT NOT NULL,
      digest TEXT NOT NULL,
      kind TEXT NOT NULL,
      taken_at TEXT NOT NULL,
      document TEXT NOT NULL,
      trouble TEXT NOT NULL,
      PRIMARY KEY (keyid, sequence)
    )
    """,
    """
    CREATE TABLE audit_row (
      id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      refusal INTEGER NOT NULL,
      event TEXT NOT NULL,
      node TEXT NOT NULL,
      keyid TEXT NOT NULL,
      origin TEXT NOT NULL,
      reason TEXT NOT NULL
    )
    """,
    "CREATE INDEX audit_row_refusal ON audit_row (refusal, id)",
    """
    CREATE TRIGGER audit_row_stays BEFORE UPDATE ON audit_row
    BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
