"""No address that somebody gives makes the hub speak to its own machine or network (SSRF)."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pytest

from hub.rooms import all_operations
from tests.hub.attacks.world import World, state_of
from tests.support.source_code import CHECKOUT

# `{port}`: one on which this machine listens.
INSIDE = [
    "https://127.0.0.1:{port}/", "https://localhost:{port}/", "https://LOCALHOST.:{port}/",
    "https://127.1:{port}/", "https://2130706433:{port}/", "https://0x7f000001:{port}/",
    "https://0177.0.0.1:{port}/", "https://0:{port}/", "https://0.0.0.0:{port}/",
    "https://[::1]:{port}/", "https://[::]:{port}/", "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/", "https://[0:0:0:0:0:0:0:1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/", "https://127.0.0.1%00.example.org:{port}/",
    "https://example.org@127.0.0.1:{port}/", "https://127.0.0.1:{port}#@example.org/",
    "https://127.0.0.1:{port}\\@example.org/", "http://127.0.0.1:{port}/",
    "http://localhost:{port}/", "HTTPS://127.0.0.1:{port}/", " https://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/\r\nX-Evil: 1", "//127.0.0.1:{port}/", "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET", "ftp://127.0.0.1:{port}/", "unix:/run/hub.sock",
    "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://10.0.0.1/",
    "https://[fe80::1%25lo]:{port}/", "https://１２７.0.0.1:{port}/",
]  # fmt: skip


@dataclass
class Canary:
    """A socket on this machine that counts who comes."""

    port: int = 0
    came: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    listening = socket.create_server(("127.0.0.1", 0))
    found = Canary(listening.getsockname()[1])

    def listen() -> None:
        while True:
            try:
                came, address = listening.accept()
            except OSError:
                return
            found.came.append(str(address))
            came.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield found
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


@pytest.mark.parametrize("url", INSIDE)
def test_the_hub_speaks_to_nobody_inside(world: World, canary: Canary, url: str) -> None:
    before = state_of(world.hub, {"audit_row", "audit_head_row"})
    body = {"kind": "webhook", "address": url.format(port=canary.port)}
    made = world.api("administrator", "POST", "/alert-routes", body)
    assert made.status_code in {201, 400}, made.text
    if made.status_code == 201:
        place = f"/alert-routes/{made.json['id']}"
        tried = world.api("administrator", "POST", f"{place}/try")
        assert tried.status_code == 409, tried.text
        assert "isn't public" in tried.text or "no address is known" in tried.text
        assert world.api("administrator", "DELETE", place).status_code == 204
    assert canary.came == []
    assert state_of(world.hub, {"audit_row", "audit_head_row"}) == before


def test_who_does_come_is_counted(canary: Canary) -> None:
    socket.create_connection(("127.0.0.1", canary.port), timeout=5).close()
    for _ in range(100):
        if canary.came:
            break
        threading.Event().wait(0.05)
    assert len(canary.came) == 1


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: x@evil.example", "a@b.example\nRCPT TO:<x@evil.example>",
        "a@b.example, x@evil.example", "a@b.example;x@evil.example", "<a@b.example>",
        "|/bin/sh", "a@[127.0.0.1]", "a@b.example\0", '"a b"@b.example', "-oQ/tmp@x y",
    ],
)  # fmt: skip
def test_a_mail_address_is_one_address_and_nothing_else(world: World, address: str) -> None:
    body = {"kind": "email", "address": address}
    assert world.api("administrator", "POST", "/alert-routes", body).status_code == 400


def test_there_is_no_other_field_for_an_address() -> None:
    found = {
        (operation.name, one.encode_name)
        for operation in all_operations()
        for kind in (operation.query, operation.body)
        if kind is not None
        for one in getattr(msgspec.inspect.type_info(kind), "fields", ())
        if re.search(r"\bur[li]|link|address|host|hook|server|proxy|callback", one.encode_name)
    }
    assert found == {("addAlertRoute", "address")}


def test_no_other_module_of_the_hub_calls_anybody() -> None:
    """What goes out goes through one of these; all but webhooks ask what hub.toml names."""
    calling = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "hub").rglob("*.py")
        if re.search(
            r"^\s*(import|from) (http\.client|urllib\.request|urllib3|smtplib|httpx|requests"
            r"|aiohttp|boto3|botocore|ftplib|telnetlib)\b|socket\.(create_connection|socket)\(",
            path.read_text(),
            re.MULTILINE,
        )
    }
    assert calling == CALLING


CALLING = {
    "hub/alerts/webhooks.py",
    "hub/alerts/mails.py",
    "hub/sd_notify.py",  # the init system, on this machine
    "hub/serving.py",  # that listens
}
