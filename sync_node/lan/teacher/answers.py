"""How a teacher's form is answered: on to a page that says what was done, or the form again.

What went wrong is said by a word of ours, which the page puts into the reader's language; the
services' own messages are in English, and go to the log.
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, make_response, render_template, request

from content_packs.errors import InvalidContent, Refused, SatchelError, UsageError
from sync_node.lan.visitor import go_to

BAD_REQUEST = 400
WRONG: tuple[type[SatchelError], ...] = (UsageError, Refused, InvalidContent)


def done(address: str, word: str = "") -> Response:
    """Go on at an address, which says what was done."""
    return go_to(f"{address}?{urlencode({'done': word})}" if word else address)


def wrong(template: str, problem: str, error: SatchelError | None, **values: object) -> Response:
    """Answer with a form again, and what is wrong with it."""
    if error is not None:
        current_app.logger.info("%s: %s %s", request.path, error.message, error.hint)
    page = render_template(template, problem=problem, error=error, **values)
    return make_response(page, BAD_REQUEST)


def guard(blueprint: Blueprint) -> None:
    """Let what a form was refused for, and its view didn't expect, end in a page that says so."""
    for kind in WRONG:
        blueprint.register_error_handler(kind, _refused)


def _refused(error: SatchelError) -> Response:
    return wrong("teacher/refused.html", "refused", error)
