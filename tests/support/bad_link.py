"""A bad link on loopback, between whoever connects to it and a server: thin, slow, and cut.

All connections share its rate, as flows share a modem: in turn, a packet each. Every byte is on its
way for half a round trip, and a connection costs a whole one before its first byte goes up. Of one
connection at most a window of bytes is on the link; TCP's slow start and its own headers are left
out. What fails comes from `seed`, as far as the order of events goes.

A cut ends connections that are open: `rst` resets them, `fin` closes them in order, `hang` lets
nothing through any more and says nothing, as a router does that forgot them. What was on its way is
lost, and counts: it crossed the link. Of the connections made anew the share `failing` fails: it is
reset at once, never answers, or is cut within its first 200 kB.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Cut: TypeAlias = Literal["rst", "fin", "hang"]
CUTS: tuple[Cut, ...] = ("rst", "fin", "hang")
PACKET_BYTES = 1_448
PACKET_SECONDS = 0.002  # of a fast link: so long a packet is, to save work
WINDOW_BYTES_MIN = 64 << 10
WINDOW_BYTES_OF_ANY_RATE = 1 << 20
CLOSE_SECONDS = 0.01  # after tasks were told to let go of a socket
FAILS_WITHIN_BYTES = 200_000
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Weather:
    """How a link is: `rate` in bytes a second (0: any), `round_trip` in seconds.

    `failing` is the share of connections that fail; every `cut_seconds` (0: never) all that are
    open are cut, as `cuts` says in turn, or only the oldest with `cut_one`. One byte in
    `flip_bytes` has a bit flipped (0: none).
    """

    rate: int = 0
    round_trip: float = 0.0
    failing: float = 0.0
    cut_seconds: float = 0.0
    cuts: Sequence[Cut] = CUTS
    cut_one: bool = False
    flip_bytes: int = 0


@dataclass(frozen=True)
class Crossed:
    """What crossed a link: bytes down and up, what of the former nobody got, and when.

    `busy_seconds`: how long the way down carried something. `first` and `last` are when the first
    bytes went up and the last came down.
    """

    down: int = 0
    up: int = 0
    lost: int = 0
    connections: int = 0
    failed: int = 0
    cuts: int = 0
    busy_seconds: float = 0.0
    first: float = 0.0
    last: float = 0.0

    @property
    def seconds(self) -> float:
        return self.last - self.first


@dataclass(eq=False)
class _Connection:
    client: socket.socket
    server: socket.socket | None = None
    queued: deque[bytes] = field(default_factory=deque)
    on_the_way: int = 0
    is_dead: bool = False
    ends: bool = False
    fails_at: int = -1
    space: asyncio.Event = field(default_factory=asyncio.Event)
    arriving: asyncio.Queue[tuple[float, bytes]] = field(default_factory=asyncio.Queue)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    come: int = 0


class BadLink:
    """Listens at `address` on loopback, and passes what it lets through on to `port`."""

    def __init__(self, port: int, weather: Weather, *, seed: int = 0) -> None:
        self._port = port
        self.weather = weather
        self._random = random.Random(seed)
        self._window = max(WINDOW_BYTES_MIN, int(2 * weather.rate * weather.round_trip))
        if not weather.rate:
            self._window = WINDOW_BYTES_OF_ANY_RATE
        self._packet = max(PACKET_BYTES, int(weather.rate * PACKET_SECONDS)) or 1 << 16
        self._open: list[_Connection] = []
        self._sockets: list[socket.socket] = []
        self._turn: deque[_Connection] = deque()
        self._free_at = 0.0
        self.crossed = Crossed()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._loop = asyncio.new_event_loop()
        self._something = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self, kind: Cut, *, one: bool = False) -> None:
        """Cut the connections that are open, or the oldest."""
        asyncio.run_coroutine_threadsafe(self._cut(kind, one=one), self._loop).result()

    def stall(self, seconds: float) -> None:
        """Carry nothing for so long, and lose nothing."""
        self._loop.call_soon_threadsafe(self._stall, seconds)

    def _stall(self, seconds: float) -> None:
        self._free_at = max(self._free_at, time.monotonic()) + seconds

    def close(self) -> None:
        """End it all."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        tasks = [self._accept(), self._carry(), self._cut_now_and_then()]
        running = [self._loop.create_task(task) for task in tasks]
        self._loop.run_forever()
        rest = asyncio.all_tasks(self._loop)
        for task in [*running, *rest]:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        for each in [self._listener, *self._sockets]:
            each.close()
        self._loop.close()

    def _count(self, **more: float) -> None:
        found = {name: getattr(self.crossed, name) + value for name, value in more.items()}
        self.crossed = replace(self.crossed, **found)

    async def _accept(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 10)
            connection = _Connection(client)
            self._sockets.append(client)
            self._open.append(connection)
            self._count(connections=1)
            if not self.crossed.first:
                self.crossed = replace(self.crossed, first=time.monotonic())
            connection.tasks.append(self._loop.create_task(self._serve(connection)))

    async def _serve(self, connection: _Connection) -> None:
        await asyncio.sleep(self.weather.round_trip)
        if self._random.random() < self.weather.failing:
            self._count(failed=1)
            how = self._random.choice(("refuse", "silent", "later"))
            if how == "refuse":
                self._end(connection, "rst")
                return
            if how == "silent":
                connection.is_dead = True
                return
            connection.fails_at = self._random.randrange(FAILS_WITHIN_BYTES)
        connection.server = socket.socket()
        self._sockets.append(connection.server)
        connection.server.setblocking(False)
        try:
            await self._loop.sock_connect(connection.server, ("127.0.0.1", self._port))
        except OSError:
            self._end(connection, "rst")
            return
        ways = (self._up(connection), self._down(connection), self._arrive(connection))
        connection.tasks += [self._loop.create_task(way) for way in ways]

    async def _up(self, connection: _Connection) -> None:
        """Carry what the client sends."""
        assert connection.server
        with contextlib.suppress(OSError):
            while data := await self._loop.sock_recv(connection.client, 1 << 16):
                self._count(up=len(data))
                await asyncio.sleep(self.weather.round_trip / 2)
                if connection.is_dead:
                    return
                await self._loop.sock_sendall(connection.server, data)
            if not connection.is_dead:
                self._end(connection, "fin")

    async def _down(self, connection: _Connection) -> None:
        """Take what the server sends, as far as the window has room."""
        assert connection.server
        with contextlib.suppress(OSError):
            while not connection.is_dead:
                room = self._window - connection.on_the_way
                if room < 1:
                    connection.space.clear()
                    await connection.space.wait()
                    continue
                data = await self._loop.sock_recv(connection.server, min(room, 1 << 16))
                if not data:
                    break
                connection.on_the_way += len(data)
                self._put(connection, data)
        connection.ends = True
        self._put(connection, b"")

    def _put(self, connection: _Connection, data: bytes) -> None:
        if not self._turn:
            self._free_at = max(self._free_at, time.monotonic())
        connection.queued.append(data)
        if connection not in self._turn:
            self._turn.append(connection)
        self._something.set()

    async def _carry(self) -> None:
        """The link itself: a packet of each connection in turn."""
        rate = self.weather.rate
        while True:
            if not self._turn:
                self._something.clear()
                await self._something.wait()
                continue
            ahead = self._free_at - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            connection = self._turn.popleft()
            if connection.is_dead:
                continue
            packet = self._packet_of(connection)
            if connection.queued:
                self._turn.append(connection)
            seconds = len(packet) / rate if rate else 0.0
            self._free_at += seconds
            self._count(down=len(packet), busy_seconds=seconds)
            due = self._free_at + self.weather.round_trip / 2
            connection.arriving.put_nowait((due, self._flipped(packet)))

    def _packet_of(self, connection: _Connection) -> bytes:
        data = connection.queued.popleft()
        if len(data) > self._packet:
            connection.queued.appendleft(data[self._packet :])
        return data[: self._packet]

    def _flipped(self, packet: bytes) -> bytes:
        every = self.weather.flip_bytes
        if not packet or not every or self._random.random() >= len(packet) / every:
            return packet
        changed = bytearray(packet)
        changed[self._random.randrange(len(packet))] ^= 1 << self._random.randrange(8)
        return bytes(changed)

    async def _arrive(self, connection: _Connection) -> None:
        """Hand over what has been on its way for long enough."""
        while True:
            due, packet = await connection.arriving.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if connection.is_dead:
                return
            if not packet:
                self._end(connection, "fin")
                return
            try:
                await self._loop.sock_sendall(connection.client, packet)
            except OSError:
                self._end(connection, "fin")
                return
            connection.on_the_way -= len(packet)
            connection.come += len(packet)
            connection.space.set()
            self.crossed = replace(self.crossed, last=time.monotonic())
            if 0 <= connection.fails_at < connection.come:
                self._lose(connection, self._random.choice(CUTS))
                return

    async def _cut_now_and_then(self) -> None:
        weather = self.weather
        number = 0
        while weather.cut_seconds:
            await asyncio.sleep(weather.cut_seconds)
            await self._cut(weather.cuts[number % len(weather.cuts)], one=weather.cut_one)
            number += 1

    async def _cut(self, kind: Cut, *, one: bool) -> None:
        self._count(cuts=1)
        alive = [each for each in self._open if not each.is_dead]
        for connection in alive[:1] if one else alive:
            self._lose(connection, kind)

    def _lose(self, connection: _Connection, kind: Cut) -> None:
        """Cut a connection: what is on the link is lost."""
        queued = sum(len(data) for data in connection.queued)
        self._count(lost=max(connection.on_the_way - queued, 0))
        if kind == "hang":
            connection.is_dead = True
            connection.queued.clear()
        else:
            self._end(connection, kind)

    def _end(self, connection: _Connection, kind: Cut) -> None:
        connection.is_dead = True
        connection.queued.clear()
        if connection in self._open:
            self._open.remove(connection)
        current = asyncio.current_task(self._loop)
        for task in connection.tasks:
            if task is not current:
                task.cancel()
        if kind == "rst":
            connection.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        for each in (connection.client, connection.server):
            if each:
                self._loop.call_later(CLOSE_SECONDS, each.close)


@contextmanager
def bad_link(port: int, weather: Weather, *, seed: int = 0) -> Iterator[BadLink]:
    """A bad link to `port` until the block ends."""
    link = BadLink(port, weather, seed=seed)
    try:
        yield link
    finally:
        link.close()
