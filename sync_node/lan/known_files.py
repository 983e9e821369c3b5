"""Files of packs that were just asked for: the next range of them needs no thread and no database.

A player asks for a film piece by piece. `content.py` decides whether a file may be served and with
which headers; what it decided stands here for `KNOWN_FILE_SECONDS`, by the request's address and
host. Nothing is decided here. The file is opened and its size compared each time, as there.

A request that isn't a plain GET, has a body, or is written oddly is left to the long way.
"""

import re
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from waitress.utilities import build_http_date

from content_packs import byte_ranges
from content_packs.values import Value
from sync_node.lan.limits import KNOWN_FILE_SECONDS, KNOWN_FILES_MAX
from sync_node.lan.sent_file import SentFile

PREFIX = b"GET /content/"
_FIRST_LINE = re.compile(rb"GET (/content/[!-~]+) HTTP/1\.1\r\n")
_FIELD = re.compile(
    rb"\r\n(host|range|if-range|if-none-match|connection|content-length|transfer-encoding|expect"
    rb"|upgrade)[ \t]*:[ \t]*([^\r\n]*)",
    re.IGNORECASE,
)
_ODD = re.compile(rb"\r(?!\n)|(?<!\r)\n|\r\n[ \t]|\0")
_UNDERSTOOD = {b"host", b"range", b"if-range", b"if-none-match"}
_END = b"\r\n\r\n"


class KnownFile(Value, frozen=True):
    """A file that may be served: where it is, and the headers that don't depend on the range."""

    place: Path
    size: int
    digest: str
    headers: tuple[tuple[str, str], ...]


class KnownFiles:
    """What was decided lately. Safe for several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[tuple[bytes, bytes], tuple[float, KnownFile, bytes]] = {}

    def remember(self, address: str, host: str, file: KnownFile) -> None:
        """Note that a file may be served at an address, as the browser wrote it, under a host."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in file.headers)
        key = (address.encode("latin-1"), host.encode("latin-1"))
        with self._lock:
            if len(self._known) >= KNOWN_FILES_MAX:
                self._known.clear()
            until = self._monotonic() + KNOWN_FILE_SECONDS
            self._known[key] = (until, file, lines.encode("latin-1"))

    def answer(self, request: bytes) -> tuple[bytes, SentFile] | None:
        """Return head and body for a whole request; None where it has to go the long way."""
        asked = _read(request)
        if asked is None:
            return None
        address, fields = asked
        known = self._known.get((address, fields.get(b"host", b"")))
        if known is None or known[0] < self._monotonic():
            return None
        _, file, lines = known
        how = byte_ranges.answer(
            file.size,
            f'"{file.digest}"',
            range_header=_text(fields.get(b"range")),
            if_range=_text(fields.get(b"if-range")),
            if_none_match=_text(fields.get(b"if-none-match")),
        )
        if how.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT} or not how.length:
            return None
        body = _open(file, how.first, how.length)
        return None if body is None else (_head(how, lines), body)


def _read(request: bytes) -> tuple[bytes, dict[bytes, bytes]] | None:
    """Return address and fields of a request that is one plain GET and nothing more."""
    first = _FIRST_LINE.match(request)
    if not first or request.find(_END) != len(request) - len(_END) or _ODD.search(request):
        return None
    fields: dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(request, first.end() - 2):
        lower = name.lower()
        if lower == b"connection" and value.strip().lower() == b"keep-alive":
            continue
        if lower not in _UNDERSTOOD or lower in fields:
            return None
        fields[lower] = value.rstrip()
    return first[1], fields


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _open(file: KnownFile, first: int, length: int) -> SentFile | None:
    try:
        opened = file.place.open("rb", buffering=0)
    except OSError:
        return None
    sent = SentFile(opened)
    if sent.prepare() != file.size:
        opened.close()
        return None
    sent.narrow(first, length)
    return sent


def _head(how: byte_ranges.Answer, lines: bytes) -> bytes:
    phrase = HTTPStatus(how.status).phrase.upper()  # as Werkzeug writes it
    first = [f"HTTP/1.1 {how.status} {phrase}"]
    first += [f"{name}: {value}" for name, value in how.headers.items()]
    first += [f"Content-Length: {how.length}", f"Date: {build_http_date(time.time())}", ""]
    return "\r\n".join(first).encode("latin-1") + lines + b"\r\n"
