"""CSV that no spreadsheet takes for anything but text (RFC 4180, UTF-8 with a byte order mark).

A spreadsheet runs a cell that begins with = + - @ (also in full width), and some do after a tab or
a line break. Such a cell gets an apostrophe before it; also behind a semicolon within a cell, which
is where a spreadsheet in Europe begins the next one. Every cell is quoted.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

BYTE_ORDER_MARK = "\ufeff"

_FORMULA = re.compile(r"(^|[;\t\r\n])(\s*\"*\s*)(?=[=+\-@＝＋－＠])")
_LEADING_CONTROL = re.compile(r"^(?=[\t\r\n])")


def defused(cell: str) -> str:
    """Return a cell's text so that a spreadsheet shows it and does nothing else."""
    text = _FORMULA.sub(r"\1\2'", cell.replace("\x00", ""))
    return _LEADING_CONTROL.sub("'", text)


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield a CSV file, line by line. None is an empty cell; numbers stay numbers."""
    yield BYTE_ORDER_MARK.encode() + _line(head)
    for row in rows:
        yield _line(row)


def _line(row: Sequence[object]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_cell(value) for value in row])
    return buffer.getvalue().encode(errors="replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return defused(str(value))
