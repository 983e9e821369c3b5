"""CSV that no spreadsheet takes for anything but text (RFC 4180, UTF-8 with a byte order mark).

A spreadsheet runs a cell that begins with = + - @ (also in full width), and some do after a tab or
a line break. Such a cell gets an apostrophe before it; also behind a semicolon within a cell, which
is where a spreadsheet in Europe begins the next one. Every cell is quoted.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

BYTE_ORDER_MARK = "\ufeff"
_LINES_TOGETHER = 100

_FORMULA = re.compile(r"(^|[;\t\r\n])(\s*\"*\s*)(?=[=+\-@＝＋－＠])")
_HARMLESS = re.compile(r"[^=+\-@＝＋－＠;\s\"\x00][^;\t\r\n\x00]*")
_LEADING_CONTROL = re.compile(r"^(?=[\t\r\n])")


def defused(cell: str) -> str:
    """Return a cell's text so that a spreadsheet shows it and does nothing else."""
    if _HARMLESS.fullmatch(cell):
        return cell
    text = _FORMULA.sub(r"\1\2'", cell.replace("\x00", ""))
    return _LEADING_CONTROL.sub("'", text)


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield a CSV file, some lines at a time. None is an empty cell; numbers stay numbers."""
    yield BYTE_ORDER_MARK.encode() + _lines([head])
    left = iter(rows)
    while together := list(islice(left, _LINES_TOGETHER)):
        yield _lines(together)


def line(cells: Sequence[object]) -> bytes:
    """Return one more line of a CSV file, such as one that says why no more come."""
    return _lines([cells])


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode(errors="replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return defused(str(value))
