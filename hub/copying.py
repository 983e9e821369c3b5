"""All rows of one database copied into another, of either kind, and compared.

Both are in the same form. The target's rows come in one transaction: all of them, or none. What
numbers the database gives out next goes along, so that none is given twice. A copy is compared by
digests of the rows in the order of their keys, which is the same in both: text counts byte by byte.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from content_packs.errors import StorageFailed
from hub.database import Database, Table
from hub.limits import COPY_ROWS

_JSON = {"json", "jsonb"}


@dataclass(frozen=True)
class Held:
    """What a database holds: rows by table, and a digest of them all."""

    rows: dict[str, int]
    digest: str


def copy(source: Database, target: Database) -> Held:
    """Copy all rows, and return what both hold then.

    Raises `StorageFailed`, also where the two aren't in the same form or aren't alike then.
    """
    if source.schema() != target.schema():
        raise StorageFailed(
            "the two databases aren't in the same form",
            hint="Open the hub once with this version, then try again.",
        )
    with source.transaction():
        with target.writing():
            tables = source.tables()
            for name in reversed(_in_order(tables)):  # what a migration wrote
                target.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a table's own name
            for name in _in_order(tables):
                _copy_table(source, target, name, tables[name])
            _copy_numbers(source, target, tables)
        meant = _held(source)
    with target.transaction():
        found = _held(target)
    if found != meant:
        different = [name for name, rows in meant.rows.items() if found.rows.get(name) != rows]
        raise StorageFailed(
            f"the copy isn't as the original: {', '.join(different) or 'rows differ'}",
            hint="Nothing was changed; please report it.",
        )
    return found


def held(database: Database) -> Held:
    """Return what a database holds. Raises `StorageFailed`."""
    with database.transaction():
        return _held(database)


def _held(database: Database) -> Held:
    rows: dict[str, int] = {}
    digest = hashlib.sha256()
    for name, table in sorted(database.tables().items()):
        columns = sorted(table.columns)  # a database that grew has them in another order
        digest.update(name.encode() + b"\n")
        rows[name] = 0
        for row in _rows(database, name, columns, table.key):
            line = [_value(value, kind) for value, (_, kind) in zip(row, columns, strict=True)]
            digest.update(json.dumps(line, sort_keys=True).encode() + b"\n")
            rows[name] += 1
    return Held(rows, digest.hexdigest())


def _value(value: Any, kind: str) -> Any:
    if kind in _JSON and isinstance(value, str):
        return json.loads(value)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _rows(
    database: Database, name: str, columns: list[tuple[str, str]], key: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows in the order of their keys, some thousands at a time."""
    last: tuple[Any, ...] = ()
    names = ", ".join(f'"{column}"' for column, _ in columns)
    keys = ", ".join(f'"{column}"' for column in key)
    signs = ", ".join("?" * len(key))
    at = [[column for column, _ in columns].index(column) for column in key]
    while True:
        after = f"WHERE ({keys}) > ({signs})" if last else ""
        query = f'SELECT {names} FROM "{name}" {after} ORDER BY {keys} LIMIT {COPY_ROWS}'  # noqa: S608 - names of its own
        found = database.execute(query, *last).fetchall()
        yield from found
        if len(found) < COPY_ROWS:
            return
        last = tuple(found[-1][number] for number in at)


def _copy_table(source: Database, target: Database, name: str, table: Table) -> None:
    columns = sorted(table.columns)
    names = ", ".join(f'"{column}"' for column, _ in columns)
    signs = ", ".join("?" * len(columns))
    insert = f'INSERT INTO "{name}" ({names}) VALUES ({signs})'  # noqa: S608 - names of its own
    for row in _rows(source, name, columns, table.key):
        target.execute(
            insert,
            *(
                json.dumps(value, ensure_ascii=False)
                if kind in _JSON and not isinstance(value, str | None)
                else value
                for value, (_, kind) in zip(row, columns, strict=True)
            ),
        )


def _in_order(tables: dict[str, Table]) -> list[str]:
    """Return the tables so that each comes after those that it refers to."""
    found: list[str] = []

    def add(name: str) -> None:
        if name in found:
            return
        for other in sorted(tables[name].refers_to - {name}):
            add(other)
        found.append(name)

    for name in sorted(tables):
        add(name)
    return found


def _copy_numbers(source: Database, target: Database, tables: dict[str, Table]) -> None:
    """Have the target give out no number that the source gave out already."""
    for name, table in tables.items():
        if len(table.key) != 1 or dict(table.columns)[table.key[0]] not in {"integer", "bigint"}:
            continue
        last = source.last_number(name, table.key[0])
        if last:
            target.go_on_after(name, table.key[0], last)
