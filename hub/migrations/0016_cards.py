"""Seeds of cards, and receipts of cards that were written."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE card_seed_row (
      card INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
      school TEXT NOT NULL REFERENCES school_row (school) ON DELETE RESTRICT,
      node TEXT NOT NULL,
      digest TEXT NOT NULL,
      code TEXT NOT NULL,
      wifi TEXT NOT NULL,
      channels JSON NOT NULL,
      made_by TEXT NOT NULL,
      made_at TEXT NOT NULL,
      expires_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX card_seed_row_school ON card_seed_row (school, card)",
    "CREATE INDEX card_seed_row_digest ON card_seed_row (digest)",
    """
    CREATE TABLE card_receipt_row (
      digest TEXT NOT NULL PRIMARY KEY,
      card INTEGER NOT NULL REFERENCES card_seed_row (card) ON DELETE CASCADE,
      at TEXT NOT NULL,
      result TEXT NOT NULL,
      trouble TEXT NOT NULL,
      image TEXT NOT NULL,
      system INTEGER NOT NULL,
      satchel TEXT NOT NULL,
      arch TEXT NOT NULL,
      packs JSON NOT NULL,
      device_size BIGINT NOT NULL,
      device_model TEXT NOT NULL,
      device_serial TEXT NOT NULL,
      seconds BIGINT NOT NULL,
      label TEXT NOT NULL,
      taken_by TEXT NOT NULL,
      taken_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX card_receipt_row_card ON card_receipt_row (card, at)",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
