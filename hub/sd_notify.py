"""Telling systemd that the hub answers: sd_notify(3), a datagram to the socket that it names."""

import os
import socket
from collections.abc import Mapping

_SECONDS_MAX = 1.0


def ready(environment: Mapping[str, str] = os.environ) -> None:
    """Say that the hub answers. Where nobody waits for that, nothing happens."""
    name = environment.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = f"\0{name[1:]}" if name.startswith("@") else name
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(_SECONDS_MAX)
            sender.sendto(b"READY=1", address)
    except OSError:
        return  # systemd starts the hub anew once it has waited for long enough
