"""What this node offers to its neighbours, below `/peer/v1/`: read-only, for nodes of its district.

Whoever isn't let in gets the same 401, whatever was asked for: a phone learns nothing here, not
even what there is. See PEERS.md.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, request

from content_packs import byte_ranges
from content_packs.errors import Missing, Untrusted
from content_packs.request_signing import Request
from sync_node.admission import Admission
from sync_node.courtesy import Courtesy
from sync_node.limits import PEER_REFUSAL_LOG_SECONDS, PEER_RETRY_SECONDS
from sync_node.offering import Offered, Offering
from sync_node.peer_places import PREFIX

blueprint = Blueprint("peers", __name__)

_KEY = "peers"


@dataclass
class Peers:
    """What the views need. `log` gets a line about requests that were refused, now and then."""

    offering: Offering
    admission: Admission
    courtesy: Courtesy
    log: Callable[[str], None]
    monotonic: Callable[[], float] = time.monotonic
    refused: int = 0
    logged_at: float = float("-inf")

    def note_refusal(self, error: Untrusted) -> None:
        """Count a refusal; log the first, and then not more than one line a minute."""
        self.refused += 1
        now = self.monotonic()
        if now - self.logged_at >= PEER_REFUSAL_LOG_SECONDS:
            self.logged_at = now
            self.log(f"peers: refused {self.refused} requests; the last: {error.message}")
            self.refused = 0


def set_up(app: Flask, peers: Peers) -> None:
    """Serve neighbours, and know when pupils are at the site."""
    app.extensions[_KEY] = peers
    app.register_blueprint(blueprint)

    def note_pupil() -> None:
        if request.blueprint != blueprint.name:
            peers.courtesy.note_pupil()

    app.before_request(note_pupil)


@blueprint.get(f"{PREFIX}<path:place>", provide_automatic_options=False)
def answer(place: str) -> Response:
    """Answer a peer with what lies at a place, or a part of it."""
    peers: Peers = current_app.extensions[_KEY]
    query = request.query_string.decode("latin-1")
    asked = Request(request.method, "http", request.host, request.path, query)
    try:
        peers.admission.admit(asked, dict(request.headers))
    except Untrusted as error:
        peers.note_refusal(error)
        return _plain(HTTPStatus.UNAUTHORIZED)
    if not peers.courtesy.enter():
        busy = _plain(HTTPStatus.SERVICE_UNAVAILABLE)
        busy.headers["Retry-After"] = str(PEER_RETRY_SECONDS)
        return busy
    try:
        response = _answered(peers, place)
    except BaseException:
        peers.courtesy.leave()
        raise
    response.call_on_close(peers.courtesy.leave)
    return response


def _answered(peers: Peers, place: str) -> Response:
    try:
        found = peers.offering.find(place)
    except Missing:
        return _plain(HTTPStatus.NOT_FOUND)
    how = byte_ranges.asked(found.size, f'"{found.tag}"', request.headers)
    response = _plain(how.status)
    response.headers.update(how.headers)
    if how.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        response.content_length = how.length
        response.response = _paid(peers.courtesy, found, how.first, how.length)
    return response


def _paid(courtesy: Courtesy, found: Offered, first: int, length: int) -> Iterator[bytes]:
    for piece in found.pieces(first, length):
        courtesy.pay(len(piece))
        yield piece


def _plain(status: int) -> Response:
    """Return an answer without a body; with headers that make a browser do nothing with it."""
    response = Response(status=status)
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
