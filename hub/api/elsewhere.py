"""All else below `/api/`: 404, or 405 where another method would do, so that nothing is a file."""

from flask import Flask, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map

from hub.api import problems

PREFIX = "/api/"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def add(app: Flask) -> None:
    """Add the route, after all others below."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    known = Map(
        [rule.empty() for rule in rules], merge_slashes=False, converters=app.url_map.converters
    )

    @app.route("/api/<path:rest>", methods=_METHODS, provide_automatic_options=False)
    def elsewhere(rest: str) -> Response:
        allowed = known.bind("").allowed_methods(f"{PREFIX}{rest}")
        return problems.of_http(MethodNotAllowed(sorted(allowed)) if allowed else NotFound())
