"""A client of few cycles: connections that ask for ranges of a file, one after the other.

    python -m scripts.bench.serving.asking PORT PATH SIZE CONNECTIONS SECONDS [HOST]

prints bytes and seconds as JSON. One process, epoll, `recv_into` of what the kernel has; with
`MSG_TRUNC` Linux drops the bytes instead of copying them, so that the server is what is measured.
"""

import json
import random
import re
import select
import socket
import sys
import time
from dataclasses import dataclass

RANGE_BYTES = 1 << 20
HEAD_BYTES = 8_192
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"


class Broken(Exception):
    """A server that answered otherwise than with the range."""


@dataclass
class _Connection:
    socket: socket.socket
    left: int = 0  # of an answer's body; 0 while its head is waited for


class Client:
    """So many connections to one server, which ask for ranges of one file of `size` bytes."""

    def __init__(self, port: int, path: str, size: int, host: str) -> None:
        self._port = port
        self._head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nRange: bytes="
        self._count = size // RANGE_BYTES
        self._chance = random.Random(1)  # noqa: S311  # the same ranges each time
        self._poll = select.epoll()
        self._open: dict[int, _Connection] = {}
        self._drain = memoryview(bytearray(RANGE_BYTES))
        self.bytes = self.bytes_in_all = self.answers = self.cut = 0

    def connect(self, count: int) -> None:
        """Open connections, and ask on each."""
        for _ in range(count):
            self._connect()

    def run(self, seconds: float) -> float:
        """Read and ask for so long; return for how long it was."""
        began = time.perf_counter()
        self.bytes = self.answers = 0
        while (now := time.perf_counter()) < began + seconds:
            for descriptor, _ in self._poll.poll(1.0):
                try:
                    self._read(self._open[descriptor])
                except ConnectionError:  # some servers end what is kept open
                    self._open.pop(descriptor).socket.close()
                    self.cut += 1
                    self._connect()
        return now - began

    def close(self) -> None:
        """Close all connections."""
        for each in self._open.values():
            each.socket.close()

    def _connect(self) -> None:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(made, select.EPOLLIN)
        self._open[made.fileno()] = _Connection(made)
        self._ask(made)

    def _ask(self, made: socket.socket) -> None:
        first = self._chance.randrange(self._count) * RANGE_BYTES
        made.sendall(f"{self._head}{first}-{first + RANGE_BYTES - 1}\r\n\r\n".encode())

    def _read(self, each: _Connection) -> None:
        if not each.left:
            came = self._read_head(each)
        else:
            came = each.socket.recv_into(
                self._drain, min(each.left, RANGE_BYTES), socket.MSG_TRUNC | socket.MSG_DONTWAIT
            )
            if not came:
                raise ConnectionError("the connection ended within an answer")
            each.left -= came
        self.bytes += came
        self.bytes_in_all += came
        if not each.left:
            self.answers += 1
            self._ask(each.socket)

    def _read_head(self, each: _Connection) -> int:
        """Take an answer's head; return how many bytes of its body came with it."""
        data = b""
        while _END not in data:
            more = each.socket.recv(HEAD_BYTES)
            if not more:
                raise ConnectionError("the connection ended")
            data += more
        head, _, body = data.partition(_END)
        found = _LENGTH.search(head + b"\r\n")
        if not head.startswith(b"HTTP/1.1 206") or not found or int(found[1]) != RANGE_BYTES:
            raise Broken(head.decode("latin-1")[:400])
        each.left = RANGE_BYTES - len(body)
        return len(body)


def main() -> None:
    """Ask, and print what came."""
    port, path, size, connections, seconds, *host = sys.argv[1:]
    client = Client(int(port), path, int(size), *(host or [f"127.0.0.1:{port}"]))
    client.connect(int(connections))
    client.run(min(0.3, float(seconds) / 4))  # caches and threads are warm
    used = time.process_time()
    took = client.run(float(seconds))
    found = {"bytes": client.bytes, "answers": client.answers, "seconds": took}
    found |= {"bytes in all": client.bytes_in_all, "cut": client.cut}
    print(json.dumps({**found, "client_cpu": time.process_time() - used}))
    client.close()


if __name__ == "__main__":
    main()
