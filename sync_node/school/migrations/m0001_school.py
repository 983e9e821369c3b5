"""The first form: people, sign-in, what is set, records and what is derived of them, materials."""

import sqlite3

TABLES = (
    """
    CREATE TABLE class_row (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      grade TEXT NOT NULL,
      source_id TEXT NOT NULL,
      created_at TEXT NOT NULL,
      archived INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE learner_row (
      id TEXT NOT NULL PRIMARY KEY,
      class_id TEXT NOT NULL REFERENCES class_row (id) ON DELETE RESTRICT,
      name TEXT NOT NULL,
      sort_key TEXT NOT NULL,
      picture TEXT NOT NULL,
      pin_hash TEXT NOT NULL,
      pin_kind TEXT NOT NULL,
      source_id TEXT NOT NULL,
      created_at TEXT NOT NULL,
      archived INTEGER NOT NULL
    )
    """,
    "CREATE INDEX learner_row_class ON learner_row (class_id, sort_key)",
    """
    CREATE TABLE teacher_row (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      passphrase_hash TEXT NOT NULL,
      created_at TEXT NOT NULL,
      archived INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE code_row (
      kind TEXT NOT NULL PRIMARY KEY,
      code_hash TEXT NOT NULL,
      created_at TEXT NOT NULL
    )
    """,
    "CREATE TABLE device_row (id TEXT NOT NULL PRIMARY KEY, created_at TEXT NOT NULL)",
    """
    CREATE TABLE known_device_row (
      account TEXT NOT NULL,
      device TEXT NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (account, device)
    )
    """,
    """
    CREATE TABLE session_row (
      token_hash TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      device TEXT NOT NULL,
      created_at TEXT NOT NULL,
      seen_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX session_row_subject ON session_row (kind, subject)",
    """
    CREATE TABLE attempt_row (
      id INTEGER NOT NULL PRIMARY KEY,
      account TEXT NOT NULL,
      device TEXT NOT NULL,
      at TEXT NOT NULL
    )
    """,
    "CREATE INDEX attempt_row_account ON attempt_row (account, at)",
    "CREATE INDEX attempt_row_device ON attempt_row (device, at)",
    """
    CREATE TABLE assignment_row (
      id TEXT NOT NULL PRIMARY KEY,
      class_id TEXT NOT NULL REFERENCES class_row (id) ON DELETE RESTRICT,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      item TEXT NOT NULL,
      due_on TEXT NOT NULL,
      by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      withdrawn_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX assignment_row_class ON assignment_row (class_id, due_on)",
    """
    CREATE TABLE statement_row (
      sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      stored_at TEXT NOT NULL,
      actor TEXT NOT NULL,
      verb TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      item TEXT NOT NULL,
      version INTEGER NOT NULL,
      body BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE progress_row (
      actor TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      item TEXT NOT NULL,
      version INTEGER NOT NULL,
      state TEXT NOT NULL,
      percent INTEGER NOT NULL,
      seconds INTEGER NOT NULL,
      score INTEGER NOT NULL,
      points INTEGER NOT NULL,
      by_app INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      started_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      PRIMARY KEY (actor, pack, lesson, item)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX progress_row_actor ON progress_row (actor, updated_at)",
    """
    CREATE TABLE answer_row (
      actor TEXT NOT NULL,
      pack TEXT NOT NULL,
      lesson TEXT NOT NULL,
      item TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      question TEXT NOT NULL,
      outcome TEXT NOT NULL,
      response TEXT NOT NULL,
      score INTEGER NOT NULL,
      points INTEGER NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (actor, pack, lesson, item, attempt, question)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE pinned_version_row (
      pack TEXT NOT NULL PRIMARY KEY,
      version INTEGER NOT NULL,
      until TEXT NOT NULL,
      by TEXT NOT NULL,
      created_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE wish_row (
      id TEXT NOT NULL PRIMARY KEY,
      pack TEXT NOT NULL,
      text TEXT NOT NULL,
      by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      state TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE material_row (
      id TEXT NOT NULL PRIMARY KEY,
      title TEXT NOT NULL,
      kind TEXT NOT NULL,
      digest TEXT NOT NULL,
      size INTEGER NOT NULL,
      media_type TEXT NOT NULL,
      seconds INTEGER NOT NULL,
      class_id TEXT NOT NULL,
      by TEXT NOT NULL,
      created_at TEXT NOT NULL,
      offered INTEGER NOT NULL,
      withdrawn_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX material_row_digest ON material_row (digest)",
    """
    CREATE TABLE trouble_row (
      id INTEGER NOT NULL PRIMARY KEY,
      at TEXT NOT NULL,
      code TEXT NOT NULL,
      text TEXT NOT NULL
    )
    """,
)


def up(connection: sqlite3.Connection) -> None:
    """Create the tables."""
    for statement in TABLES:
        connection.execute(statement)
