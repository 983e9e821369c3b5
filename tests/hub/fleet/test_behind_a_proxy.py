"""A proxy in front: it ends TLS, and says who asks; nobody else can say so."""

import pytest
import requests

from content_packs.request_signing import Request, sign
from hub.app import create_app
from hub.clock import system_clock
from hub.fleet import audit
from hub.hub import Hub, open_hub
from hub.renewing import renew
from tests.hub.fleet.boxes import Box, enrolled
from tests.hub.test_server import serving

HOST = "hub.example:443"  # which the signature leaves out over https alone
PLACE = "/api/v1/credential"
SECONDS = 20


def ask(address: str, box: Box) -> int:
    """Ask as a node does that reaches the hub by https, through a proxy."""
    asked = Request("GET", "https", HOST, PLACE)
    fields = sign(asked, box.key, sequence=next(box.sequences), created=0)
    said = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    place = f"{address.rstrip('/')}{PLACE}"
    return requests.get(place, headers={**fields, **said}, timeout=SECONDS).status_code


@pytest.fixture
def node(hub: Hub) -> tuple[Hub, Box]:
    found = open_hub(hub.data.root, system_clock)
    renew(found)
    return found, enrolled(found, create_app(found).test_client())


def last_origin(hub: Hub) -> str:
    return audit.entries(hub, most=1, refusals=True)[0].origin


def test_a_proxy_that_is_named_is_believed(node: tuple[Hub, Box]) -> None:
    hub, box = node
    named = hub.data.config.read_text() + 'trusted_proxy = "127.0.0.1"\n'
    hub.data.config.write_text(named)
    with serving(hub) as (_, address):
        assert ask(address, box) == 200
        assert ask(address, Box()) == 401
    assert last_origin(hub) == "203.0.113.9"


def test_nobody_else_is(node: tuple[Hub, Box]) -> None:
    hub, box = node
    with serving(hub) as (_, address):
        assert ask(address, box) == 401
    assert last_origin(hub) == "127.0.0.1"
