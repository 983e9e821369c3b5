"""A repository over HTTP on loopback that misbehaves as told.

`server.misbehave("cut", times=2)` makes the next two answers to GETs wrong in that way; with `path`
only answers for that path. What can go wrong:

| fault | what the server does |
|---|---|
| ignore-range | answers 200 with the whole file |
| wrong-range | answers 206 with another Content-Range and its bytes |
| cut | closes the connection in the middle of the body (`at`: after so many bytes of it) |
| endless | sends bytes without end, chunked (with `location`: as the body of a redirect) |
| stall | sends `at` bytes of the body, then nothing for long |
| drip | sends `at` bytes of the body, then one in a tenth of a second |
| long | sends more than was asked for, with a Content-Length that says so |
| flip | flips one bit of the first byte |
| status | answers with the status `status` |
| redirect | answers 302 to `location` |
| reset | resets the connection before it answers |
| hang | doesn't answer |
| compressed | sends gzip |
"""

import contextlib
import gzip
import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from content_packs import byte_ranges
from content_packs.digests import digest_of


@dataclass
class Request:
    """One request as the server saw it; `sent` are the bytes of body that it wrote."""

    path: str
    range: str | None
    if_none_match: str | None
    status: int = 0
    sent: int = 0


@dataclass
class _Fault:
    kind: str
    times: int
    path: str | None
    at: int
    status: int
    location: str


@dataclass
class RepositoryServer:
    """Serves the folder `root` at `url`; `requests` is what it was asked."""

    root: Path
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[_Fault] = field(default_factory=list)
    etags: bool = True
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def misbehave(
        self,
        kind: str,
        *,
        times: int = 1,
        path: str | None = None,
        at: int = 1,
        status: int = 503,
        location: str = "",
    ) -> None:
        with self.lock:
            self.faults.append(_Fault(kind, times, path, at, status, location))

    def behave(self) -> None:
        with self.lock:
            self.faults.clear()

    def take_fault(self, path: str) -> _Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.path in {None, path}:
                    fault.times -= 1
                    return fault
        return None

    def body_bytes_of(self, folder: str) -> int:
        return sum(each.sent for each in self.requests if each.path.startswith(folder))

    @property
    def body_bytes(self) -> int:
        return sum(request.sent for request in self.requests)


@contextmanager
def serving(root: Path) -> Iterator[RepositoryServer]:
    """Serve `root` until the block ends."""
    state = RepositoryServer(root)
    handler = type("Handler", (_Handler,), {"state": state})
    server = _Server(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that went away are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: RepositoryServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing."""

    def do_GET(self) -> None:
        request = Request(
            self.path.removeprefix("/"), self.headers["Range"], self.headers["If-None-Match"]
        )
        self.state.requests.append(request)
        fault = self.state.take_fault(request.path)
        if fault:
            self.close_connection = True
            getattr(self, "fault_" + fault.kind.replace("-", "_"))(request, fault)
            return
        self._answer(request, self.headers["Range"])

    def _answer(self, request: Request, span: str | None, *, flip: bool = False) -> None:
        data = self._data(request)
        if data is None:
            self._head(request, 404, {"Content-Length": "0"})
            return
        tag = f'"{digest_of(data)[:16]}"'
        answer = byte_ranges.answer(
            len(data), tag, range_header=span, if_none_match=request.if_none_match
        )
        headers = dict(answer.headers)
        if not self.state.etags:
            headers.pop("ETag")
        if answer.status != 304:
            headers["Content-Length"] = str(answer.length)
        self._head(request, answer.status, headers)
        body = bytearray(data[answer.first : answer.first + answer.length])
        if flip and body:
            body[0] ^= 1
        self._send(request, bytes(body))

    def _data(self, request: Request) -> bytes | None:
        file = self.state.root / request.path
        return file.read_bytes() if file.is_file() else None

    def _head(self, request: Request, status: int, headers: dict[str, str]) -> None:
        request.status = status
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def _send(self, request: Request, data: bytes) -> None:
        view = memoryview(data)
        while view:
            piece, view = view[: 1 << 16], view[1 << 16 :]
            request.sent += len(piece)  # first: the reader may look as soon as it has the bytes
            self.wfile.write(piece)

    def fault_ignore_range(self, request: Request, _: _Fault) -> None:
        self._answer(request, None)

    def fault_flip(self, request: Request, _: _Fault) -> None:
        self._answer(request, request.range, flip=True)

    def fault_wrong_range(self, request: Request, _: _Fault) -> None:
        data = self._data(request) or b""
        headers = {"Content-Range": f"bytes 0-4/{len(data)}", "Content-Length": "5"}
        self._head(request, 206, headers)
        self._send(request, data[:5])

    def fault_cut(self, request: Request, fault: _Fault) -> None:
        data = self._data(request) or b""
        answer = byte_ranges.answer(len(data), '"x"', range_header=request.range)
        headers = {**answer.headers, "Content-Length": str(answer.length)}
        self._head(request, answer.status, headers)
        self._send(request, data[answer.first : answer.first + min(fault.at, answer.length)])

    def fault_stall(self, request: Request, fault: _Fault) -> None:
        self.fault_cut(request, fault)
        self.state.over.wait()

    def fault_drip(self, request: Request, fault: _Fault) -> None:
        data = self._data(request) or b""
        self.fault_cut(request, fault)
        with contextlib.suppress(OSError):  # the client has had enough
            for at in range(fault.at, len(data)):
                if self.state.over.wait(0.1):
                    return
                self._send(request, data[at : at + 1])

    def fault_endless(self, request: Request, fault: _Fault) -> None:
        data = self._data(request) or b""
        answer = byte_ranges.answer(len(data), '"x"', range_header=request.range)
        headers = {**answer.headers, "Transfer-Encoding": "chunked"}
        if fault.location:
            headers["Location"] = fault.location
        self._head(request, 302 if fault.location else answer.status, headers)
        body = data[answer.first :] or b"x"
        for _ in itertools.takewhile(lambda _: not self.state.over.is_set(), itertools.count()):
            self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
            request.sent += len(body)

    def fault_long(self, request: Request, _: _Fault) -> None:
        data = self._data(request) or b""
        answer = byte_ranges.answer(len(data), '"x"', range_header=request.range)
        body = data[answer.first : answer.first + answer.length] + bytes(100_000)
        self._head(request, answer.status, {**answer.headers, "Content-Length": str(len(body))})
        self._send(request, body)

    def fault_status(self, request: Request, fault: _Fault) -> None:
        self._head(request, fault.status, {"Content-Length": "0"})

    def fault_redirect(self, request: Request, fault: _Fault) -> None:
        self._head(request, 302, {"Location": fault.location, "Content-Length": "0"})

    def fault_reset(self, _: Request, __: _Fault) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def fault_hang(self, _: Request, __: _Fault) -> None:
        self.state.over.wait()

    def fault_compressed(self, request: Request, _: _Fault) -> None:
        body = gzip.compress(self._data(request) or b"")
        headers = {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
        self._head(request, 200, headers)
        self._send(request, body)
