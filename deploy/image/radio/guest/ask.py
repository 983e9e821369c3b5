"""One request of a phone: `ask.py HOST PATH`. The box is asked for the name, as DHCP said."""  # noqa: INP001  # a program by itself

import http.client
import socket
import struct
import sys

BOX = "172.27.0.1"


def address_of(name: str) -> str:
    """Ask the box's DNS for a name. Raises `OSError`, `ValueError`."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">6H", 9, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(10)
        asking.sendto(question, (BOX, 53))
        answer = asking.recv(512)
    if not struct.unpack_from(">H", answer, 6)[0]:
        raise ValueError(f"{name}: no such name")
    return socket.inet_ntoa(answer[-4:])


def main() -> None:
    """Ask, and print status, place to go to, and what was said, on one line."""
    host, path = sys.argv[1:]
    link = http.client.HTTPConnection(address_of(host), 80, timeout=60)
    link.request("GET", path, headers={"Host": host, "Accept": "text/html"})
    came = link.getresponse()
    text = came.read(200).decode("utf-8", "replace").replace("\n", " ")
    print(came.status, came.getheader("Location") or "", text)  # noqa: T201


if __name__ == "__main__":
    main()
