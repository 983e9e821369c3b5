"""What a reader sees when something can't be shown: always a page with a way on, no traceback."""

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from content_packs.errors import Missing, SatchelError
from sync_node.catalogue import OnItsWay
from sync_node.lan.limits import RETRY_AFTER_SECONDS


def set_up(app: Flask) -> None:
    """Answer every error with a page."""

    def failed(error: SatchelError) -> Response:
        app.logger.error("%s %s", error.message, error.hint)
        response = _page("resting", 503)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    app.register_error_handler(OnItsWay, _on_its_way)
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(SatchelError, failed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _broken)  # Flask has logged the traceback


def _on_its_way(error: OnItsWay) -> Response:
    return _page("on_its_way", 404, card=error.card, line=error.line)


def _missing(_error: Missing) -> Response:
    return _page("missing", 404)


def _http(error: HTTPException) -> Response:
    """Answer 404 with the friendly page, any other status with one that names what to do."""
    if error.code == 404:
        return _page("missing", 404)
    if error.code is None or error.code < 400:
        return make_response(error.get_response())  # a redirect is no failure
    response = _page("refused", error.code)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _broken(_error: Exception) -> Response:
    return _page("broken", 500)


def _page(name: str, status: int, **values: object) -> Response:
    return make_response(render_template(f"failures/{name}.html", status=status, **values), status)
