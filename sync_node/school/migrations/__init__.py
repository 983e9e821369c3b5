"""How school.db came to its form: numbered steps, forward only, never changed once released.

A step and the new `user_version` are one transaction: a power cut leaves the one form or the next.
"""

import sqlite3
from collections.abc import Callable

from sync_node.school.migrations import m0001_school

APPLICATION_ID = 0x53_41_54_53  # "SATS": says that the file is a school.db of Satchel
STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (m0001_school.up,)
SCHEMA = len(STEPS)


def schema_of(connection: sqlite3.Connection) -> int:
    """Return the number of the form that a database has; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_ours(connection: sqlite3.Connection) -> bool:
    """Say whether a database is a school.db, or empty."""
    number = connection.execute("PRAGMA application_id").fetchone()[0]
    return number == APPLICATION_ID or (number == 0 and schema_of(connection) == 0)


def migrate(connection: sqlite3.Connection, *, to: int = SCHEMA) -> None:
    """Bring a database to form `to`, each step a transaction. For autocommit connections."""
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            at = schema_of(connection)  # another process may have been faster
            if at < to:
                STEPS[at](connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {at + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        if at + 1 >= to:
            return
