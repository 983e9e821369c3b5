"""How long a silence is that a node has once in a year, beside its usual ones.

All rows are judged anew, in lots, by the first hub that runs after this.
"""

from typing import Any

from hub.migrations import execute

STATEMENTS = (
    "ALTER TABLE node_state_row ADD COLUMN silence_rare BIGINT NOT NULL DEFAULT 0",
    "UPDATE node_state_row SET edition = 0",
)


def up(_migrator: Any, db: Any) -> None:
    """Add the column."""
    for statement in STATEMENTS:
        execute(db, statement)
