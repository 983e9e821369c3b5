"""Joins its own input and output to a port of this machine: `wire.py PORT`.

The emulator starts it for each connection that the box makes to its hub. It knows nothing of
Satchel, so that it starts quickly: `python -I -S`.
"""

import contextlib
import os
import socket
import sys
import threading

_BYTES = 64 << 10


def join(source: int, target: int, port: int) -> None:
    """Carry bytes from `source` to the port, and back to `target`, until one of both ends."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as hub:
        threading.Thread(target=_carry_out, args=(source, hub), daemon=True).start()
        while data := hub.recv(_BYTES):
            while data:
                data = data[os.write(target, data) :]


def _carry_out(source: int, hub: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(source, _BYTES):
            hub.sendall(data)
        hub.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    join(0, 1, int(sys.argv[1]))
