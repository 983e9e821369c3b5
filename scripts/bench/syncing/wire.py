"""A link that counts what crosses it: bytes each way, HTTP requests, round trips waited for.

Every byte is on its way for half a round trip, and a new connection costs one (as TCP's does).
Bytes are counted as programs send them, HTTP's headers included, TCP's and IP's not.

**Round trips** are the longest chain of causes: what goes up comes one round trip after the newest
bytes that had come down by then, on whichever connection. So requests in flight together count
once, and a hundred requests in turn count a hundred. A program that sends and receives all the
time (rsync) seems to wait once for each round trip that it works: that is the most that it waited.
"""

import queue
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from math import inf

_PIECE_BYTES = 64 * 1024
_PIECES_ON_THE_WAY = 1_024
_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT) [^\r\n]+ HTTP/1\.[01]\r\n")


@dataclass(frozen=True)
class Crossed:
    """What crossed a link."""

    down: int
    up: int
    requests: int
    connections: int
    round_trips: int


class Link:
    """Listens at `port` on loopback, and passes everything on to the server at `server_port`."""

    def __init__(
        self, server_port: int, round_trip_seconds: float, bytes_per_second: float = inf
    ) -> None:
        """Pass to `server_port`; what comes down takes turns at `bytes_per_second`."""
        self._server_port = server_port
        self._bytes_per_second, self._free_at = bytes_per_second, 0.0
        # What nobody takes at the other end may not use up a slow link: there TCP's window is shut.
        on_the_way = bytes_per_second * round_trip_seconds * 2 / _PIECE_BYTES
        self.pieces_on_the_way = int(min(_PIECES_ON_THE_WAY, max(2, on_the_way)))
        self.send_buffer = _PIECE_BYTES if bytes_per_second < inf else 0
        self._one_way_seconds = round_trip_seconds / 2
        self._lock = threading.Lock()
        self._down = self._up = self._requests = self._connections = 0
        self._come_down = 0  # the round trips that were needed for what has come down so far
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def crossed(self) -> Crossed:
        """Return what has crossed so far."""
        with self._lock:
            return Crossed(self._down, self._up, self._requests, self._connections, self._come_down)

    def reset(self) -> None:
        """Count from nothing; connections that are open don't count anew."""
        with self._lock:
            self._down = self._up = self._requests = self._connections = self._come_down = 0

    def quicken(self, bytes_per_second: float) -> None:
        """Let what comes down come at another rate from now on."""
        with self._lock:
            self._bytes_per_second = bytes_per_second

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=_Connection(self, client).run, daemon=True).start()

    def open_server(self) -> tuple[socket.socket, int]:
        """Connect to the server; return the socket, and the round trips until it stands."""
        with self._lock:
            self._connections += 1
            after = self._come_down + 1
        time.sleep(self._one_way_seconds * 2)
        return socket.create_connection(("127.0.0.1", self._server_port)), after

    def goes_up(self, piece: bytes, stands_after: int) -> int:
        """Count a piece that a client sends; return how many round trips its answer comes after.

        `stands_after` are the round trips that its connection took to stand.
        """
        with self._lock:
            self._up += len(piece)
            self._requests += len(_REQUEST.findall(piece))
            return max(self._come_down, stands_after) + 1

    def comes_down(self, piece: bytes, after: int) -> None:
        """Count a piece that reaches a client."""
        with self._lock:
            self._down += len(piece)
            self._come_down = max(self._come_down, after)

    def due(self, down_bytes: int = 0) -> float:
        """Return when what is sent now arrives; waits until the way down is free for it."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + down_bytes / self._bytes_per_second
            wait = self._free_at - now
        if down_bytes:
            time.sleep(wait)
        return time.monotonic() + self._one_way_seconds


class _Connection:
    """One connection of a client, and ours to the server for it."""

    def __init__(self, link: Link, client: socket.socket) -> None:
        self._link, self._client = link, client
        self._stands_after = 0
        self._after = 0  # round trips that the server's next bytes come after

    def run(self) -> None:
        """Pass everything on, both ways, until both sides have ended."""
        client = self._client
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._link.send_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._link.send_buffer)
        with client, suppress(OSError):
            server, self._stands_after = self._link.open_server()
            self._after = self._stands_after
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with server:
                up = threading.Thread(target=self._carry, args=(client, server), daemon=True)
                up.start()
                self._carry(server, client, down=True)
                up.join()

    def _carry(self, source: socket.socket, target: socket.socket, *, down: bool = False) -> None:
        way: queue.Queue[tuple[float, int, bytes]] = queue.Queue(self._link.pieces_on_the_way)
        arrive = threading.Thread(target=self._arrive, args=(way, target, down), daemon=True)
        arrive.start()
        with suppress(OSError):  # one side went away: the other is told by the empty piece
            while piece := source.recv(_PIECE_BYTES):
                after = self._after if down else self._link.goes_up(piece, self._stands_after)
                way.put((self._link.due(len(piece) if down else 0), after, piece))
        way.put((self._link.due(), 0, b""))
        arrive.join()

    def _arrive(
        self, way: queue.Queue[tuple[float, int, bytes]], target: socket.socket, down: bool
    ) -> None:
        gone = False
        while True:
            due, after, piece = way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                with suppress(OSError):
                    target.shutdown(socket.SHUT_WR)
                return
            if not gone:  # else: only take it off the way
                if down:
                    self._link.comes_down(piece, after)
                else:
                    self._after = max(self._after, after)
                try:
                    target.sendall(piece)
                except OSError:
                    gone = True
