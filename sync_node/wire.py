"""One connection to a hub: every byte counted, told to the meter, and within its time.

Bytes are counted as they cross the link, whatever they are for. Where the kernel says how many
bytes a connection carried (Linux's TCP_INFO), what TLS adds and what nobody read is counted too,
at the latest when the connection is closed.
"""

import contextlib
import io
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Protocol

from content_packs.errors import SatchelError
from sync_node.limits import ADDRESSES_MAX, BUFFER_BYTES, READ_SECONDS
from sync_node.tls import PUBLIC, Authorities

# struct tcp_info of Linux 4.1 and later: bytes that the other side has confirmed, bytes received.
_CARRIED = struct.Struct("@QQ")
_CARRIED_AT = 120


class Count(Protocol):
    """Is told the bytes in and out, and may raise to end it all."""

    def __call__(self, down: int, up: int) -> None:
        """Count them."""
        ...


class Wire(io.RawIOBase):
    """A connected socket.

    `deadline` ends a wait, on the clock `monotonic`, None where none does; what `count` takes is
    added to it. `metered_seconds` were spent in `count`, which sleeps where a rate is to be kept;
    `metering` says whether it does so now.
    """

    def __init__(
        self,
        connected: socket.socket,
        count: Count,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._socket = connected
        self._count = count
        self.silence_seconds = READ_SECONDS
        self._monotonic = monotonic
        self._down = self._up = 0  # bytes counted so far
        self.received = 0  # bytes read so far
        self.deadline: float | None = None
        self.metered_seconds = 0.0
        self.metering = False
        self.idle_since = 0.0
        self.reader = _Reader(self, BUFFER_BYTES)

    def readable(self) -> bool:
        """Say that it can be read, as `io` asks."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io gives one
        """Read what has come, at least a byte, 0 at the end. Raises `OSError`."""
        self._socket.settimeout(self._seconds_left())
        received = self._socket.recv_into(buffer)
        self.received += received
        self._spend(received, 0)
        return received

    def send(self, data: bytes) -> None:
        """Send `data`. Raises `OSError`."""
        self._socket.settimeout(self._seconds_left())
        self._socket.sendall(data)
        self._spend(0, len(data))

    def makefile(self, _mode: str) -> "_Reader":
        """Return what `http.client` reads from: the same for all answers of this connection."""
        return self.reader

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing came that nobody asked for."""
        return not select.select([self._socket], [], [], 0)[0]

    def now(self) -> float:
        """Return the time that `deadline` is told by."""
        return self._monotonic()

    def abort(self) -> None:
        """Wake whoever waits here, with an error. For other threads."""
        with contextlib.suppress(OSError):
            # Not ssl's own, which takes away its state from under a thread that reads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Count what the kernel knows besides, and close."""
        if self.closed:
            return
        down, up = self._carried()
        with contextlib.suppress(SatchelError):  # the next byte will raise it again
            self._spend(max(down - self._down, 0), max(up - self._up, 0))
        super().close()
        self._socket.close()

    def _carried(self) -> tuple[int, int]:
        """Return the bytes in and out that the kernel counted, zeros where it doesn't say."""
        try:
            size = _CARRIED_AT + _CARRIED.size
            found = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
            up, down = _CARRIED.unpack_from(found, _CARRIED_AT)
        except (OSError, struct.error):
            return 0, 0
        # A SYN and a FIN each count as a byte.
        return max(down - 1, 0), up - 2 if isinstance(self._socket, ssl.SSLSocket) else 0

    def _seconds_left(self) -> float:
        if self.deadline is None:
            return self.silence_seconds
        left = self.deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self.silence_seconds)

    def _spend(self, down: int, up: int) -> None:
        self._down += down
        self._up += up
        self.metering = True
        start = self._monotonic()
        try:
            self._count(down, up)
        finally:
            slept = self._monotonic() - start
            self.metered_seconds += slept
            if self.deadline is not None:
                self.deadline += slept
            self.metering = False


class _Reader(io.BufferedReader):
    """Reads a wire: a large `readinto` is one read of the socket, straight into its buffer."""

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io gives one
        """Read what there is, at most one read of the socket."""
        return super().readinto1(buffer)

    def close(self) -> None:
        """Stay open: `http.client` closes after each answer, the wire goes on."""


def connect(
    host: str, port: int, *, seconds: float, monotonic: Callable[[], float]
) -> socket.socket:
    """Return a socket that is connected to one of the host's addresses. Raises `OSError`."""
    deadline = monotonic() + seconds
    failed: OSError = OSError(f"{host}: no address")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[:ADDRESSES_MAX]
    for number, (family, kind, protocol, _, address) in enumerate(found):
        left = max(deadline - monotonic(), 0.1) / (len(found) - number)
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(left)
            # No bound on its window: set before it is connected, Linux takes it for the largest
            # there will ever be, and a link that is quick and far is held back; set later, it is
            # overridden as soon as somebody reads.
            opened.connect(address)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            opened.close()
            failed = error
        else:
            return opened
    raise failed


def secured(
    plain: socket.socket, host: str, *, seconds: float, authorities: Authorities = PUBLIC
) -> ssl.SSLSocket:
    """Return `plain` under TLS, the host's certificate checked. Raises `OSError`."""
    plain.settimeout(seconds)
    try:
        found = authorities.context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise
    try:
        authorities.check(found)
    except OSError:
        found.close()
        raise
    return found
