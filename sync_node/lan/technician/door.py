"""A technician comes in, by a code from the box's console, and goes out."""

from flask import Blueprint, Response, current_app, make_response, render_template, request

from sync_node.lan.preferences import local_address
from sync_node.lan.technician.ground import HOME
from sync_node.lan.visitor import device, place, school, sign_out, signed_in
from sync_node.school.errors import TooManyTries, WrongSecret

blueprint = Blueprint("technician_door", __name__, url_prefix=HOME)

_FORBIDDEN, _TOO_MANY = 403, 429


@blueprint.get("/sign-in")
def sign_in() -> str:
    """Ask for a code."""
    return render_template("technician/sign_in.html", then=_then())


@blueprint.post("/sign-in")
def check() -> Response:
    """Sign a technician in, and go on to where they wanted to."""
    try:
        found = school().signing_in.technician(
            request.form.get("code", ""), device=device(), place=place()
        )
    except (WrongSecret, TooManyTries) as error:
        current_app.logger.info("%s: %s", request.path, error.message)
        page = render_template(
            "technician/sign_in.html", then=_then(), problem=error.code, seconds=error.seconds
        )
        response = make_response(page, _TOO_MANY if error.seconds else _FORBIDDEN)
        if error.seconds:
            response.headers["Retry-After"] = str(error.seconds)
        return response
    return signed_in(found, _then())


@blueprint.post("/sign-out")
def leave() -> Response:
    """Sign out."""
    return sign_out(HOME)


def _then() -> str:
    """Return where to go on: a place of this site, the box's page by default."""
    return local_address(request.values.get("next", "") or HOME)
