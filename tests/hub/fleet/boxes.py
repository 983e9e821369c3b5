"""A box as the hub meets it: a key, claims, signed requests, batches."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content_packs import batches, protocol, reports, request_signing, signed_documents
from content_packs.batches import ChainEnd
from content_packs.hub_keys import HubKeys
from content_packs.protocol import CheckInRequest, Claim
from content_packs.reports import Report
from content_packs.request_signing import Request
from content_packs.signed_documents import public_keyid
from hub.edition import read_edition
from hub.fleet import codes, nodes, schools
from hub.fleet.codes import MadeCode
from hub.hub import Hub
from tests.support.protocol import a_report

HOST = "localhost"
NONCE = "00112233445566778899aabbccddeeff"
JSON = "application/json"

_numbers = itertools.count(1)


def randomness(size: int) -> bytes:
    """Return bytes that never come twice."""
    return (next(_numbers) << 8).to_bytes(size)


def a_school(hub: Hub, name: str = "qamdo") -> str:
    schools.add(hub, name, district="east", title="Qamdo No. 7")
    return name


def a_code(hub: Hub, school: str = "qamdo", *, days: int = 90, node: str = "") -> MadeCode:
    a_school(hub, school)
    (made,) = codes.make(hub, [school], count=1, days=days, node=node, randomness=randomness)
    return made


@dataclass
class Box:
    """A box with its key; its sequence rises with each request."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sequences: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    node: str = ""
    end: ChainEnd = field(default_factory=ChainEnd)

    @property
    def keyid(self) -> str:
        return public_keyid(self.key.public_key())

    def claim(self, code: str, *, nonce: str = NONCE, **said: str) -> bytes:
        claim = Claim(
            code=code, key=self.key.public_key().public_bytes_raw().hex(), nonce=nonce, **said
        )
        return signed_documents.sign("claim", claim, self.key)

    def signed(
        self, method: str, path: str, body: bytes, *, sequence: int | None = None, **other: Any
    ) -> dict[str, Any]:
        """Return what a test client's `open` needs for a signed request."""
        asked = Request(
            method, other.get("scheme", "http"), other.get("host", HOST), path, body=body
        )
        fields = request_signing.sign(
            asked, self.key, sequence=sequence or next(self.sequences), created=0
        )
        return {"method": method, "path": path, "data": body, "headers": fields}

    def ask(
        self, web: FlaskClient, method: str, path: str, body: bytes = b"", **how: Any
    ) -> TestResponse:
        """Send a signed request to the application."""
        call = self.signed(method, path, body, **how)
        if method == "POST":
            call["content_type"] = JSON
        return web.open(**call)

    def check_in(
        self, web: FlaskClient, *, report: Report | None = None, **held: int
    ) -> TestResponse:
        said = CheckInRequest(nonce=NONCE, report=report, **held)
        body = protocol.check_in_request_bytes(said)
        return self.ask(web, "POST", "/api/v1/check-ins", body)

    def batch(
        self,
        hub: Hub,
        *,
        keys: HubKeys | None = None,
        kind: Any = "reports",
        content: bytes | None = None,
    ) -> bytes:
        """Return the next batch of this box, with one report in it if nothing else is named."""
        keys = keys or read_edition(hub.data.metadata).hub_keys
        document, self.end = batches.make(
            content or reports.encode_batch((a_report(),)),
            node=self.node,
            kind=kind,
            end=self.end,
            hub_keys=keys,
            private_key=self.key,
            randomness=lambda size: bytes(size - 1) + b"\1",
        )
        return document


def claimed(hub: Hub, web: FlaskClient, code: MadeCode | None = None) -> Box:
    """Return a box whose claim waits for a person."""
    box = Box()
    code = code or a_code(hub)
    answer = web.post("/api/v1/claims", data=box.claim(code.code), content_type=JSON)
    assert answer.status_code == 202, answer.text
    (waiting,) = [
        node for node in nodes.list_nodes(hub) if any(key.keyid == box.keyid for key in node.keys)
    ]
    box.node = waiting.node
    return box


def enrolled(hub: Hub, web: FlaskClient, code: MadeCode | None = None) -> Box:
    """Return a box that is a node."""
    box = claimed(hub, web, code)
    nodes.confirm(hub, box.node)
    return box
