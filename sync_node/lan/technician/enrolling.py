"""Whose box this is: how far its enrolment is, and a code from the district, typed here."""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from content_packs import enrolment_codes
from content_packs.errors import InvalidContent, SatchelError
from sync_node import enrolment
from sync_node.enrolment import Enrolment
from sync_node.lan.technician.ground import HOME, done, failed, ground
from sync_node.lan.visitor import technician_only
from sync_node.revocations import Revocations

blueprint = Blueprint("technician_enrolling", __name__, url_prefix=HOME)

_PAGE = f"{HOME}/enrol"
_BAD_REQUEST = 400


@blueprint.get("/enrol")
@technician_only
def look() -> str:
    """Show what this box is to its district, and ask for a code."""
    return _page()


@blueprint.post("/enrol")
@technician_only
def enrol() -> ResponseReturnValue:
    """Begin with a code. The same one again is one claim."""
    code = request.form.get("code", "")
    try:
        enrolment_codes.read(code)
    except InvalidContent:
        return make_response(_page(wrong=code), _BAD_REQUEST)
    try:
        ground().enrolling.begin(code, again=bool(request.form.get("again")))
    except SatchelError as error:
        return failed(error, "enrol", _PAGE)
    return done("enrol", _PAGE)


def _page(wrong: str | None = None) -> str:
    """`wrong`: what was typed and is no code."""
    here = ground()
    revoked, damaged, known = False, "", Enrolment("none")
    try:
        known = enrolment.state_of(here.data_dir)
        revoked = Revocations(here.data_dir).own() is not None
    except SatchelError as error:
        damaged = error.message
    return render_template(
        "technician/enrol.html",
        known=known,
        revoked=revoked,
        damaged=damaged,
        answer=here.enrolling.answer,
        wrong=wrong,
    )
