"""A repository over HTTP on loopback that misbehaves as told.

`server.misbehave("cut", times=2)` makes the next two answers to GETs wrong in that way; with `path`
only answers for that path. What can go wrong:

| fault | what the server does |
|---|---|
| ignore-range | answers 200 with the whole file |
| wrong-range | answers 206 with another Content-Range and its bytes |
| shifted-range | answers 206 with the right Content-Range but one byte |
| multipart | answers 206 with the range as one part of multipart/byteranges |
| cut | closes the connection in the middle of the body (`at`: after so many bytes of it) |
| short | says and sends only `at` bytes of the range |
| endless | sends bytes without end, chunked (with `location`: as the body of a redirect) |
| stall | sends `at` bytes of the body, then nothing for long |
| drip | sends `at` bytes of the body, then one in a tenth of a second |
| head-drip | sends the head a byte in a tenth of a second |
| head-stall | sends half of the head |
| long | sends more than was asked for, with a Content-Length that says so |
| surplus | sends more than its Content-Length |
| flip | flips one bit of the first byte |
| status | answers with the status `status`, and `location` as Retry-After |
| redirect | answers 302 to `location` |
| loop | answers 302 to the same address |
| reset | resets the connection before it answers |
| close | closes the connection before it answers |
| stale | answers, and closes the connection that it said to keep |
| hang | doesn't answer |
| compressed | sends gzip |
| chunked | sends the right bytes in chunks |
| bad-chunks | sends chunks whose sizes are none |
| no-length | says no length, and closes the connection at the end |
| false-length | says a Content-Length that is no number |
| garbage | answers with what isn't HTTP |
| huge-head | sends a header of 200 kB |
| endless-head | sends headers without end |
| interim | sends 100 and 103 first |
| endless-interim | sends 103 without end |
| switch | answers 101 |
| portal | answers 200 with a page for people |
| bare-portal | the same, without saying that it is one |
"""

import contextlib
import gzip
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import byte_ranges
from content_packs.digests import digest_of
from tests.support.quiet_server import QuietHandler, QuietServer, running


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
    """Serves the folder `root` at `url`, or what `content` has; `requests` is what it was asked."""

    root: Path
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[_Fault] = field(default_factory=list)
    etags: bool = True
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    content: Callable[[str], bytes | None] | None = None

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
    server = QuietServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}/"
    with running(server):
        try:
            yield state
        finally:
            state.over.set()


class _Handler(QuietHandler):
    state: RepositoryServer

    def do_GET(self) -> None:  # noqa: N802  # http.server's name
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
        answer = byte_ranges.answer(
            len(data), _tag(data), range_header=span, if_none_match=request.if_none_match
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
        if self.state.content:
            return self.state.content(request.path)
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
        answer = byte_ranges.answer(len(data), _tag(data), range_header=request.range)
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

    def fault_short(self, request: Request, fault: _Fault) -> None:
        data = self._data(request) or b""
        answer = byte_ranges.answer(len(data), '"x"', range_header=request.range)
        length = min(fault.at, answer.length)
        self._head(request, answer.status, {**answer.headers, "Content-Length": str(length)})
        self._send(request, data[answer.first : answer.first + length])

    def fault_shifted_range(self, request: Request, _: _Fault) -> None:
        head, body = self._answer_of(request)
        first, rest = head.get("Content-Range", "bytes 0-0/1").removeprefix("bytes ").split("-")
        head["Content-Range"] = f"bytes {int(first) + 1}-{rest}"
        self._head(request, 206, {**head, "Content-Length": str(len(body))})
        self._send(request, body)

    def fault_multipart(self, request: Request, _: _Fault) -> None:
        head, body = self._answer_of(request)
        part = f"--b\r\nContent-Range: {head.get('Content-Range', '')}\r\n\r\n".encode()
        whole = part + body + b"\r\n--b--\r\n"
        kind = {"Content-Type": "multipart/byteranges; boundary=b"}
        self._head(request, 206, {**kind, "Content-Length": str(len(whole))})
        self._send(request, whole)

    def fault_surplus(self, request: Request, _: _Fault) -> None:
        self._answer(request, request.range)
        self._send(request, b"surplus" * 100)
        self.close_connection = False

    def fault_stale(self, request: Request, _: _Fault) -> None:
        self._answer(request, request.range)

    def fault_chunked(self, request: Request, _: _Fault) -> None:
        head, body = self._answer_of(request)
        status = 206 if request.range else 200
        self._head(request, status, {**head, "Transfer-Encoding": "chunked"})
        for at in range(0, len(body), 7_001):
            piece = body[at : at + 7_001]
            self.wfile.write(f"{len(piece):x};x=y\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\nTrailer: x\r\n\r\n")

    def fault_bad_chunks(self, request: Request, _: _Fault) -> None:
        head, body = self._answer_of(request)
        status = 206 if request.range else 200
        self._head(request, status, {**head, "Transfer-Encoding": "chunked"})
        self._send(request, b"bytes\r\n" + body)

    def fault_no_length(self, request: Request, _: _Fault) -> None:
        head, body = self._answer_of(request)
        self._head(request, 206 if request.range else 200, head)
        self._send(request, body)

    def fault_false_length(self, request: Request, _: _Fault) -> None:
        head, body = self._answer_of(request)
        status = 206 if request.range else 200
        self._head(request, status, {**head, "Content-Length": "-many"})
        self._send(request, body)

    def _answer_of(self, request: Request) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of the right answer, without a length."""
        data = self._data(request) or b""
        answer = byte_ranges.answer(len(data), '"x"', range_header=request.range)
        return dict(answer.headers), data[answer.first : answer.first + answer.length]

    def fault_garbage(self, _: Request, __: _Fault) -> None:
        self.wfile.write(b"\x16\x03\x01 no HTTP at all\r\n\r\n" * 40)

    def fault_huge_head(self, _: Request, __: _Fault) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n")

    def fault_endless_head(self, _: Request, __: _Fault) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.state.over.is_set():
            self.wfile.write(b"X-More: and more\r\n" * 100)

    def fault_interim(self, request: Request, _: _Fault) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n")
        self._answer(request, request.range)

    def fault_endless_interim(self, _: Request, __: _Fault) -> None:
        while not self.state.over.is_set():
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 100)

    def fault_switch(self, request: Request, _: _Fault) -> None:
        self._head(request, 101, {"Upgrade": "tunnel", "Connection": "upgrade"})

    def fault_portal(self, request: Request, _: _Fault) -> None:
        page = b"<!doctype html><title>Welcome</title><p>Please sign in to use this network." * 9
        kind = {"Content-Type": "text/html; charset=utf-8"}
        self._head(request, 200, {**kind, "Content-Length": str(len(page))})
        self._send(request, page)

    def fault_bare_portal(self, request: Request, _: _Fault) -> None:
        page = b"<!doctype html><title>Welcome</title><p>Please sign in to use this network." * 9
        self._head(request, 200, {"Content-Length": str(len(page))})
        self._send(request, page)

    def fault_head_drip(self, _: Request, __: _Fault) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Drip: " + b"drip" * 1_000:
            if self.state.over.wait(0.1):
                return
            self.wfile.write(bytes([byte]))

    def fault_head_stall(self, _: Request, __: _Fault) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Ha")
        self.state.over.wait()

    def fault_loop(self, request: Request, _: _Fault) -> None:
        self._head(request, 302, {"Location": f"/{request.path}", "Content-Length": "0"})

    def fault_close(self, _: Request, __: _Fault) -> None:
        """Close it, as it is done after each fault."""

    def fault_status(self, request: Request, fault: _Fault) -> None:
        later = {"Retry-After": fault.location} if fault.location else {}
        self._head(request, fault.status, {"Content-Length": "0", **later})

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


def _tag(data: bytes) -> str:
    return f'"{digest_of(data)[:16]}"'
