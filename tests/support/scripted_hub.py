"""A hub on loopback that does what PROTOCOL.md says, or what a test tells it to.

It serves a repository, takes claims, check-ins and batches, and verifies every signature itself: a
node that signs wrongly, or uses a number twice, is refused here as at a real hub.

    with scripted_hub(repository) as hub:
        hub.confirmed = True
        hub.desired = DesiredState(...)
        hub.answers["check-ins"] = (401, PROBLEM, b"...")      # instead of the right answer
"""

import json
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from content_packs import batches, byte_ranges, protocol, request_signing, signed_documents
from content_packs.batches import ChainEnd
from content_packs.desired_state import DesiredState
from content_packs.digests import digest_of
from content_packs.enrolment_codes import fingerprint
from content_packs.errors import SatchelError
from content_packs.messages import to_second
from content_packs.protocol import (
    CheckInAnswer,
    CheckInRequest,
    Claim,
    Credential,
    Pending,
    Receipt,
    Time,
)
from content_packs.request_signing import Request
from content_packs.school_requests import Answers
from content_packs.signed_documents import envelope_of
from tests.support.protocol import SERVICE_KEY
from tests.support.quiet_server import QuietHandler, QuietServer, running
from tests.support.repositories import Repository

JSON = "application/json"
PROBLEM = "application/problem+json"
CODE = "00000000000"


def problem(status: int, code: str = "refused", detail: str = "no") -> tuple[int, str, bytes]:
    return status, PROBLEM, json.dumps({"code": code, "detail": detail}).encode()


@dataclass
class ScriptedHub:
    """`now` is what it says that time it is. Who claimed is a node once `confirmed`.

    `gets`: what was asked of the repository; `sent`: how many bytes of each file were.
    """

    repository: Repository
    url: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    service: Ed25519PrivateKey = SERVICE_KEY
    confirmed: bool = False
    node: str = "qamdo-1"
    groups: tuple[str, ...] = ("pilot",)
    serial: int = 1
    desired: DesiredState | None = None
    said: Answers | None = None
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    check_ins: list[CheckInRequest] = field(default_factory=list)
    batches: list[bytes] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    calls: list[str] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    end: ChainEnd = field(default_factory=ChainEnd)
    receipts: bool = True
    forget_connections: bool = False
    credential: Credential | None = None

    def keys(self) -> dict[str, Ed25519PublicKey]:
        if self.credential is None:
            return {}
        return {self.credential.keyid: self.credential.public_key()}

    def take(self, call: str, request: Request, fields: dict[str, str]) -> tuple[int, str, bytes]:
        self.calls.append(call)
        if call in self.answers:
            return self.answers[call]
        if call == "claims":
            return self.take_claim(request.body)
        try:
            verified = request_signing.verify(request, fields, self.keys().get)
        except SatchelError as error:
            return problem(401, "unauthorised", error.message)
        if self.sequences and verified.sequence <= self.sequences[-1]:
            return problem(401, "unauthorised", "played back")
        self.sequences.append(verified.sequence)
        if call == "batches":
            return self.take_batch(request.body)
        return self.take_check_in(request.body)

    def take_claim(self, body: bytes) -> tuple[int, str, bytes]:
        said = protocol.open_claim(body)
        self.claims.append(said)
        keyid = signed_documents.signer_of(body)
        if not self.confirmed:
            return 202, JSON, protocol.pending_bytes(Pending(fingerprint=fingerprint(keyid)))
        if self.credential is None or self.credential.key != said.key:
            self.credential = Credential(
                node=self.node, school="qamdo", district="east", key=said.key, serial=self.serial,
                issued_at=to_second(self.now), groups=self.groups, school_title="Qamdo No. 7",
            )  # fmt: skip
            self.end = ChainEnd()
            self.sequences.clear()  # they are counted for each key
        return 200, JSON, signed_documents.sign("credential", self.credential, self.service)

    def take_check_in(self, body: bytes) -> tuple[int, str, bytes]:
        said = protocol.read_check_in_request(body)
        self.check_ins.append(said)
        time = Time(time=to_second(self.now), node=self.node, nonce=said.nonce)
        desired = (
            self.desired if self.desired and self.desired.number > said.desired_state else None
        )
        answer = CheckInAnswer(
            time=envelope_of(signed_documents.sign("time", time, self.service)),
            desired_state=envelope_of(
                signed_documents.sign("desired-state", desired, self.service)
            ) if desired else None,
            receipt=envelope_of(self.receipt())
            if self.receipts and self.end.sequence > said.receipt else None,
            answers=envelope_of(signed_documents.sign("answers", self.said, self.service))
            if self.said and self.said.number > said.answers else None,
        )  # fmt: skip
        return 200, JSON, protocol.check_in_answer_bytes(answer)

    def take_batch(self, body: bytes) -> tuple[int, str, bytes]:
        batch = batches.read(body, self.keys(), node=self.node)
        place = batches.place_of(body, batch, self.end)
        if place not in {"next", "known"}:
            return problem(409, "chain-broken", place)
        if place == "next":
            self.end = ChainEnd(batch.sequence, digest_of(body))
            self.batches.append(body)
        return 200, JSON, self.receipt()

    def receipt(self) -> bytes:
        receipt = Receipt(
            node=self.node, keyid=next(iter(self.keys())), sequence=self.end.sequence,
            digest=self.end.digest, issued_at=to_second(self.now),
        )  # fmt: skip
        return signed_documents.sign("receipt", receipt, self.service)


@contextmanager
def scripted_hub(
    repository: Repository, *, context: ssl.SSLContext | None = None, **settings: Any
) -> Iterator[ScriptedHub]:
    """Serve until the block ends; with `context` over TLS, as `localhost`."""
    state = ScriptedHub(repository, **settings)
    handler = type("Handler", (_Handler,), {"state": state})
    server = QuietServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme, host = ("https", "localhost") if context else ("http", "127.0.0.1")
    state.url = f"{scheme}://{host}:{server.server_address[1]}/"
    with running(server):
        yield state


class _Handler(QuietHandler):
    state: ScriptedHub

    def do_GET(self) -> None:  # noqa: N802  # http.server's name
        path = self.path.removeprefix("/")
        self.state.gets.append(path)
        file = self.state.repository.root / path
        if not file.is_file():
            self._answer(404, "application/octet-stream", b"")
            return
        data = file.read_bytes()
        how = byte_ranges.answer(
            len(data),
            f'"{digest_of(data)[:16]}"',
            range_header=self.headers.get("Range"),
            if_range=self.headers.get("If-Range"),
            if_none_match=self.headers.get("If-None-Match"),
        )
        data = data[how.first : how.first + how.length]
        self.state.sent[path] += len(data)
        self._answer(how.status, "application/octet-stream", data, how.headers)

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path, _, query = self.path.partition("?")
        scheme: Any = "https" if self.state.url.startswith("https") else "http"
        request = Request("POST", scheme, self.headers["Host"], path, query, body)
        fields = {name.lower(): value for name, value in self.headers.items()}
        status, media_type, answer = self.state.take(path.removeprefix("/api/v1/"), request, fields)
        self._answer(status, media_type, answer)
        if self.state.forget_connections:
            self.close_connection = True  # without having said so

    def _answer(
        self, status: int, media_type: str, data: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
