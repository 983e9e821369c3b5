"""Where schools are and when they are open; what state their nodes are in, day by day."""

from typing import Any

from hub.migrations import execute

TABLES = (
    "ALTER TABLE school_row ADD COLUMN township TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE school_row ADD COLUMN contact TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE school_row ADD COLUMN calendar TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE school_row ADD COLUMN latitude_e6 INTEGER",
    "ALTER TABLE school_row ADD COLUMN longitude_e6 INTEGER",
    "ALTER TABLE node_key_row ADD COLUMN number INTEGER NOT NULL DEFAULT 0",
    """
    UPDATE node_key_row SET number = (
      SELECT COUNT(*) FROM node_key_row AS older WHERE older.claimed_at <= node_key_row.claimed_at
    )
    """,
    "CREATE INDEX school_row_township ON school_row (township)",
    "CREATE INDEX node_row_school ON node_row (school)",
    """
    CREATE TABLE calendar_row (
      calendar TEXT NOT NULL PRIMARY KEY,
      title TEXT NOT NULL,
      weekdays TEXT NOT NULL,
      closures JSON NOT NULL,
      changed_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE saved_query_row (
      owner TEXT NOT NULL,
      name TEXT NOT NULL,
      query TEXT NOT NULL,
      saved_at TEXT NOT NULL,
      PRIMARY KEY (owner, name)
    )
    """,
    """
    CREATE TABLE node_state_row (
      school TEXT NOT NULL REFERENCES school_row (school) ON DELETE RESTRICT,
      node TEXT NOT NULL,
      district TEXT NOT NULL,
      township TEXT NOT NULL,
      title TEXT NOT NULL,
      found_by TEXT NOT NULL,
      groups TEXT NOT NULL,
      state TEXT NOT NULL,
      urgency INTEGER NOT NULL,
      trouble TEXT NOT NULL,
      reason TEXT NOT NULL,
      heard_at TEXT NOT NULL,
      heard_by TEXT NOT NULL,
      reported_at TEXT NOT NULL,
      expected_at TEXT NOT NULL,
      overdue_at TEXT NOT NULL,
      silence_median BIGINT NOT NULL,
      silence_p95 BIGINT NOT NULL,
      rhythm_learnt INTEGER NOT NULL,
      behind BIGINT NOT NULL,
      packs_behind INTEGER NOT NULL,
      lessons_ready BIGINT NOT NULL,
      lessons_total BIGINT NOT NULL,
      link_mean BIGINT NOT NULL,
      link_spread BIGINT NOT NULL,
      link_days INTEGER NOT NULL,
      link_on TEXT NOT NULL,
      done_p50 TEXT NOT NULL,
      done_p90 TEXT NOT NULL,
      records BIGINT NOT NULL,
      records_oldest TEXT NOT NULL,
      disk_free BIGINT NOT NULL,
      disk_total BIGINT NOT NULL,
      disk_trouble TEXT NOT NULL,
      stations INTEGER NOT NULL,
      power_cuts INTEGER NOT NULL,
      undervoltage INTEGER NOT NULL,
      software TEXT NOT NULL,
      unreached INTEGER NOT NULL,
      courier INTEGER NOT NULL,
      superseded INTEGER NOT NULL,
      rolled_back INTEGER NOT NULL,
      paused INTEGER NOT NULL,
      alarm INTEGER NOT NULL,
      claim INTEGER NOT NULL,
      packs JSON NOT NULL,
      edition BIGINT NOT NULL,
      PRIMARY KEY (school, node)
    )
    """,
    "CREATE INDEX node_state_row_node ON node_state_row (node)",
    "CREATE INDEX node_state_row_township ON node_state_row (township, school)",
    "CREATE INDEX node_state_row_state ON node_state_row (state, school)",
    "CREATE INDEX node_state_row_overdue ON node_state_row (overdue_at)",
    "CREATE INDEX node_state_row_edition ON node_state_row (edition)",
    """
    CREATE TABLE node_day_row (
      node TEXT NOT NULL REFERENCES node_row (node) ON DELETE CASCADE,
      day TEXT NOT NULL,
      hours INTEGER NOT NULL,
      contacts INTEGER NOT NULL,
      bytes_in BIGINT NOT NULL,
      bytes_counted BIGINT NOT NULL,
      goodput BIGINT NOT NULL,
      minutes_up INTEGER NOT NULL,
      behind BIGINT NOT NULL,
      disk_free BIGINT NOT NULL,
      lessons_ready BIGINT NOT NULL,
      lessons_total BIGINT NOT NULL,
      records BIGINT NOT NULL,
      PRIMARY KEY (node, day)
    )
    """,
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
