"""Serves a card to the emulator: the NBD protocol's fixed newstyle, on a Unix socket.

As little of it as qemu's client asks for (the protocol is described in the NBD project's
`doc/proto.md`): one export, simple replies, read, write, flush, and writing zeros. One connection
at a time. A command outside the card or one that isn't known is answered with an error.
"""

import contextlib
import socket
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

REQUEST_BYTES_MAX = 32 << 20

_MAGIC, _OPTION_MAGIC = b"NBDMAGIC", b"IHAVEOPT"
_FIXED_NEWSTYLE, _NO_ZEROES = 1, 2
_OPT_EXPORT_NAME, _OPT_ABORT, _OPT_INFO, _OPT_GO = 1, 2, 6, 7
_REPLY_MAGIC = 0x3E889045565A9
_REP_ACK, _REP_INFO, _REP_UNSUPPORTED = 1, 3, 0x80000001
# Has flags, flush, FUA, writing zeros.
_FLAGS = 1 | 1 << 2 | 1 << 3 | 1 << 6
_REQUEST = struct.Struct(">IHHQQI")
_REQUEST_MAGIC, _SIMPLE_REPLY_MAGIC = 0x25609513, 0x67446698
_READ, _WRITE, _DISCONNECT, _FLUSH, _WRITE_ZEROES = 0, 1, 2, 3, 6
_FUA = 1
_INVALID = 22


class Card(Protocol):
    """What is served."""

    size: int

    def read(self, at: int, size: int) -> bytes:
        """Return bytes."""

    def write(self, at: int, data: bytes) -> None:
        """Take bytes."""

    def flush(self) -> None:
        """Keep what was taken."""


class CardServer:
    """Serves a card at the socket `path` while a `with` block lasts."""

    def __init__(self, card: Card, path: Path) -> None:
        self._card = card
        self._path = path
        self._listening = socket.socket(socket.AF_UNIX)
        self._open: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        self._listening.bind(str(self._path))
        self._listening.listen(1)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (self._listening, self._open):
            if each:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                self._open, _ = self._listening.accept()
            except OSError:
                return  # closed
            with self._open as connection, contextlib.suppress(OSError, EOFError):
                if self._agree(connection):
                    while self._answer(connection):
                        pass

    def _agree(self, connection: socket.socket) -> bool:
        """Shake hands; return whether commands follow."""
        connection.sendall(_MAGIC + _OPTION_MAGIC + struct.pack(">H", _FIXED_NEWSTYLE | _NO_ZEROES))
        (flags,) = struct.unpack(">I", _take(connection, 4))
        while True:
            _, option, size = struct.unpack(">8sII", _take(connection, 16))
            _take(connection, size)
            if option == _OPT_EXPORT_NAME:
                described = struct.pack(">QH", self._card.size, _FLAGS)
                connection.sendall(described + (b"" if flags & _NO_ZEROES else bytes(124)))
                return True
            if option == _OPT_ABORT:
                _reply(connection, option, _REP_ACK)
                return False
            if option in {_OPT_INFO, _OPT_GO}:
                described = struct.pack(">HQH", 0, self._card.size, _FLAGS)
                _reply(connection, option, _REP_INFO, described)
                _reply(connection, option, _REP_ACK)
                if option == _OPT_GO:
                    return True
            else:
                _reply(connection, option, _REP_UNSUPPORTED)

    def _answer(self, connection: socket.socket) -> bool:
        """Carry one command out; return whether another may follow."""
        request = _REQUEST.unpack(_take(connection, _REQUEST.size))
        magic, flags, command, cookie, at, size = request
        if magic != _REQUEST_MAGIC or command == _DISCONNECT:
            return False
        if command == _WRITE and size > REQUEST_BYTES_MAX:
            return False
        data = _take(connection, size) if command == _WRITE else b""
        error, answer = 0, b""
        if at + size > self._card.size or (command == _READ and size > REQUEST_BYTES_MAX):
            error = _INVALID
        elif command == _READ:
            answer = self._card.read(at, size)
        elif command == _WRITE:
            self._card.write(at, data)
        elif command == _WRITE_ZEROES:
            for start in range(at, at + size, REQUEST_BYTES_MAX):
                self._card.write(start, bytes(min(REQUEST_BYTES_MAX, at + size - start)))
        elif command != _FLUSH:
            error = _INVALID
        if not error and (command == _FLUSH or flags & _FUA):
            self._card.flush()
        connection.sendall(struct.pack(">IIQ", _SIMPLE_REPLY_MAGIC, error, cookie) + answer)
        return True


def _reply(connection: socket.socket, option: int, kind: int, data: bytes = b"") -> None:
    connection.sendall(struct.pack(">QIII", _REPLY_MAGIC, option, kind, len(data)) + data)


def _take(connection: socket.socket, size: int) -> bytes:
    """Return exactly so many bytes. Raises `EOFError`."""
    pieces = []
    while size:
        piece = connection.recv(min(size, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
