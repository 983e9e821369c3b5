"""The API for nodes: claims, check-ins, batches, credentials. Routes: hub/API.md.

What is refused first is what costs least: a body too long, one that isn't JSON, a signature that
doesn't hold; only then is the body read. A view hands bytes to one service.
"""

import time
from collections.abc import Callable, Sequence
from typing import Literal

from flask import Blueprint, Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from content_packs.errors import SatchelError
from content_packs.limits import CHECK_IN_BYTES_MAX, DOCUMENT_BYTES_MAX
from content_packs.request_signing import Request
from hub.api import openapi, problems
from hub.api.operations import Operation
from hub.api.problems import JSON, TooLarge, UnsupportedMediaType
from hub.fleet import check_ins, requests
from hub.fleet.brakes import Brakes, take_batch, take_claim
from hub.fleet.requests import Caller
from hub.hub import Hub
from hub.together import Together


def add_api(
    app: Flask,
    hub: Hub,
    operations: Sequence[Operation] = (),
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Add the API's routes for nodes to the application of an open hub, and its description.

    `operations`: those for staff, which the description tells of, too.
    """
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    api.register_error_handler(SatchelError, lambda error: problems.of_error(error, request))
    api.register_error_handler(HTTPException, problems.of_http)
    _add_routes(api, hub, Brakes.new(monotonic))
    _add_description(api, openapi.description(hub.config.title, operations))

    @api.after_request
    def say_what_will_do(answer: Response) -> Response:
        """Leave the catch-all's methods out of `Allow`."""
        if request.method == "OPTIONS" and request.url_rule is not None:
            answer.headers["Allow"] = ", ".join(sorted(request.url_rule.methods or ()))
        return answer

    app.register_blueprint(api)


def _add_routes(api: Blueprint, hub: Hub, brakes: Brakes) -> None:
    together = Together(hub.database)
    keys = requests.KnownKeys(hub)

    def caller(body: bytes) -> Caller:
        """Return the node that signed this request. Raises `Unauthorised`."""
        asked, fields = _asked(body)
        return requests.identify(
            hub, asked, fields, key_of=keys.find, origin=_address(), refusals=brakes.refusals
        )

    @api.post("/claims")
    def claim() -> Response:
        body = _body(DOCUMENT_BYTES_MAX)
        answer = take_claim(hub, brakes, body, address=_address())
        return _json(answer.body, 202 if answer.credential is None else 200)

    @api.post("/check-ins")
    def check_in() -> Response:
        body = _body(CHECK_IN_BYTES_MAX)
        asked = requests.verify(
            hub, *_asked(body), key_of=keys.find, origin=_address(), refusals=brakes.refusals
        )
        return _json(check_ins.take_signed(hub, together, asked, body, brakes.refusals))

    @api.post("/batches")
    def batch() -> Response:
        body = _body(DOCUMENT_BYTES_MAX)
        return _json(take_batch(hub, brakes, body, caller(body)).receipt)

    @api.get("/credential")
    def credential() -> Response:
        body = _body(0)
        return _json(check_ins.credential_of(hub, caller(body)))


def _add_description(api: Blueprint, description: bytes) -> None:
    @api.get("/openapi.json")
    def described() -> Response:
        answer = _json(description)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _body(bytes_max: int) -> bytes:
    """Return the body, bounded; where one is due, it has to be JSON."""
    if (request.content_length or 0) > bytes_max:
        raise TooLarge(f"the body has more than {bytes_max} bytes")
    if bytes_max and request.mimetype != JSON:
        raise UnsupportedMediaType(f"the body has to be {JSON}")
    body = request.stream.read(bytes_max + 1)
    if len(body) > bytes_max:
        raise TooLarge(f"the body has more than {bytes_max} bytes")
    return body


def _asked(body: bytes) -> tuple[Request, dict[str, str]]:
    """Return this request as its signature covers it, and its header fields."""
    said = request.environ  # as it stood on the request line: servers name it differently
    target: str = said.get("REQUEST_URI") or said.get("RAW_URI") or ""
    path, _, query = target.partition("?")
    scheme: Literal["http", "https"] = "https" if request.scheme == "https" else "http"
    asked = Request(
        method=request.method,
        scheme=scheme,
        authority=said.get("HTTP_HOST", ""),
        path=path,
        query=query,
        body=body,
    )
    return asked, _fields(request.headers)


def _fields(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _address() -> str:
    return request.remote_addr or ""


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, {"Cache-Control": "no-store"}, content_type=JSON)
