"""The API for staff and their programs: every room's operations behind HTTP. Routes: hub/API.md.

Who asks is known by a token, `Authorization: Bearer …`, made in the console or by `hub tokens`. The
console's cookie isn't sent here (its path is `/console/`), so no page of anybody's can ask in the
name of who is signed in.

What is refused first is what costs least: no token, no right, then a query or a body that isn't
what it has to be. What isn't the caller's to see is answered as what isn't there.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from content_packs.errors import InvalidContent, Missing, SatchelError, UsageError
from hub.api import problems
from hub.api.limits import PATH_CHARACTERS_MAX, QUERY_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX
from hub.api.operations import Given, Operation
from hub.api.problems import JSON, TooLarge, UnsupportedMediaType
from hub.hub import Hub
from hub.people.actor import Actor

FindActor = Callable[[Hub, str], Actor | None]
_BEARER = "bearer "


class NoToken(SatchelError):
    """No token that counts came with the request; one answer for all reasons."""

    code = "unauthorised"


class Forbidden(SatchelError):
    """The token's person, or the token, hasn't the right."""

    code = "forbidden"


def blueprint(hub: Hub, operations: Iterable[Operation], find_actor: FindActor) -> Blueprint:
    """Return the operations as routes; `find_actor` gives who a token is of."""
    api = Blueprint("staff", __name__, url_prefix="/api/v1")
    for operation in operations:
        api.add_url_rule(
            operation.path.replace("{", "<").replace("}", ">"),
            operation.name,
            _view(hub, operation, find_actor),
            methods=[operation.method],
        )
    api.register_error_handler(SatchelError, lambda error: problems.of_staff_error(error, request))
    api.register_error_handler(HTTPException, problems.of_http)
    return api


def _view(hub: Hub, operation: Operation, find_actor: FindActor) -> Callable[..., Response]:
    def answer(**parts: str) -> Response:
        actor = expect_actor(hub, find_actor)
        if operation.right is not None and not actor.may(operation.right):
            raise Forbidden(f"this needs the right {operation.right.value}")
        given = Given(_path(parts), _query(operation), _body(operation))
        found = operation.run(hub, actor, given)
        if isinstance(found, Response):
            return found
        body = b"" if operation.status == 204 else msgspec.json.encode(found, enc_hook=str)
        headers = {"Cache-Control": "no-store"}
        return Response(body, operation.status, headers, content_type=JSON)

    return answer


def expect_actor(hub: Hub, find_actor: FindActor) -> Actor:
    """Return who asks. Raises `NoToken`."""
    given = request.headers.get("Authorization", "")
    token = given[len(_BEARER) :].strip() if given[: len(_BEARER)].lower() == _BEARER else ""
    if token and len(token) <= TOKEN_CHARACTERS_MAX:
        actor = find_actor(hub, token)
        if actor is not None:
            return actor
    raise NoToken("no token that counts came with the request")


def _path(parts: dict[str, str]) -> dict[str, str]:
    """Return what stands in the address. No name of ours is so long or has such characters."""
    for text in parts.values():
        if len(text) > PATH_CHARACTERS_MAX or not text.isprintable():
            raise Missing("there is no such thing")
    return parts


def _query(operation: Operation) -> Any:
    """Return the query as the operation's struct. Raises `UsageError`."""
    fields = _fields(operation.query) if operation.query else {}
    given: dict[str, Any] = {}
    if len(request.query_string) > QUERY_CHARACTERS_MAX:
        raise UsageError(f"the query has more than {QUERY_CHARACTERS_MAX} characters")
    for name, values in request.args.lists():
        if name not in fields:
            raise UsageError(f"the query has no field {name[:40]!r}")
        if not all(map(_is_sound, values)):
            raise UsageError(f"{name}: has a character that no text of ours has")
        many = fields[name]
        if not many and len(values) > 1:
            raise UsageError(f"{name} stands there more than once")
        given[name] = values if many else values[0]
    if not operation.query:
        return None
    try:
        return msgspec.convert(given, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"the query: {error}") from error


def _fields(kind: type[Any]) -> dict[str, bool]:
    """Return the fields of a query, and whether each is a tuple."""
    info = msgspec.inspect.type_info(kind)
    found = getattr(info, "fields", ())
    return {
        field.encode_name: isinstance(
            field.type, msgspec.inspect.VarTupleType | msgspec.inspect.ListType
        )
        for field in found
    }


def _is_sound(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _body(operation: Operation) -> Any:
    """Return the body as the operation's struct. Raises `UsageError` and what is too large."""
    if operation.body is None:
        return None
    most = operation.body_bytes_max
    if (request.content_length or 0) > most:
        raise TooLarge(f"the body has more than {most} bytes")
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"the body has to be {JSON}")
    data = request.stream.read(most + 1)
    if len(data) > most:
        raise TooLarge(f"the body has more than {most} bytes")
    try:
        found = msgspec.json.decode(data, type=operation.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidContent(f"the body: {error}") from error
    if b"\\u0000" in data or b"\0" in data:
        raise InvalidContent("the body: has a character that no text of ours has")
    return found
