"""A hub of every earlier release comes to the newest form with all that it held."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import peewee
import pytest

import hub.rooms
from content_packs.errors import StorageFailed
from hub import migrations
from hub.database import Database
from hub.dialects import spelled
from hub.engines import Postgresql
from tests.hub.rows_of_releases import ROWS
from tests.support.hub_databases import HubDatabases

NAMES = sorted(path.stem for path in Path(migrations.__file__).parent.glob("[0-9]*.py"))

# Those that go both ways by default; the others do so in the long run.
BOTH_WAYS = (NAMES[0], NAMES[4], NAMES[-2])
OTHERS = tuple(name for name in NAMES[:-1] if name not in BOTH_WAYS)


@pytest.fixture
def database(databases: HubDatabases, tmp_path: Path) -> Database:
    """A database with no table in it yet."""
    where = databases.new()
    if where == "sqlite":
        (tmp_path / "hub.db").touch()
        return Database(tmp_path / "hub.db")
    return Database(Postgresql(where, lambda: None))


def fill(database: Database, name: str) -> None:
    """Write a row of each table that a migration made, as its release did."""
    for table, row in ROWS.get(name, {}).items():
        with database.writing():
            database._peewee.execute_sql(
                _writing(table, row, "?" if database.dialect == "sqlite" else "%s"),
                tuple(row.values()),
            )


def _writing(table: str, row: dict[str, Any], sign: str) -> str:
    columns = ", ".join(f'"{column}"' for column in row)
    values = ", ".join([sign] * len(row))
    return f'INSERT INTO "{table}" ({columns}) VALUES ({values})'  # noqa: S608 - names of above


def _reading(table: str, row: dict[str, Any]) -> str:
    columns = ", ".join(f'"{column}"' for column in row)
    return f'SELECT {columns} FROM "{table}"'  # noqa: S608 - names of above


def shape(database: Database) -> dict[str, Any]:
    """Return what each table is made of."""
    found = {}
    with database.transaction():
        for table in database._peewee.get_tables():
            columns = database._peewee.get_columns(table)
            indexes = database._peewee.get_indexes(table)
            keys = database._peewee.get_foreign_keys(table)
            found[table] = (
                sorted((one.name, one.data_type, one.null, one.primary_key) for one in columns),
                sorted((one.name, tuple(one.columns), one.unique) for one in indexes),
                sorted((one.column, one.dest_table) for one in keys),
            )
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize("last", BOTH_WAYS)
def test_a_hub_of_an_earlier_release_keeps_all_that_it_held(
    database: Database, databases: HubDatabases, tmp_path: Path, last: str
) -> None:
    assert_keeps_all(database, databases, tmp_path, last)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("last", OTHERS)
def test_so_does_a_hub_of_each_release_between(
    database: Database, databases: HubDatabases, tmp_path: Path, last: str
) -> None:
    assert_keeps_all(database, databases, tmp_path, last)


@pytest.mark.long
@pytest.mark.both_databases
@pytest.mark.parametrize("last", OTHERS)
def test_so_does_each_on_both_databases(
    database: Database, databases: HubDatabases, tmp_path: Path, last: str
) -> None:
    assert_keeps_all(database, databases, tmp_path, last)


def assert_keeps_all(
    database: Database, databases: HubDatabases, tmp_path: Path, last: str
) -> None:
    """Go up to the form of a release with rows of its own and all before; then to the newest."""
    for name in NAMES[: NAMES.index(last) + 1]:
        database.migrate(nullcontext, to=name)
        fill(database, name)
    assert database.schema() == NAMES[: NAMES.index(last) + 1]
    database.migrate(nullcontext)
    assert database.schema() == NAMES
    for name in NAMES[: NAMES.index(last) + 1]:
        for table, row in ROWS.get(name, {}).items():
            with database.transaction():
                (found,) = database._peewee.execute_sql(_reading(table, row))
            for column, kept, written in zip(row, found, row.values(), strict=True):
                assert written in (kept, json.dumps(kept, ensure_ascii=False)), (table, column)
    grown = shape(database)
    database.close()
    new = other(databases, tmp_path)
    new.migrate(nullcontext)
    assert grown == shape(new)
    new.close()


def other(databases: HubDatabases, tmp_path: Path) -> Database:
    where = databases.new()
    if where == "sqlite":
        return Database(tmp_path / "new.db")
    return Database(Postgresql(where, lambda: None))


def test_each_table_of_each_release_has_a_row_here(database: Database) -> None:
    """So that no upgrade is tried on an empty table."""
    before: set[str] = set()
    for name in NAMES:
        database.migrate(nullcontext, to=name)
        with database.transaction():
            now = set(database.tables())
        assert set(ROWS.get(name, {})) == now - before, name
        before = now


@pytest.mark.both_databases
def test_migrations_that_ran_are_not_run_again(database: Database) -> None:
    database.migrate(nullcontext)
    fill(database, "0001_packs")
    database.migrate(lambda: pytest.fail("nothing is to be done"))
    assert database.holds_rows()


def test_numbers_of_migrations_are_used_once() -> None:
    numbers = [name.split("_")[0] for name in NAMES]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.both_databases
def test_models_are_as_the_migrations_make_their_tables(database: Database) -> None:
    assert hub.rooms  # which loads every room, and so every model
    database.migrate(nullcontext)
    tables = shape(database)
    seen = 0
    for model in models(peewee.Model):
        name = model._meta.table_name
        if model._meta.database.obj is not database._peewee or name not in tables:
            continue
        columns = {column for column, *_ in tables[name][0]}
        assert columns == {field.column_name for field in model._meta.sorted_fields}, name
        seen += 1
    assert seen >= sum(len(tables) for tables in ROWS.values())


def models(model: type[peewee.Model]) -> list[Any]:
    """Return all models below one that have a table of the hub's."""
    found: list[Any] = []
    for below in model.__subclasses__():
        if isinstance(below._meta.database, peewee.DatabaseProxy):
            found.append(below)
        found += models(below)
    return found


def test_what_sqlite_says_is_said_to_postgresql() -> None:
    (said,) = spelled(
        "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL "
        "DEFAULT 'a TEXT', n INTEGER, j JSON)",
        "postgresql",
    )
    assert said == (
        "CREATE TABLE t (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
        "text TEXT COLLATE \"C\" NOT NULL DEFAULT 'a TEXT', n BIGINT, j JSONB)"
    )
    text = "INSERT INTO t VALUES (1, 'INTEGER')"
    assert spelled(text, "postgresql") == (text,)
    assert spelled("CREATE TABLE t (n INTEGER)", "sqlite") == ("CREATE TABLE t (n INTEGER)",)


def test_a_trigger_that_cannot_be_said_is_refused() -> None:
    with pytest.raises(ValueError, match="not a trigger"):
        spelled("CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM y; END", "postgresql")


def test_a_database_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    away = Database(Postgresql(f"postgresql://x@/none?host={tmp_path}", lambda: None))
    with pytest.raises(StorageFailed) as failed:
        away.migrate(nullcontext)
    assert "Check that PostgreSQL runs" in failed.value.hint
