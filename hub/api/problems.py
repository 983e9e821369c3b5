"""Problem documents: how the API says that something went wrong (RFC 9457).

`code` is that of the error, for programs; `detail` is for people. Nothing says where on the hub's
disk, what the audit log knows, or what a stranger could learn from.
"""

import logging
from http import HTTPStatus

from flask import Request, Response
from werkzeug.exceptions import HTTPException

from content_packs import canonical_json
from content_packs.errors import InvalidContent, SatchelError, Untrusted
from hub.api.statuses import UNAVAILABLE, status_of
from hub.errors import ChainBroken, ClaimRefused, Damaged, TooOften, Unauthorised

JSON = "application/json"
PROBLEM = "application/problem+json"

_log = logging.getLogger(__name__)


class UnsupportedMediaType(SatchelError):
    """The body isn't said to be JSON."""

    code = "unsupported-media-type"


class TooLarge(SatchelError):
    """The body is larger than this route takes."""

    code = "too-large"


_STATUSES: tuple[tuple[type[SatchelError], int], ...] = (  # the first that it is one of
    (Unauthorised, 401),
    (ClaimRefused, 403),
    (TooOften, 429),
    (ChainBroken, 409),
    (TooLarge, 413),
    (UnsupportedMediaType, 415),
    (Damaged, UNAVAILABLE),
    (InvalidContent, 400),
    (Untrusted, 400),
)
_RETRY_SECONDS = 60
_SIGNATURE = 'Signature tag="satchel-v1"'
_BEARER = 'Bearer realm="satchel"'
_CODES = {
    400: "invalid-content",
    404: "missing",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    500: "error",
}


def of_error(error: SatchelError, request: Request) -> Response:
    """Return the answer for an error of ours."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), UNAVAILABLE)
    if status != UNAVAILABLE:
        return _with_headers(_answer(status, error.code, error.message), error, _SIGNATURE)
    _log.error("%s: %s", request.path, error.message)
    answer = _answer(UNAVAILABLE, error.code, "the hub can't answer now")
    answer.headers["Retry-After"] = str(_RETRY_SECONDS)
    return answer


def of_staff_error(error: SatchelError, request: Request) -> Response:
    """Return the answer for an error of ours to who has a token: they may know why."""
    status = status_of(error)
    if status != UNAVAILABLE:
        return _with_headers(_answer(status, error.code, error.message), error, _BEARER)
    _log.error("%s: %s", request.path, error.message)
    answer = _answer(UNAVAILABLE, error.code, "the hub can't answer now")
    answer.headers["Retry-After"] = str(_RETRY_SECONDS)
    return answer


def of_http(error: HTTPException) -> Response:
    """Return the answer for what Flask refuses."""
    status = error.code or 500
    answer = _answer(status, _CODES.get(status, "error"), (error.name or "error").lower())
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _with_headers(answer: Response, error: SatchelError, challenge: str) -> Response:
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = challenge
    if isinstance(error, TooOften):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _answer(status: int, code: str, detail: str) -> Response:
    body = canonical_json.encode(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
        }
    )
    return Response(body, status, {"Cache-Control": "no-store"}, content_type=PROBLEM)
