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
from tests.support.hub_databases import HubDatabases

NAMES = sorted(path.stem for path in Path(migrations.__file__).parent.glob("[0-9]*.py"))

AT = "2026-01-01T08:00:00Z"

# One row of each table that a release made, as it wrote it.
ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "0001_packs": {
        "pack_row": {"pack": "demo", "publisher": "county"},
        "version_row": {
            "pack": "demo", "version": 1, "manifest": "a" * 64, "layout": "b" * 64, "size": 2**40,
            "new_bytes": 2**40, "title": '{"en": "Demo", "zh": "示例"}', "published_at": AT,
            "withdrawn_at": "",
        },
        "release_row": {"channel": "main", "pack": "demo", "version": 1, "released_at": AT},
    },
    "0002_deltas": {
        "delta_row": {
            "pack": "demo", "older": 1, "newer": 2, "stored": 7, "fetched": 9, "without": 2**40,
        },
    },
    "0003_keys_and_publishers": {
        "key_row": {"keyid": "c" * 64, "role": "root", "since": AT, "until": ""},
        "publisher_key_row": {
            "keyid": "d" * 64, "publisher": "county", "public": "e" * 64, "packs": "demo*",
            "added_at": AT, "removed_at": "",
        },
    },
    "0004_fleet": {
        "school_row": {"school": "qamdo", "district": "east", "title": "昌都小学", "added_at": AT},
        "node_row": {
            "node": "qamdo-1", "school": "qamdo", "groups": '["east"]', "serial": 1_767_254_400,
            "added_at": AT, "revoked_at": "", "alarm": "", "alarm_at": "",
        },
        "node_key_row": {
            "keyid": "f" * 64, "node": "qamdo-1", "public": "0" * 64, "state": "valid",
            "code": "1" * 64, "nonce": "n", "model": "box", "serial_number": "9", "software": "1",
            "origin": "192.0.2.1", "claimed_at": AT, "decided_at": AT, "credential": "{}",
            "sequence": 12, "requests": '[[12, "x"]]', "chain_sequence": 3,
            "chain_digest": "2" * 64,
        },
        "code_row": {
            "hash": "1" * 64, "school": "qamdo", "node": "", "made_at": AT, "expires_at": AT,
            "used_at": AT, "keyid": "f" * 64,
        },
        "approval_row": {"mark": "9", "added_at": AT, "keyid": ""},
        "desired_row": {
            "number": 1_767_254_400, "node": "qamdo-1", "group": "", "document": "{}",
            "issued_at": AT,
        },
        "report_row": {
            "node": "qamdo-1", "at": AT, "taken_at": AT, "by": "check-in", "report": "{}",
        },
        "batch_row": {
            "keyid": "f" * 64, "sequence": 1, "digest": "3" * 64, "kind": "reports",
            "taken_at": AT, "document": "", "trouble": "",
        },
        "audit_row": {
            "at": AT, "refusal": 0, "event": "school-added", "node": "", "keyid": "", "origin": "",
            "reason": "qamdo",
        },
    },
    "0005_school_requests": {
        "request_row": {
            "school": "qamdo", "id": "u-1", "what": "pack", "node": "qamdo-1", "state": "open",
            "pack": "demo", "lesson": "", "text": "更多", "kind": "", "media_type": "", "size": 0,
            "digest": "", "seconds": 0, "language": "zh", "asked_at": AT, "taken_at": AT,
            "answer": "", "answer_text": "", "answer_pack": "", "answered_at": "", "file": "",
            "file_asked": 0, "file_bytes": 0, "said": 0,
        },
    },
}  # fmt: skip

pytestmark = pytest.mark.both_databases


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


@pytest.mark.parametrize("last", NAMES[:-1])
def test_a_hub_of_an_earlier_release_keeps_all_that_it_held(
    database: Database, databases: HubDatabases, tmp_path: Path, last: str
) -> None:
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


def test_migrations_that_ran_are_not_run_again(database: Database) -> None:
    database.migrate(nullcontext)
    fill(database, "0001_packs")
    database.migrate(lambda: pytest.fail("nothing is to be done"))
    assert database.holds_rows()


def test_numbers_of_migrations_are_used_once() -> None:
    numbers = [name.split("_")[0] for name in NAMES]
    assert len(set(numbers)) == len(numbers)


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
