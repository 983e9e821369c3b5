"""Rollouts: what was planned, how far each has come, what became of it in each school, and why."""

from typing import Any

from hub.migrations import execute

TABLES = (
    """
    CREATE TABLE rollout_row (
      rollout TEXT NOT NULL PRIMARY KEY,
      pack TEXT NOT NULL,
      version BIGINT NOT NULL,
      channel TEXT NOT NULL,
      plan TEXT NOT NULL,
      seed TEXT NOT NULL,
      price TEXT NOT NULL,
      planned_at TEXT NOT NULL,
      planned_by TEXT NOT NULL,
      approved_at TEXT NOT NULL,
      approved_by TEXT NOT NULL,
      ended_at TEXT NOT NULL,
      state TEXT NOT NULL,
      stage INTEGER NOT NULL,
      begun_at TEXT NOT NULL,
      met_since TEXT NOT NULL,
      passed INTEGER NOT NULL,
      reverted INTEGER NOT NULL,
      code TEXT NOT NULL,
      figures TEXT NOT NULL,
      step BIGINT NOT NULL,
      edition_due INTEGER NOT NULL,
      listed_at TEXT NOT NULL,
      seen_until TEXT NOT NULL,
      lease_until TEXT NOT NULL,
      trouble TEXT NOT NULL
    )
    """,
    "CREATE INDEX rollout_row_of ON rollout_row (channel, pack, state)",
    "CREATE INDEX rollout_row_planned_at ON rollout_row (planned_at)",
    """
    CREATE TABLE rollout_node_row (
      rollout TEXT NOT NULL REFERENCES rollout_row (rollout) ON DELETE RESTRICT,
      node TEXT NOT NULL REFERENCES node_row (node) ON DELETE RESTRICT,
      stage INTEGER NOT NULL,
      since TEXT NOT NULL,
      outcome TEXT NOT NULL,
      reason TEXT NOT NULL,
      have BIGINT NOT NULL,
      wanted BIGINT NOT NULL,
      changed_at TEXT NOT NULL,
      PRIMARY KEY (rollout, node)
    )
    """,
    "CREATE INDEX rollout_node_row_of ON rollout_node_row (rollout, stage, outcome, node)",
    """
    CREATE TABLE rollout_event_row (
      id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
      rollout TEXT NOT NULL REFERENCES rollout_row (rollout) ON DELETE RESTRICT,
      at TEXT NOT NULL,
      deed TEXT NOT NULL,
      stage INTEGER NOT NULL,
      code TEXT NOT NULL,
      figures TEXT NOT NULL,
      actor TEXT NOT NULL
    )
    """,
    "CREATE INDEX rollout_event_row_of ON rollout_event_row (rollout, id)",
)


def up(_migrator: Any, db: Any) -> None:
    """Create the tables."""
    for table in TABLES:
        execute(db, table)
