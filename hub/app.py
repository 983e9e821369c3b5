"""The hub over HTTP: the repository, the API, the console, a page for anybody. Routes: API.md."""

import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from content_packs import struct_types
from content_packs.command_line import megabytes
from content_packs.errors import Missing, SatchelError
from hub.api import elsewhere, fleet, problems, staff, static_tree
from hub.api.monitoring import add_monitoring
from hub.api.polls import Polls
from hub.console.public import home_page
from hub.console.wiring import add_console, is_ours
from hub.hub import Hub
from hub.people import sessions, tokens
from hub.rooms import all_operations
from hub.uploads import web as uploads

_log = logging.getLogger(__name__)

_REPOSITORY = "/<path:place>"
_PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"


def create_app(hub: Hub) -> Flask:
    """Return the web application of an open hub."""
    struct_types.prepare()
    app = Flask("hub")
    app.url_map.merge_slashes = False  # no place has another spelling: 404, not a way around
    app.add_template_filter(megabytes, "bytes")
    counted = add_monitoring(app, hub)
    _add_routes(app, hub)
    fleet.add_api(app, hub, all_operations())
    app.register_blueprint(staff.blueprint(hub, all_operations(), tokens.find))
    uploads.add_to_api(app, hub, tokens.find)
    elsewhere.add(app)
    console = add_console(app, hub, sessions.find)
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(SatchelError, _failed)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return console.failed_over_http(error) if is_ours(request.path) else _refused(error)

    def note_poll(method: str, seconds: float) -> None:
        counted.count(method, _REPOSITORY, 304, seconds=seconds, size=0)

    app.wsgi_app = Polls(app.wsgi_app, hub, note_poll)  # type: ignore[method-assign]  # Flask's way
    return app


def _add_routes(app: Flask, hub: Hub) -> None:
    @app.get("/")
    def home() -> Response:
        page = Response(home_page(hub, request.accept_languages), mimetype="text/html")
        page.headers.update(
            {
                "Cache-Control": "no-cache",
                "Content-Security-Policy": _PAGE_POLICY,
                "Vary": "Accept-Language",
                "X-Content-Type-Options": "nosniff",
            }
        )
        return page

    @app.get("/healthz")
    def healthz() -> Response:
        return _words("ok\n", 200)

    @app.get(_REPOSITORY)
    def repository(place: str) -> Response:
        return static_tree.answer(hub, place, request)


def _words(text: str, status: int) -> Response:
    return Response(text, status, {"Cache-Control": "no-store"}, mimetype="text/plain")


def _missing(_error: Missing) -> Response:
    if request.path.startswith(elsewhere.PREFIX):
        return problems.of_http(NotFound())
    return _words("not here\n", 404)


def _failed(error: SatchelError) -> Response:
    """Say what failed without saying where on the disk; the log says it all."""
    if request.path.startswith(elsewhere.PREFIX):
        return problems.of_error(error, request)
    _log.error("%s: %s", request.path, error.message)
    return _words(f"the hub can't answer: {error.code}\n", 503)


def _refused(error: HTTPException) -> Response:
    if request.path.startswith(elsewhere.PREFIX):
        return problems.of_http(error)
    answer = _words(f"{(error.name or 'error').lower()}\n", error.code or 500)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer
