"""Rows are found in a file whose pages no longer lead to them, in the WAL too."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_node.school import leaf_scan

WHOLE = [
    (1, None, -5, 2.5, "text", b"bytes"),
    (7, 0, 1, -(2**40), "小红" * 4_000, bytes(9_000)),
    (2**40, 127, 128, 2**62, "", b""),
]


def made(path: Path, *, in_log: bool = False) -> list[tuple[object, ...]]:
    """Make a table of rows of every type, some longer than a page; return them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e)")
        for row in WHOLE:
            connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", row)
        connection.executemany(
            "INSERT INTO t VALUES (?, 1, 2, 3, 'many', NULL)", [(n,) for n in range(1_000, 1_300)]
        )
        connection.execute("COMMIT")
        expected = list(connection.execute("SELECT * FROM t ORDER BY id"))
        if in_log:
            for name in (path.name, f"{path.name}-wal"):
                shutil.copy(path.with_name(name), path.with_name(name.replace("t.db", "copy.db")))
    return expected


def found(path: Path) -> list[tuple[object, ...]]:
    return sorted(
        (number, *values[1:]) for number, values in leaf_scan.rows(path) if len(values) == 6
    )


@pytest.mark.parametrize("in_log", [False, True])
def test_every_row_of_every_type_is_found(tmp_path: Path, in_log: bool) -> None:
    expected = made(tmp_path / "t.db", in_log=in_log)
    assert found(tmp_path / ("copy.db" if in_log else "t.db")) == expected


def test_rows_are_found_though_the_header_and_the_root_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    expected = made(path)
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master").fetchone()
    data = bytearray(path.read_bytes())
    for page in (1, root):
        data[(page - 1) * 4_096 : page * 4_096] = bytes(4_096)
    path.write_bytes(data)
    assert found(path) == expected


@given(st.lists(st.tuples(st.integers(0, 60_000), st.binary(min_size=1, max_size=40)), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_is_in_it_the_scan_ends(tmp_path: Path, blows: list[tuple[int, bytes]]) -> None:
    path = tmp_path / "t.db"
    if not path.exists():
        made(path)
        shutil.copy(path, tmp_path / "good.db")
    data = bytearray((tmp_path / "good.db").read_bytes())
    for at, blow in blows:
        data[at : at + len(blow)] = blow
    path.write_bytes(data)
    assert len(list(leaf_scan.rows(path))) < 10_000


@given(st.binary(max_size=20_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_bytes_end_in_no_rows_or_some(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(data)
    path.with_name("t.db-wal").write_bytes(data[::-1])
    assert len(list(leaf_scan.rows(path))) < 10_000
