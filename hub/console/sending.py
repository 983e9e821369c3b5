"""Files that are made while they are sent: tables, and records as lines.

What is wrong with the question, or with the hub, before the first lines are there becomes a page in
words. What goes wrong later can't take back what was sent: then the file's last line says that it
isn't whole, and the log says why.
"""

import json
import logging
from collections.abc import Callable, Iterator
from itertools import islice

from flask import Response, stream_with_context

from content_packs import csv_cells
from content_packs.errors import SatchelError
from hub.console.language import _

CSV = "text/csv; charset=utf-8"
JSON_LINES = "application/x-ndjson"
NOT_WHOLE = "not-whole"  # by which a program knows the last line of a file that was broken off

_BEFORE_ANYTHING_IS_SAID = 2  # pieces: a table's head comes before anything is read
_log = logging.getLogger(__name__)


def table(pieces: Iterator[bytes], name: str) -> Response:
    """Return the answer that sends a CSV file called `name`. Raises what its first lines raise."""
    return _sent(pieces, name, CSV, lambda words: csv_cells.line((NOT_WHOLE, words)))


def json_lines(pieces: Iterator[bytes], name: str) -> Response:
    """Return the answer that sends JSON lines. Raises what the first of them raise."""
    return _sent(
        pieces, name, JSON_LINES, lambda words: json.dumps({NOT_WHOLE: words}).encode() + b"\n"
    )


def _sent(
    pieces: Iterator[bytes], name: str, kind: str, broken: Callable[[str], bytes]
) -> Response:
    first = list(islice(pieces, _BEFORE_ANYTHING_IS_SAID))
    words = _("This file isn't whole: the hub couldn't read on. Ask for it once more.")

    def rest() -> Iterator[bytes]:
        yield from first
        try:
            yield from pieces
        except SatchelError as error:
            _log.error("%s, as it was sent: %s", name, error.message)  # no traceback: it is ours
            yield broken(words)

    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = stream_with_context(rest())  # the reader's language goes on to the last line
    return Response(body, 200, head, content_type=kind)
