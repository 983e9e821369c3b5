"""A link that counts what crosses it: bytes each way, HTTP requests, round trips waited for.

Every byte is on its way for half a round trip, a new connection costs one (as TCP's does), and what
comes down has a rate that all connections share. Bytes are counted as programs send them, HTTP's
headers included, TCP's and IP's not. Neither are slow start and losses simulated.

**Round trips** are those in which a program waits and nothing comes down: they are what a far link
costs besides its bytes. They are counted along the chain of causes:

- What goes up is answered one round trip after all that had been waited for by then. The first
  byte of the answer adds that round trip, if nothing had come down, on any connection, for at
  least half of one; later bytes of an answer never add any. So a hundred requests in turn count a
  hundred; those in flight together count once; and those that are sent while something else still
  comes count nothing.
- A connection is asked for and answered like anything else: it counts one if nothing comes down
  meanwhile, and nothing if something does, or if it is opened and not waited for. So do redirects:
  each is an answer, and leads to a request.
- What a server takes to think, or a program to go on, isn't counted: an answer that comes late adds
  the one round trip that it was sent for. Neither is the time in which much goes up (rsync's sums):
  that is told by the bytes up; the answer adds its one.
- A program that sends and receives all the time (rsync) waits for nothing as long as anything
  comes, however little. That is in its favour: what it could bring meanwhile isn't seen.
"""

import queue
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

_PIECE_BYTES, _PIECE_BYTES_MIN = 64 * 1024, 1_448
_PIECES_ON_THE_WAY = 1_024
_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT) ([^\r\n]+) HTTP/1\.[01]\r\n")
_WAITS_TOLD_MAX = 40


@dataclass(frozen=True)
class Asked:
    """What went up, and the round trips that are waited for once its answer is here."""

    what: str
    round_trips: int


@dataclass(frozen=True)
class Crossed:
    """What crossed a link. `waits` says what the first of the round trips were waited for."""

    down: int
    up: int
    requests: int
    connections: int
    round_trips: int
    waits: tuple[str, ...] = ()


class RoundTrips:
    """Counts the round trips that were waited for, as said above. Not safe for several threads."""

    def __init__(self, round_trip_seconds: float) -> None:
        self._seconds = round_trip_seconds
        self._last = -inf  # when something came down
        self.count = 0
        self.waits: list[str] = []

    def asked(self, what: str) -> Asked:
        """Note that something goes up now; return it for when it is answered."""
        return Asked(what, self.count + 1)

    def came(self, now: float, answers: Asked | None) -> None:
        """Note that something comes down at `now`: the first byte that answers, or a later one."""
        silence, self._last = now - self._last, now
        if answers is None or answers.round_trips <= self.count or silence < self._seconds / 2:
            return
        self.count += 1
        if len(self.waits) < _WAITS_TOLD_MAX:
            self.waits.append(answers.what)


class Link:
    """Listens at `port` on loopback, and passes everything on to the server at `server_port`."""

    def __init__(
        self, server_port: int, round_trip_seconds: float, bytes_per_second: float = inf
    ) -> None:
        """Pass to `server_port`; what comes down takes turns at `bytes_per_second`."""
        self._server_port = server_port
        self._bytes_per_second, self._free_at = bytes_per_second, 0.0
        in_a_round_trip = bytes_per_second * round_trip_seconds if round_trip_seconds else inf
        # A slow link gives packets, not handfuls: between two of them isn't silence.
        self.piece_bytes = int(min(_PIECE_BYTES, max(_PIECE_BYTES_MIN, in_a_round_trip / 8)))
        # What nobody takes at the other end may not use up a slow link: there TCP's window is shut.
        on_the_way = in_a_round_trip * 2 / self.piece_bytes
        self.pieces_on_the_way = int(min(_PIECES_ON_THE_WAY, max(2, on_the_way)))
        self.send_buffer = _PIECE_BYTES if bytes_per_second < inf else 0
        self._round_trip_seconds = round_trip_seconds
        self._one_way_seconds = round_trip_seconds / 2
        self._lock = threading.Lock()
        self._down = self._up = self._requests = self._connections = 0
        self._waited = RoundTrips(round_trip_seconds)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def crossed(self) -> Crossed:
        """Return what has crossed so far."""
        with self._lock:
            return Crossed(
                self._down, self._up, self._requests, self._connections, self._waited.count,
                tuple(self._waited.waits),
            )  # fmt: skip

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

    def open_server(self) -> socket.socket:
        """Connect to the server, and return the socket when a client knows that it stands."""
        with self._lock:
            self._connections += 1
            asked = self._waited.asked("a connection")
        time.sleep(self._one_way_seconds * 2)
        with self._lock:
            self._waited.came(time.monotonic(), asked)
        return socket.create_connection(("127.0.0.1", self._server_port))

    def goes_up(self, piece: bytes) -> Asked:
        """Count a piece that a client sends; return what it asks for."""
        requests = _REQUEST.findall(piece)
        what = requests[-1].decode(errors="replace") if requests else "bytes sent up"
        with self._lock:
            self._up += len(piece)
            self._requests += len(requests)
            return self._waited.asked(what)

    def comes_down(self, piece: bytes, answers: Asked | None) -> None:
        """Count a piece that reaches a client: the first that `answers` what it asked, or not."""
        with self._lock:
            self._down += len(piece)
            self._waited.came(time.monotonic(), answers)

    def due(self, down_bytes: int = 0) -> float:
        """Return when what is sent now arrives; waits until the way down is free for it."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + down_bytes / self._bytes_per_second
            wait = self._free_at - now
        if down_bytes:
            time.sleep(wait)
        return time.monotonic() + self._one_way_seconds


_Way: TypeAlias = queue.Queue[tuple[float, Asked | None, bytes]]


class _Connection:
    """One connection of a client, and ours to the server for it."""

    def __init__(self, link: Link, client: socket.socket) -> None:
        self._link, self._client = link, client
        self._asked: Asked | None = None  # what the server has been sent and hasn't answered

    def run(self) -> None:
        """Pass everything on, both ways, until both sides have ended."""
        client = self._client
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._link.send_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._link.send_buffer)
        with client, suppress(OSError):
            server = self._link.open_server()
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with server:
                up = threading.Thread(target=self._carry, args=(client, server), daemon=True)
                up.start()
                self._carry(server, client, down=True)
                up.join()

    def _carry(self, source: socket.socket, target: socket.socket, *, down: bool = False) -> None:
        way: _Way = queue.Queue(self._link.pieces_on_the_way)
        arrive = threading.Thread(target=self._arrive, args=(way, target, down), daemon=True)
        arrive.start()
        with suppress(OSError):  # one side went away: the other is told by the empty piece
            while piece := source.recv(self._link.piece_bytes):
                asked = self._answered() if down else self._link.goes_up(piece)
                way.put((self._link.due(len(piece) if down else 0), asked, piece))
        way.put((self._link.due(), None, b""))
        arrive.join()

    def _answered(self) -> Asked | None:
        """Return what the server answers with the piece that has just come from it."""
        asked, self._asked = self._asked, None
        return asked

    def _arrive(self, way: _Way, target: socket.socket, down: bool) -> None:
        gone = False
        while True:
            due, asked, piece = way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                with suppress(OSError):
                    target.shutdown(socket.SHUT_WR)
                return
            if not gone:  # else: only take it off the way
                if down:
                    self._link.comes_down(piece, asked)
                else:
                    self._asked = asked
                try:
                    target.sendall(piece)
                except OSError:
                    gone = True
