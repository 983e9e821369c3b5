"""A plain web server for the peers that need one: files of a folder, whole or in ranges."""

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_BOUNDARY = "satchel-bench-range"


class _Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    folder: Path

    def do_GET(self) -> None:
        """Answer with a file, one range of it, or several."""
        path = self.folder / unquote(urlsplit(self.path).path).lstrip("/")
        if not path.is_file():
            self._begin(HTTPStatus.NOT_FOUND, 0, {})
            return
        size = path.stat().st_size
        ranges = _ranges(self.headers.get("Range", ""), size)
        with path.open("rb") as file:
            if not ranges:
                self._begin(HTTPStatus.OK, size, {})
                parts = [(b"", 0, size)]
            elif len(ranges) == 1:
                start, end = ranges[0]
                said = {"Content-Range": f"bytes {start}-{end - 1}/{size}"}
                self._begin(HTTPStatus.PARTIAL_CONTENT, end - start, said)
                parts = [(b"", start, end)]
            else:
                parts = [(_part_head(start, end, size), start, end) for start, end in ranges]
                parts.append((f"\r\n--{_BOUNDARY}--\r\n".encode(), 0, 0))
                length = sum(len(head) + end - start for head, start, end in parts)
                said = {"Content-Type": f"multipart/byteranges; boundary={_BOUNDARY}"}
                self._begin(HTTPStatus.PARTIAL_CONTENT, length, said)
            for head, start, end in parts:
                file.seek(start)
                self.wfile.write(head + file.read(end - start))
        self.wfile.flush()

    def _begin(self, status: HTTPStatus, length: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {
            "Accept-Ranges": "bytes",
            "Content-Length": str(length),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _ranges(header: str, size: int) -> list[tuple[int, int]]:
    """Return the ranges asked for, from and to; none where the header asks for none."""
    found = []
    for one in header.removeprefix("bytes=").split(","):
        start, _, last = one.strip().partition("-")
        if start:
            found.append((int(start), min(int(last or size - 1), size - 1) + 1))
    return found


def _part_head(start: int, end: int, size: int) -> bytes:
    return (f"\r\n--{_BOUNDARY}\r\nContent-Range: bytes {start}-{end - 1}/{size}\r\n\r\n").encode()


class Web:
    """Serves a folder on loopback, at `port`, until it is closed."""

    def __init__(self, folder: Path) -> None:
        handler = type("Handler", (_Files,), {"folder": folder})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
