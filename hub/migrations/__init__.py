"""Numbered scripts that bring hub.db from one form to the next; they are run in order.

A script that was released is never changed. Each spells its tables out instead of importing the
models, which go on changing. They are written in SQLite's SQL; `execute` says the same to
PostgreSQL (`hub.dialects`).
"""

from typing import Any

import peewee

from hub.dialects import spelled


def execute(db: Any, statement: str) -> None:
    """Have a database run a statement of a migration, in its own dialect.

    Raises `peewee.PeeweeException`, and `ValueError` for what can't be said in the dialect.
    """
    sqlite = isinstance(db, peewee.SqliteDatabase)
    for one in spelled(statement, "sqlite" if sqlite else "postgresql"):
        db.execute_sql(one)
