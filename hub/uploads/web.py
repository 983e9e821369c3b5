"""tus over HTTP: the same for the console (a session, with the csrf token) and for programs."""

from http import HTTPStatus

from flask import Flask, Request, Response, request
from werkzeug.exceptions import ClientDisconnected

from content_packs import canonical_json
from content_packs.errors import Missing, SatchelError
from hub.api import problems
from hub.api.staff import FindActor, expect_actor
from hub.console.ground import Console
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import files, handing_over, receiving, tus

CONSOLE = "/console/uploads/files"
CONSOLE_STICKS = "/console/visits/sticks/files"
API = "/api/v1/uploads/files"
_METHODS = list(tus.METHODS)
_UNAVAILABLE = 503
_CHECKSUM_MISMATCH, _MISMATCH = 460, "Checksum Mismatch"  # tus's own: HTTP's list lacks it


def add_to_console(console: Console) -> None:
    """Add the protocol below the console, for the scripts of its pages."""

    @console.script("/uploads/files", methods=_METHODS, right=Right.PUBLISH)
    def create(actor: Actor) -> Response:
        return answer(console.hub, actor, request, CONSOLE)

    @console.script("/uploads/files/<upload>", methods=_METHODS, right=Right.PUBLISH)
    def go_on(actor: Actor, upload: str) -> Response:
        return answer(console.hub, actor, request, CONSOLE, upload)


def add_sticks_to_console(console: Console) -> None:
    """Add it for sticks that came back: those who bring them home publish nothing."""

    @console.script("/visits/sticks/files", methods=_METHODS, right=Right.CHANGE_FLEET)
    def create_stick(actor: Actor) -> Response:
        return answer(console.hub, actor, request, CONSOLE_STICKS)

    @console.script("/visits/sticks/files/<upload>", methods=_METHODS, right=Right.CHANGE_FLEET)
    def go_on_with_stick(actor: Actor, upload: str) -> Response:
        return answer(console.hub, actor, request, CONSOLE_STICKS, upload)


def add_to_api(app: Flask, hub: Hub, find_actor: FindActor) -> None:
    """Add the protocol to the API, for programs with a token."""

    @app.route(API, methods=_METHODS, provide_automatic_options=False)
    def create_upload() -> Response:
        return _for_program(hub, find_actor, "")

    @app.route(f"{API}/<upload>", methods=_METHODS, provide_automatic_options=False)
    def go_on_with_upload(upload: str) -> Response:
        return _for_program(hub, find_actor, upload)


def _for_program(hub: Hub, find_actor: FindActor, upload: str) -> Response:
    if request.method == "OPTIONS":
        return _plain(tus.options())
    try:
        actor = expect_actor(hub, find_actor)
    except SatchelError as error:
        return problems.of_staff_error(error, request)
    return answer(hub, actor, request, API, upload)


def answer(hub: Hub, actor: Actor, asked: Request, prefix: str, upload: str = "") -> Response:
    """Do what a client asks, and answer; `prefix` is where uploads are found."""
    try:
        receiving.expect_any(actor)
        if upload and not files.is_id(upload):
            raise Missing("there is no such upload", hint="Begin it anew.")
        done = tus.answer(
            hub,
            actor,
            tus.Asked(
                asked.method,
                {name.lower(): value for name, value in asked.headers.items()},
                lambda count: _read(asked, count),
                lambda made: f"{prefix}/{made}",
                upload,
            ),
        )
        if done.whole is not None:
            handing_over.hand_over(hub, actor, done.whole)
    except SatchelError as error:
        return _refused(error)
    return _plain(done)


def _read(asked: Request, count: int) -> bytes:
    """Return the next bytes of the body; none where the client has gone, whatever it announced."""
    try:
        return asked.stream.read(count)
    except (ClientDisconnected, OSError):
        return b""


def _plain(done: tus.Answered) -> Response:
    return Response(b"", done.status, {"Cache-Control": "no-store", **done.headers})


def _refused(error: SatchelError) -> Response:
    status = next((status for kind, status in tus.STATUSES if isinstance(error, kind)), 0)
    status = status or _UNAVAILABLE
    is_ours = status == _UNAVAILABLE  # then its words name places on the hub's disk
    detail, hint = ("the hub can't answer now", "") if is_ours else (error.message, error.hint)
    body = canonical_json.encode(
        {
            "type": "about:blank",
            "title": _MISMATCH if status == _CHECKSUM_MISMATCH else HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": error.code,
            "hint": hint,
        }
    )
    headers = {"Cache-Control": "no-store", "Tus-Resumable": tus.VERSION}
    if status == 412:
        headers["Tus-Version"] = tus.VERSION
    if status == _UNAVAILABLE:
        headers["Retry-After"] = "30"
    return Response(body, status, headers, content_type=problems.PROBLEM)
