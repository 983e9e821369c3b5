"""`/readyz`, `/metrics`, and each answer counted."""

import time
from collections.abc import Callable

from flask import Flask, Response, g, request

from hub.api import problems
from hub.errors import Unauthorised
from hub.hub import Hub
from hub.monitoring import logs, metrics, readiness
from hub.monitoring.metrics import Metrics
from hub.people import tokens
from hub.people.rights import Right

_BEARER = "Bearer "
_LINKS = "/console/welcome/"  # whoever reads one in the log could set the password by it


def add_monitoring(
    app: Flask, hub: Hub, *, monotonic: Callable[[], float] = time.monotonic
) -> Metrics:
    """Add it to the application of an open hub; return what counts."""
    counted = Metrics(hub, monotonic)

    @app.before_request
    def note_begin() -> None:
        g.monitoring_began = monotonic()

    @app.after_request
    def count(answer: Response) -> Response:
        seconds = monotonic() - g.get("monitoring_began", monotonic())
        rule = request.url_rule.rule if request.url_rule else metrics.OTHER
        size = answer.calculate_content_length() or 0
        counted.count(request.method, rule, answer.status_code, seconds=seconds, size=size)
        path = rule if request.path.startswith(_LINKS) else request.path
        logs.answered(
            request.method, path, answer.status_code, seconds=seconds, size=size,
            address=request.remote_addr or "", actor=_actor(),
        )  # fmt: skip
        return answer

    @app.get("/readyz")
    def readyz() -> Response:
        """Say what isn't ready by name alone: more of it stands in the log and in the console."""
        bad = [check for check in readiness.checks(hub) if not check.is_good]
        for check in bad:
            logs.not_ready(check.name, check.problem)
        text = "".join(f"not ready: {check.name}\n" for check in bad) or "ready\n"
        headers = {"Cache-Control": "no-store"}
        return Response(text, 503 if bad else 200, headers, mimetype="text/plain")

    @app.get("/metrics")
    def scrape() -> Response:
        said = request.headers.get("Authorization", "")
        actor = tokens.find(hub, said.removeprefix(_BEARER)) if said.startswith(_BEARER) else None
        if actor is None or not actor.may(Right.OPERATE):
            error = Unauthorised("a token with the right to operate this hub is needed")
            return problems.of_error(error, request)
        headers = {"Cache-Control": "no-store"}
        return Response(counted.text(), 200, headers, content_type=metrics.CONTENT_TYPE)

    return counted


def _actor() -> str:
    session = g.get("console_session")
    if session is not None:
        return str(session.actor.login)
    return str(g.get("api_actor", ""))
