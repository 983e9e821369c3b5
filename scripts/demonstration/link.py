"""A link between the node and the hub that counts every byte that crosses it, headers too."""

import socket
import threading
import time
from contextlib import suppress

_PIECE_BYTES = 64 * 1024


class CountingLink:
    """Listens at `address` on loopback, and passes everything on to the server at `port`.

    `bytes_per_second` slows it down to that rate; 0 leaves it as fast as it is.
    """

    def __init__(self, port: int, *, bytes_per_second: int = 0) -> None:
        self._port = port
        self._bytes_per_second = bytes_per_second
        self._lock = threading.Lock()
        self._down = self._up = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> tuple[int, int]:
        """Return the bytes down to the node and up to the hub since the last call."""
        with self._lock:
            taken = self._down, self._up
            self._down = self._up = 0
        return taken

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                node, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(node,), daemon=True).start()

    def _join(self, node: socket.socket) -> None:
        with node:
            try:
                hub = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            with hub:
                up = threading.Thread(target=self._pass_on, args=(node, hub), daemon=True)
                up.start()
                self._pass_on(hub, node, down=True)
                up.join()

    def _pass_on(self, source: socket.socket, target: socket.socket, *, down: bool = False) -> None:
        with suppress(OSError):  # one side went away: the other is told below
            while piece := source.recv(_PIECE_BYTES):
                with self._lock:
                    if down:
                        self._down += len(piece)
                    else:
                        self._up += len(piece)
                target.sendall(piece)
                if self._bytes_per_second:
                    time.sleep(len(piece) / self._bytes_per_second)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
