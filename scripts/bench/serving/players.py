"""Browsers that play a film, each as a player does: it reads ahead, then as fast as it plays.

    python -m scripts.bench.serving.players PORT PATH BYTES RATE COUNT SECONDS

`RATE`: bytes that a second of the film has. Prints how many stalled, and how soon they began.
"""

import json
import random
import select
import socket
import sys
import time

FIRST_SECONDS = 2.0  # of the film, that are there before it begins
AHEAD_SECONDS = 20.0  # that are read ahead
AHEAD_LEAST_SECONDS = 15.0  # of them, below which reading goes on
SEEK_SECONDS = (20.0, 60.0)  # between two leaps to another place, on a new connection
RECEIVE_BYTES = 256 << 10  # that the kernel keeps: a phone's
LOOK_SECONDS = 0.05
_END = b"\r\n\r\n"


def address_of(number: int) -> str:
    """Return the address of a phone: each has its own, as on a school's Wi-Fi."""
    return f"127.0.1.{number + 1}"


class Player:
    """One film that is played. Times are monotonic."""

    def __init__(self, film: "Film", number: int) -> None:
        chance = random.Random(number)  # noqa: S311  # the same places each time
        self._from = address_of(number)
        self._film = film
        self._chance = chance
        self.stalls = 0
        self.stalled_seconds = 0.0
        self.begins: list[float] = []
        self.bytes = 0
        self.socket: socket.socket | None = None
        self.wants = False
        self.leap(time.monotonic())

    def leap(self, now: float) -> None:
        """Go to another place: ask for the film from there on."""
        if self.socket:
            self.socket.close()
        first = self._chance.randrange(self._film.size // 2)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.socket.bind((self._from, 0))
        self.socket.connect(("127.0.0.1", self._film.port))
        self.socket.sendall(
            f"GET {self._film.path} HTTP/1.1\r\nHost: 127.0.0.1:{self._film.port}\r\n"
            f"Range: bytes={first}-\r\nAccept: */*\r\n\r\n".encode()
        )
        self.socket.setblocking(False)
        self.leap_at = now + self._chance.uniform(*SEEK_SECONDS)
        self.asked_at = self.looked_at = now
        self.buffered = 0.0  # bytes that are there and not played
        self.plays = self.in_head = False
        self.head = b""
        self.wants = True

    def read(self) -> None:
        """Take what the kernel has."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError("the film ended early")
        if not self.in_head:
            self.head += data
            head, found, data = self.head.partition(_END)
            if not found:
                return
            if b" 206 " not in head[:20]:
                raise ConnectionError(head[:200].decode("latin-1"))
            self.in_head = True
        self.buffered += len(data)
        self.bytes += len(data)

    def look(self, now: float) -> None:
        """Play on, begin, stall; decide whether to read on."""
        rate = self._film.rate
        if self.plays:
            self.buffered -= (now - self.looked_at) * rate
            if self.buffered <= 0:
                self.buffered, self.plays = 0.0, False
                self.stalls += 1
                self.asked_at = now
        elif self.buffered >= FIRST_SECONDS * rate:
            self.plays = True
            waited = now - self.asked_at
            if self.stalls:
                self.stalled_seconds += waited
            else:
                self.begins.append(waited)
        self.looked_at = now
        ahead = self.buffered / rate
        self.wants = ahead < (AHEAD_SECONDS if self.wants else AHEAD_LEAST_SECONDS)
        if now >= self.leap_at:
            self.leap(now)


class Film:
    """What is played."""

    def __init__(self, port: int, path: str, size: int, rate: int) -> None:
        self.port, self.path, self.size, self.rate = port, path, size, rate


def play(film: Film, count: int, seconds: float) -> dict[str, object]:
    """Play a film `count` times at once for so long; return how that was."""
    players = [Player(film, number) for number in range(count)]
    until = time.monotonic() + seconds
    while (now := time.monotonic()) < until:
        wanting = {p.socket.fileno(): p for p in players if p.wants and p.socket}
        ready = select.poll()
        for descriptor in wanting:
            ready.register(descriptor, select.POLLIN)
        for descriptor, _ in ready.poll(LOOK_SECONDS * 1e3):
            wanting[descriptor].read()
        for player in players:
            player.look(now)
    begins = sorted(each for player in players for each in player.begins)
    return {
        "players": count,
        "stalls": sum(player.stalls for player in players),
        "stalled seconds": sum(player.stalled_seconds for player in players),
        "begin p50": begins[len(begins) // 2] if begins else seconds,
        "begin max": begins[-1] if begins else seconds,
        "leaps": len(begins),
        "bytes": sum(player.bytes for player in players),
    }


def main() -> None:
    """Play, and print how that was."""
    port, path, size, rate, count, seconds = sys.argv[1:]
    film = Film(int(port), path, int(size), int(rate))
    print(json.dumps(play(film, int(count), float(seconds))))


if __name__ == "__main__":
    main()
