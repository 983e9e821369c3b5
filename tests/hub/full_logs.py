"""A hub's database in which some lines of the audit log can't be written."""

from hub.database import Database

_SQLITE = (
    """
    CREATE TRIGGER full_log BEFORE INSERT ON audit_row WHEN NEW.event = '{event}'
    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
    """,
)
_POSTGRESQL = (
    """
    CREATE FUNCTION full_log() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$
    """,
    """
    CREATE TRIGGER full_log BEFORE INSERT ON audit_row FOR EACH ROW
    WHEN (NEW.event = '{event}') EXECUTE FUNCTION full_log()
    """,
)


def keep_out(database: Database, event: str) -> None:
    """Have the database refuse lines of an event, and nothing else."""
    with database.writing():
        for statement in _SQLITE if database.dialect == "sqlite" else _POSTGRESQL:
            database.execute(statement.format(event=event))
