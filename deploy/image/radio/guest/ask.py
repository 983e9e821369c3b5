"""One request of a phone: `ask.py HOST PATH`. Prints status, place to go to and text on one line.

The name is asked of the box, as DHCP said; one that ends in .local of the network itself (mDNS), as
phones do.
"""  # noqa: INP001  # a program by itself

import http.client
import socket
import struct
import sys
import time

BOX = "172.27.0.1"
GROUP, PORT = "224.0.0.251", 5353
ANSWER_SECONDS = 20.0
CHARACTERS_MAX = 200_000
_HEADER = struct.Struct(">6H")
_RECORD = struct.Struct(">HHIH")
_A, _IN = 1, 1
_IS_ANSWER = 0x8000


def question(name: str) -> bytes:
    """Return what is asked for a name's address."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return _HEADER.pack(9, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", _A, _IN)


def address_in(message: bytes) -> str:
    """Return the first address that an answer has; nothing where it has none."""
    _, flags, asked, answers, *_ = _HEADER.unpack_from(message)
    at = _HEADER.size
    for _ in range(asked):
        at = _after_name(message, at) + 4
    for _ in range(answers if flags & _IS_ANSWER else 0):
        at = _after_name(message, at)
        kind, _, _, size = _RECORD.unpack_from(message, at)
        at += _RECORD.size
        if kind == _A:
            return socket.inet_ntoa(message[at : at + size])
        at += size
    return ""


def _after_name(message: bytes, at: int) -> int:
    while message[at]:
        if message[at] >= 0xC0:  # the rest of it stands elsewhere
            return at + 2
        at += 1 + message[at]
    return at + 1


def of_the_box(name: str) -> str:
    """Ask the box's DNS for a name. Raises `OSError`, `ValueError`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ANSWER_SECONDS)
        asking.sendto(question(name), (BOX, 53))
        return address_in(asking.recv(512))


def of_the_network(name: str, box: str = BOX) -> str:
    """Ask whoever is in the network of `box` for a name. Raises `OSError`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asking.bind(("", PORT))
        ours = _own_address(box)
        member = socket.inet_aton(GROUP) + socket.inet_aton(ours)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ours))
        until = time.monotonic() + ANSWER_SECONDS
        asking.settimeout(1)
        while time.monotonic() < until:
            asking.sendto(question(name), (GROUP, PORT))
            try:
                found = address_in(asking.recv(9000))
            except TimeoutError:
                continue
            if found:
                return found
    return ""


def _own_address(box: str) -> str:
    """Return the phone's address in the network of `box`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        towards.connect((box, 53))
        found: str = towards.getsockname()[0]
        return found


def main() -> None:
    """Ask, and print what came."""
    host, path = sys.argv[1:]
    address = of_the_network(host) if host.endswith(".local") else of_the_box(host)
    if not address:
        print("no such name")  # noqa: T201
        return
    link = http.client.HTTPConnection(address, 80, timeout=60)
    link.request(
        "GET", path, headers={"Host": host, "Accept": "text/html", "Accept-Language": "en"}
    )
    came = link.getresponse()
    text = came.read(CHARACTERS_MAX).decode("utf-8", "replace")
    print(came.status, came.getheader("Location") or "", " ".join(text.split()))  # noqa: T201


if __name__ == "__main__":
    main()
