"""Rows by their keys, for what is done hundreds of times a second: check-ins.

Peewee builds a statement from its parts each time, which costs 0.4 ms for a table of 17 columns;
SQLite needs 0.01 ms to answer. Here a statement is built once for each set of columns. All is
inside the caller's transaction, and raises as peewee does.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, TypeVar

import peewee

_Row = TypeVar("_Row", bound=peewee.Model)
_JSON_SEPARATORS = (",", ":")

_AS_THEY_ARE = (peewee.TextField, peewee.IntegerField)  # and what is made of them, AutoField too

_Value: TypeAlias = Callable[[Any], Any]
_Read: TypeAlias = tuple[
    tuple[str, ...], tuple[tuple[str, _Value], ...]
]  # columns; what reads some


def one(model: type[_Row], **key: Any) -> _Row | None:
    """Return the row whose columns have these values, None where there is none."""
    return _read(model, tuple(key), key, "")


def _read(
    model: type[_Row], names: tuple[str, ...], key: dict[str, Any], order: str
) -> _Row | None:
    database = _database(model)
    statement, read = _selecting(model, names, order, database.param)
    found = database.execute_sql(statement, _bound(model, key)).fetchone()
    return None if found is None else _made(model, read, found)


def _made(model: type[_Row], read: _Read, found: Any) -> _Row:
    """Return a row as peewee would make it, of which nothing is to be saved yet."""
    names, converted = read
    row: Any = model.__new__(model)
    row.__data__ = data = dict(zip(names, found, strict=True))
    row.__rel__ = {}
    row._dirty = set()  # noqa: SLF001 - its own names, as `Model.__init__` sets them
    for name, value_of in converted:
        data[name] = value_of(data[name])
    return row  # type: ignore[no-any-return]  # of the model


def get(model: type[_Row], **key: Any) -> _Row:
    """Return the row whose columns have these values. Raises `peewee.DoesNotExist`."""
    found = one(model, **key)
    if found is None:
        raise peewee.DoesNotExist(f"no {model.__name__} with {', '.join(key)} as wanted")
    return found


def newest(model: type[_Row], by: str, **key: Any) -> _Row | None:
    """Return, of the rows whose columns have these values, that with the highest `by`, or None."""
    return _read(model, tuple(key), key, f" ORDER BY {_column(model, by)} DESC")


def columns(
    model: type[peewee.Model], names: tuple[str, ...], by: str, *, least: str = "", **key: Any
) -> list[tuple[Any, ...]]:
    """Return columns, none of them JSON, of the rows that have these values, in order of `by`.

    Of `by`, only from `least` on.
    """
    database = _database(model)
    statement = _selecting_columns(model, names, by, tuple(key), database.param)
    found = database.execute_sql(statement, (*_bound(model, key), least)).fetchall()
    return [tuple(row) for row in found]


def every(model: type[_Row]) -> list[_Row]:
    """Return all rows of a small table."""
    database = _database(model)
    statement, read = _selecting_all(model)
    return [_made(model, read, found) for found in database.execute_sql(statement).fetchall()]


def count(model: type[peewee.Model], **key: Any) -> int:
    """Return how many rows have these values."""
    database = _database(model)
    statement = _counting(model, tuple(key), database.param)
    return int(database.execute_sql(statement, _bound(model, key)).fetchone()[0])


def change(model: type[peewee.Model], key: dict[str, Any], columns: dict[str, Any]) -> None:
    """Set columns of the rows that have these values."""
    database = _database(model)
    statement = _updating(model, tuple(key), tuple(columns), database.param)
    database.execute_sql(statement, _bound(model, columns) + _bound(model, key))


def add(model: type[peewee.Model], columns: dict[str, Any]) -> None:
    """Write a new row; a column that isn't named is at its default."""
    database = _database(model)
    defaults = model._meta.get_default_dict()  # type: ignore[no-untyped-call]  # noqa: SLF001 - theirs
    row = {**defaults, **columns}
    statement = _inserting(model, tuple(row), database.param)
    database.execute_sql(statement, _bound(model, row))


def forget_below(model: type[peewee.Model], by: str, least: str, **key: Any) -> None:
    """Remove the rows that have these values, and in `by` a lesser one than `least`."""
    database = _database(model)
    statement = _deleting_below(model, by, tuple(key), database.param)
    database.execute_sql(statement, (*_bound(model, key), least))


def put(model: type[peewee.Model], key: dict[str, Any], columns: dict[str, Any]) -> None:
    """Write a row with this key, in place of the one that has it; `columns` are all others."""
    database = _database(model)
    statement = _putting(model, tuple(key), tuple(columns), database.param)
    database.execute_sql(statement, _bound(model, key) + _bound(model, columns))


def _database(model: type[peewee.Model]) -> Any:
    return model._meta.database  # noqa: SLF001 - peewee's own way to it


def _field(model: type[peewee.Model], name: str) -> Any:
    return model._meta.fields[name]  # noqa: SLF001 - as above


def _bound(model: type[peewee.Model], columns: dict[str, Any]) -> tuple[Any, ...]:
    to_bind = _binding(model, tuple(columns))
    return tuple(
        value if bind is None else bind(value)
        for bind, value in zip(to_bind, columns.values(), strict=True)
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=_JSON_SEPARATORS)


@cache
def _binding(model: type[peewee.Model], names: tuple[str, ...]) -> tuple[_Value | None, ...]:
    """Return what makes a column's value one to be bound, None where it is one."""
    found: list[_Value | None] = []
    for name in names:
        field = _field(model, name)
        if isinstance(field, peewee.JSONField):
            found.append(_json)
        else:
            found.append(None if isinstance(field, _AS_THEY_ARE) else field.db_value)
    return tuple(found)


def _column(model: type[peewee.Model], name: str) -> str:
    return f'"{_field(model, name).column_name}"'


def _table(model: type[peewee.Model]) -> str:
    return f'"{model._meta.table_name}"'  # noqa: SLF001 - as above


def _equal(model: type[peewee.Model], names: tuple[str, ...], sign: str) -> str:
    return " AND ".join(f"{_column(model, name)} = {sign}" for name in names)


# Names of tables and columns are those of the models; values are bound.


@cache
def _selecting(
    model: type[peewee.Model], key: tuple[str, ...], order: str, sign: str
) -> tuple[str, _Read]:
    everything, read = _selecting_all(model)
    return f"{everything} WHERE {_equal(model, key, sign)}{order} LIMIT 1", read


@cache
def _selecting_all(model: type[peewee.Model]) -> tuple[str, _Read]:
    fields = model._meta.sorted_fields  # noqa: SLF001 - as above
    names = ", ".join(_column(model, field.name) for field in fields)
    converted = tuple(
        (field.name, field.python_value) for field in fields if not isinstance(field, _AS_THEY_ARE)
    )
    read = (tuple(field.name for field in fields), converted)
    return f"SELECT {names} FROM {_table(model)}", read  # noqa: S608 - as above


@cache
def _selecting_columns(
    model: type[peewee.Model], names: tuple[str, ...], by: str, key: tuple[str, ...], sign: str
) -> str:
    of_these, order = _equal(model, key, sign), _column(model, by)
    return (
        f"SELECT {', '.join(_column(model, name) for name in names)} FROM {_table(model)} "  # noqa: S608 - as above
        f"WHERE {of_these} AND {order} >= {sign} ORDER BY {order}"
    )


@cache
def _deleting_below(model: type[peewee.Model], by: str, key: tuple[str, ...], sign: str) -> str:
    lesser = f"{_equal(model, key, sign)} AND {_column(model, by)} < {sign}"
    return f"DELETE FROM {_table(model)} WHERE {lesser}"  # noqa: S608 - as above


@cache
def _inserting(model: type[peewee.Model], columns: tuple[str, ...], sign: str) -> str:
    names = ", ".join(_column(model, name) for name in columns)
    return f"INSERT INTO {_table(model)} ({names}) VALUES ({', '.join([sign] * len(columns))})"  # noqa: S608 - as above


@cache
def _counting(model: type[peewee.Model], key: tuple[str, ...], sign: str) -> str:
    return f"SELECT COUNT(*) FROM {_table(model)} WHERE {_equal(model, key, sign)}"  # noqa: S608 - as above


@cache
def _updating(
    model: type[peewee.Model], key: tuple[str, ...], columns: tuple[str, ...], sign: str
) -> str:
    sets = ", ".join(f"{_column(model, name)} = {sign}" for name in columns)
    return f"UPDATE {_table(model)} SET {sets} WHERE {_equal(model, key, sign)}"  # noqa: S608 - as above


@cache
def _putting(
    model: type[peewee.Model], key: tuple[str, ...], columns: tuple[str, ...], sign: str
) -> str:
    names = [_column(model, name) for name in (*key, *columns)]
    sets = ", ".join(
        f"{_column(model, name)} = excluded.{_column(model, name)}" for name in columns
    )
    of_key = ", ".join(_column(model, name) for name in key)
    return (
        f"INSERT INTO {_table(model)} ({', '.join(names)}) "  # noqa: S608 - as above
        f"VALUES ({', '.join([sign] * len(names))}) ON CONFLICT ({of_key}) DO UPDATE SET {sets}"
    )
