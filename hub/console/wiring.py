"""The console of a hub: one `Console`, with the pages of every room on it."""

from flask import Flask, Response, abort, request

from hub.console import assets, charts, cookies, filters, language, navigation, titles
from hub.console.ground import PREFIX, Console, FindSession, finish
from hub.console.guards import place_below
from hub.hub import Hub
from hub.rooms import ROOMS

ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def add_console(app: Flask, hub: Hub, find_session: FindSession) -> Console:
    """Add the console's pages to the application of an open hub.

    `find_session` gives the session of a token that came from an address, or None.
    """
    language.set_up(app)
    filters.set_up(app, hub.config.zone)
    charts.set_up(app)
    navigation.set_up(app)
    titles.set_up(app, hub)
    assets.set_up(app)
    console = Console(app, hub, find_session)
    app.extensions["console"] = console
    _add_language_switch(console)
    for room in ROOMS:
        if room.pages:
            room.pages(console)
    _add_what_is_not_there(app)

    @app.after_request
    def with_headers(response: Response) -> Response:
        is_page = is_ours(request.path) and not request.path.startswith(f"{PREFIX}/assets/")
        return finish(response) if is_page else response

    return console


def is_ours(path: str) -> bool:
    """Say whether an address is the console's."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def _add_language_switch(console: Console) -> None:
    @console.open_post("/language")
    def switch_language() -> Response:
        response = console.see_other(place_below(console.form.get("next", "")))
        chosen = console.form.get("language", "")
        if chosen in language.LANGUAGES:
            cookies.set_language(request, response, chosen)
        return response


def _add_what_is_not_there(app: Flask) -> None:
    @app.get("/console")
    def console_without_slash() -> Response:
        return Response("", 308, {"Location": f"{PREFIX}/"})

    @app.route("/console/<path:rest>", methods=ALL_METHODS, provide_automatic_options=False)
    def no_such_page(rest: str) -> Response:  # noqa: ARG001  # the rule has it
        abort(404)
