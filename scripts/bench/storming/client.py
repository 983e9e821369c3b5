"""A crowd of nodes: each call opens a connection when it is due, and reads to the end.

    python -m scripts.bench.storming.client PORT FILE

prints, as JSON and by kind, latencies in milliseconds, answers by status, bytes both ways. A
latency counts from when the call was due, not from when there was time to send it: a server that
stands still is charged for all that waited. One process, epoll; nothing is checked but the status.
"""

import errno
import json
import select
import socket
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from scripts.bench.storming.calls import Call, read

READ_BYTES = 65_536
LATE_SECONDS_MAX = 30.0  # after the last was due: whoever has no answer then counts as an error
POLL_SECONDS = 0.5


@dataclass
class Kind:
    """What came of the calls of one kind."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0


@dataclass
class _Open:
    socket: socket.socket
    call: Call
    to_send: bytes
    answer: bytearray = field(default_factory=bytearray)


class Crowd:
    """Calls to one port of this machine, each on a connection of its own."""

    def __init__(self, port: int, calls: list[Call]) -> None:
        self._port = port
        self._calls = calls
        self._poll = select.epoll()
        self._open: dict[int, _Open] = {}
        self.kinds: defaultdict[str, Kind] = defaultdict(Kind)
        self.most_open = 0

    def run(self) -> None:
        """Make each call when it is due, and read its answer."""
        self._began = time.perf_counter()
        following = 0
        end = (self._calls[-1].due if self._calls else 0) + LATE_SECONDS_MAX
        while (now := self._now()) < end and (following < len(self._calls) or self._open):
            while following < len(self._calls) and self._calls[following].due <= now:
                self._start(self._calls[following])
                following += 1
            wait = self._calls[following].due - now if following < len(self._calls) else 1.0
            for descriptor, _ in self._poll.poll(min(max(wait, 0), POLL_SECONDS)):
                self._go_on(self._open[descriptor])
        for each in list(self._open.values()):
            self._end(each, "no answer")

    def _now(self) -> float:
        return time.perf_counter() - self._began

    def _start(self, call: Call) -> None:
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        each = _Open(made, call, call.data)
        self._open[made.fileno()] = each
        self.most_open = max(self.most_open, len(self._open))
        if made.connect_ex(("127.0.0.1", self._port)) not in {0, errno.EINPROGRESS}:
            self._end(each, "not connected")
            return
        self._poll.register(made, select.EPOLLIN | select.EPOLLOUT)

    def _go_on(self, each: _Open) -> None:
        try:
            if each.to_send:
                gone = each.socket.send(each.to_send)
                each.to_send = each.to_send[gone:]
                if not each.to_send:
                    self._poll.modify(each.socket, select.EPOLLIN)
                return
            came = each.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(each, error.strerror or "broken")
            return
        each.answer += came
        if not came or _is_whole(each.answer):
            self._end(each, _status(each.answer))

    def _end(self, each: _Open, status: str) -> None:
        kind = self.kinds[each.call.kind]
        kind.latencies.append((self._now() - each.call.due) * 1000)
        kind.statuses[status] += 1
        kind.sent += len(each.call.data)
        kind.received += len(each.answer)
        del self._open[each.socket.fileno()]
        each.socket.close()


def _is_whole(answer: bytearray) -> bool:
    """Say whether an answer has come: a 304 with its head, another with its length."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if head.split(b" ", 2)[1:2] == [b"304"]:
        return True
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return False


def _status(answer: bytearray) -> str:
    words = bytes(answer[:32]).split()
    return words[1].decode("ascii", "replace") if len(words) > 1 else "cut off"


def share(latencies: list[float], of: float) -> float:
    """Return the latency that this share of the calls doesn't exceed."""
    ordered = sorted(latencies)
    return ordered[min(int(len(ordered) * of), len(ordered) - 1)] if ordered else 0.0


def main() -> None:
    """Make the calls, and print what came."""
    crowd = Crowd(int(sys.argv[1]), read(Path(sys.argv[2])))
    used = time.process_time()
    crowd.run()
    found = {
        name: {
            "calls": len(kind.latencies),
            "p50": share(kind.latencies, 0.50),
            "p99": share(kind.latencies, 0.99),
            "worst": max(kind.latencies, default=0.0),
            "statuses": dict(kind.statuses),
            "sent": kind.sent,
            "received": kind.received,
        }
        for name, kind in crowd.kinds.items()
    }
    client = {"cpu": time.process_time() - used, "most_open": crowd.most_open}
    print(json.dumps({"kinds": found, "client": client}))


if __name__ == "__main__":
    main()
