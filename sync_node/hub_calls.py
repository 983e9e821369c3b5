"""What a node asks of the hub's API: claims, check-ins, batches (PROTOCOL.md, sections 4 to 8).

Every call but a claim is signed, with a number that was never used. An answer that is lost is asked
for again, with a new number, over a new connection. Nothing of an answer is believed here but which
kind it is: what counts in it is a signed document.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs import protocol, reports, request_signing
from content_packs.errors import Missing, SourceUnavailable
from content_packs.limits import ANSWER_BYTES_MAX, DOCUMENT_BYTES_MAX
from content_packs.protocol import CheckInAnswer, CheckInRequest, Pending
from content_packs.request_signing import Request, Scheme
from sync_node.errors import HubRefused, NotNow
from sync_node.hub_source import HubSource, Told

CLAIMS = "api/v1/claims"
CHECK_INS = "api/v1/check-ins"
BATCHES = "api/v1/batches"

_JSON = "application/json"
_PROBLEM = "application/problem+json"
_BUSY = {408, 425}
_TOO_OFTEN = 429
_NOTHING_THERE = {404, 405}


@dataclass(frozen=True)
class Signer:
    """Signs requests: by a key, with a fresh number each, and the time that the box believes."""

    private_key: Ed25519PrivateKey
    sequence: Callable[[], int]
    created: Callable[[], int]


class _Problem(msgspec.Struct, frozen=True):
    """What matters of a problem document (RFC 9457) and our `code`."""

    title: str = ""
    detail: str = ""
    code: str = ""


def claim(hub: HubSource, document: bytes) -> bytes | Pending:
    """Send a claim; return the credential's bytes, unverified, or that a person has to confirm.

    Raises `HubRefused` for a code that isn't good, `Missing` where there is no such API,
    `SourceUnavailable`, `InvalidContent`.
    """
    told = hub.call(CLAIMS, document, {"Content-Type": _JSON}, bytes_max=DOCUMENT_BYTES_MAX)
    if told.status == 202:
        return protocol.read_pending(told.body)
    _check(hub, CLAIMS, told)
    return told.body


def check_in(hub: HubSource, request: CheckInRequest, signer: Signer) -> CheckInAnswer:
    """Check in; return the hub's answer, unverified. Raises as `claim` does."""
    told = _signed(hub, CHECK_INS, protocol.check_in_request_bytes(request), signer)
    return protocol.read_check_in_answer(told.body)


def send_batch(hub: HubSource, document: bytes, signer: Signer) -> bytes:
    """Send a batch; return the receipt that came, unverified. Raises as `claim` does."""
    return _signed(hub, BATCHES, document, signer).body


def _signed(hub: HubSource, call: str, body: bytes, signer: Signer) -> Told:
    try:
        told = _once(hub, call, body, signer)
    except NotNow:
        raise
    except SourceUnavailable:
        hub.close()  # a kept connection may have been dead for long
        told = _once(hub, call, body, signer)
    _check(hub, call, told)
    return told


def _once(hub: HubSource, call: str, body: bytes, signer: Signer) -> Told:
    parts = urlsplit(hub.url_of(call))
    scheme: Scheme = "https" if parts.scheme == "https" else "http"
    request = Request("POST", scheme, parts.netloc, parts.path, parts.query, body)
    fields = request_signing.sign(
        request, signer.private_key, sequence=signer.sequence(), created=signer.created()
    )
    headers = {"Content-Type": _JSON, **fields}
    return hub.call(call, body, headers, bytes_max=ANSWER_BYTES_MAX)


def _check(hub: HubSource, call: str, told: Told) -> None:
    """Raise what an answer means that isn't a good one."""
    if 200 <= told.status < 300:
        return
    what = f"{hub.name}: {call}: {told.status}"
    if told.status == _TOO_OFTEN:
        raise SourceUnavailable(
            f"{what}: too many attempts of late",
            hint="The hub listens again in some minutes. Read the code on the sheet once more.",
        )
    if told.status in _BUSY or told.status >= 500:
        raise SourceUnavailable(f"{what}: the hub can't answer now")
    problem = _problem(told)
    if problem is None or told.status in _NOTHING_THERE:
        raise Missing(
            f"{what}: no hub that nodes can talk to answers there",
            hint="Is the address right, and the hub of this version? Something in between may "
            "answer in its place.",
        )
    said = problem.detail or problem.title or problem.code
    raise HubRefused(f"{hub.name}: {reports.shortened(said)}", status=told.status)


def _problem(told: Told) -> _Problem | None:
    if told.media_type != _PROBLEM:
        return None
    try:
        return msgspec.json.decode(told.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
