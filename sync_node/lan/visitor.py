"""Who asks: a pupil, a teacher, a technician, or a guest; and what pages need to know of them.

`visitor()` says who is signed in, `actor()` in whose name something is recorded, and the two
decorators keep pages to those that they are for. Whatever becomes of school.db, lessons are shown:
where it can't be read, everybody is a guest.

Two cookies: `session` holds a token, whose hash school.db has; `device` names a browser, and is
made when it first signs in or something is first recorded of it, never for looking around.
"""

from collections.abc import Callable
from functools import wraps
from typing import Literal, ParamSpec, TypeAlias
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.http import parse_cookie

from content_packs.errors import StorageFailed
from content_packs.records import Actor
from content_packs.values import Value
from sync_node.lan.limits import TOKEN_CHARACTERS_MAX
from sync_node.lan.preferences import local_address, remember
from sync_node.school.errors import Busy
from sync_node.school.school import School
from sync_node.school.sessions import Session, SignedIn, device_of, new_token

VisitorKind: TypeAlias = Literal["learner", "teacher", "technician", "guest"]
SESSION_COOKIE = "session"
DEVICE_COOKIE = "device"
SIGN_IN = {"teacher": "/teacher/sign-in", "technician": "/box/sign-in"}  # `?next=` leads back

_KEY = "school"
_OF_THE_BOX = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
_P = ParamSpec("_P")


class Visitor(Value, frozen=True):
    """Somebody who opens a page. Empty of a guest: `id` (a pupil's, a teacher's), `name`.

    `class_id` and `picture` are a pupil's.
    """

    kind: VisitorKind = "guest"
    id: str = ""
    name: str = ""
    class_id: str = ""
    picture: str = ""

    @property
    def is_learner(self) -> bool:
        """Whether a pupil is signed in."""
        return self.kind == "learner"

    @property
    def is_teacher(self) -> bool:
        """Whether a teacher is signed in."""
        return self.kind == "teacher"

    @property
    def is_technician(self) -> bool:
        """Whether a technician is signed in."""
        return self.kind == "technician"


GUEST = Visitor()


def set_up(app: Flask, found: School) -> None:
    """Make `found` the application's school, and give the templates `visitor`."""
    app.extensions[_KEY] = found
    app.jinja_env.globals["visitor"] = visitor
    app.after_request(_finish)


def school() -> School:
    """Return the school's own data, of the application that handles this request."""
    return school_of(current_app)


def school_of(app: Flask) -> School:
    """Return the school's own data, of an application."""
    found: School = app.extensions[_KEY]
    return found


def visitor() -> Visitor:
    """Return who asks. Looked up once in a request."""
    if "visitor" not in g:
        g.visitor = _look_up()
    found: Visitor = g.visitor
    return found


def is_teacher(app: Flask, cookies: str) -> bool:
    """Say whether a request's `Cookie` header is a teacher's: before there is a request."""
    token = parse_cookie(cookies).get(SESSION_COOKIE, "")
    try:
        found = school_of(app).sessions.find(token) if token else None
    except StorageFailed:
        return False
    return found is not None and found.kind == "teacher"


def known_actor() -> Actor | None:
    """Return in whose name earlier events are recorded, None where there can't be any."""
    who = visitor()
    if who.is_learner:
        return Actor("learner", who.id)
    token = _device_token()
    return Actor("device", device_of(token)) if token and who.kind == "guest" else None


def actor() -> Actor | None:
    """Return in whose name to record something now; None of teachers and technicians.

    A guest's browser gets its `device` cookie with the answer.
    """
    if visitor().kind == "guest":
        device()
    return known_actor()


def device() -> str:
    """Return the id of the browser that asks; without one it gets its cookie with the answer."""
    token = _device_token()
    if not token:
        token = g.new_device = new_token(school().ground.randomness)
    return device_of(token)


def place() -> str:
    """Return the address on the Wi-Fi that asks; empty where a web server in front hides it."""
    address = request.remote_addr or ""
    return "" if address in _OF_THE_BOX else address


def signed_in(found: SignedIn, address: str) -> Response:
    """Answer somebody who signed in just now: go to a local address, with the session's cookie."""
    response = go_to(address)
    response.set_cookie(
        SESSION_COOKIE, found.token, max_age=found.seconds, httponly=True, samesite="Lax"
    )
    return response


def sign_out(address: str) -> Response:
    """End the session of who asks, if any, and go to a local address.

    The cookie goes whatever becomes of school.db: the next pupil isn't this one.
    """
    response = go_to(address)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
    token = request.cookies.get(SESSION_COOKIE, "")
    if token and visitor().kind != "guest":
        try:
            school().sessions.end(token)
        except (Busy, StorageFailed) as error:  # it ends by itself, and nobody has its token
            current_app.logger.warning("%s %s", error.message, error.hint)
    return response


def go_to(address: str) -> Response:
    """Answer a form: go on at a place of this site."""
    return Response(status=303, headers={"Location": local_address(address)})


def teacher_only(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Keep a view to teachers; others are asked to sign in, and then come back."""
    return _only("teacher", view)


def technician_only(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Keep a view to technicians, as `teacher_only` does."""
    return _only("technician", view)


def _only(
    kind: VisitorKind, view: Callable[_P, ResponseReturnValue]
) -> Callable[_P, ResponseReturnValue]:
    @wraps(view)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
        g.private = True
        if visitor().kind == kind:
            return view(*args, **kwargs)
        if request.method != "GET":
            abort(403)  # a form of a session that ended: nothing of it is done
        here = request.full_path.rstrip("?")
        return redirect(f"{SIGN_IN[kind]}?next={quote(here, safe='')}", 303)

    return checked


def _look_up() -> Visitor:
    token = request.cookies.get(SESSION_COOKIE, "")
    if not token:
        return GUEST
    try:
        found = school().sessions.find(token)
    except StorageFailed as error:
        current_app.logger.warning("%s %s", error.message, error.hint)
        return GUEST
    return _visitor(found) if found else GUEST


def _visitor(found: Session) -> Visitor:
    return Visitor(found.kind, found.subject, found.name, found.class_id, found.picture)


def _device_token() -> str:
    token = request.cookies.get(DEVICE_COOKIE, "") or g.get("new_device", "")
    return token if len(token) <= TOKEN_CHARACTERS_MAX else ""


def _finish(response: Response) -> Response:
    """Send the cookie of a new device; keep what somebody sees who is signed in out of every cache.

    Phones go from hand to hand: the way back of a browser must not lead to who was here before.
    """
    if "new_device" in g:
        remember(response, DEVICE_COOKIE, g.new_device)
    if g.get("private") or _is_somebody_s(response):
        response.headers["Cache-Control"] = "no-store"
    return response


def _is_somebody_s(response: Response) -> bool:
    """Say whether it is a page made for somebody who is signed in, and not a file."""
    is_signed_in = "visitor" in g and g.visitor.kind != "guest"
    return is_signed_in and "Cache-Control" not in response.headers
