"""The portal on the site: the page "open it in your browser", and what probes are answered.

Before anything else of the site: a probe opens no database. The page is for the small windows that
systems open by themselves. They keep no cookies, download nothing and close when they like; so it
only says where the lessons are. A link, not a form, lets a phone go: some of these windows send
neither `Origin` nor `Referer`, and nothing is changed but what that phone's own probes hear.
"""

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue

from sync_node.lan.portal.answering import PAGE, Redirection, answer
from sync_node.lan.portal.readers import Readers
from sync_node.school_network import NetworkReader, SchoolNetwork

blueprint = Blueprint("portal", __name__)

_KEY = "portal"
_PROBING = "CaptiveNetworkSupport"  # Apple's, which follows redirections, and nobody looks at it
_NAME = "satchel.lan"


class Portal:
    """The network, and who was shown the page."""

    def __init__(self, networks: NetworkReader) -> None:
        self.networks = networks
        self.readers = Readers(networks.monotonic)


def set_up(app: Flask, networks: NetworkReader) -> None:
    """Answer what phones ask of others. Before all that looks at requests."""
    app.extensions[_KEY] = Portal(networks)
    app.before_request(_answer)
    app.register_blueprint(blueprint)


@blueprint.get(PAGE)
def page() -> Response:
    """Say where the lessons are, and what to do."""
    return _page("portal/page.html")


@blueprint.get(f"{PAGE}/go")
def go() -> Response:
    """Let the phone go, and say what comes now."""
    phone = _phone()
    if phone:
        _portal().readers.let_go(phone)
    return _page("portal/go.html")


def _answer() -> ResponseReturnValue | None:
    network = _portal().networks.current()
    phone = _phone(network)
    if not phone:
        return None
    readers = _portal().readers
    found = answer(
        network, host=request.host, path=request.path, is_browser=_is_looked_at(),
        is_free=readers.is_free(phone),
    )  # fmt: skip
    if found is None:
        if request.path == PAGE and _is_looked_at():
            readers.saw(phone)
        return None
    if isinstance(found, Redirection):
        if found.lets_go:
            readers.let_go(phone)
        response = make_response(redirect(found.address, 302))
    else:
        response = Response(found.body, found.status, content_type=found.media_type)
        if not found.body:
            del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(template: str) -> Response:
    network = _portal().networks.current()
    agent = request.user_agent.string
    values = {
        "name": network.name if network else _NAME,
        "wifi": network.wifi if network else "",
        "is_apple": any(each in agent for each in ("iPhone", "iPad", "iPod", "Macintosh")),
        "is_android": "Android" in agent or "HarmonyOS" in agent,
    }
    response = make_response(render_template(template, **values))
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_looked_at() -> bool:
    """Say whether a person will look at the answer: a page is asked for, to be shown."""
    takes = "text/html" in request.headers.get("Accept", "")
    return takes and request.method == "GET" and _PROBING not in request.user_agent.string


def _phone(network: SchoolNetwork | None = None) -> str:
    """Return the address of the phone of the school's network that asks; empty for others."""
    network = network or _portal().networks.current()
    address = request.remote_addr or ""
    return address if network and network.has(address) else ""


def _portal() -> Portal:
    found: Portal = current_app.extensions[_KEY]
    return found
