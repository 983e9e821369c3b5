"""Logs for the district: onto a courier's stick, or into the technician's browser."""

from io import BytesIO

from flask import Blueprint, Response, render_template, request, send_file
from flask.typing import ResponseReturnValue

from content_packs.errors import SatchelError
from sync_node import courier_visits
from sync_node.lan.technician.ground import HOME, done, failed, ground
from sync_node.lan.visitor import technician_only

blueprint = Blueprint("technician_logs", __name__, url_prefix=HOME)

_PAGE = f"{HOME}/logs"


@blueprint.get("/logs")
@technician_only
def choose() -> str:
    """Show the sticks that are there, and how far writing is."""
    here = ground()
    written = here.logs.written
    visits = courier_visits.read(here.data_dir)
    return render_template(
        "technician/logs.html",
        sticks=here.logs.sticks(),
        written=written,
        in_use=any(each.place == written.place and not each.may_be_pulled for each in visits),
    )


@blueprint.post("/logs")
@technician_only
def write() -> ResponseReturnValue:
    """Begin to write onto a stick. Asked twice, it is written once at a time."""
    try:
        ground().logs.begin(request.form.get("stick", ""))
    except SatchelError as error:
        return failed(error, "logs", _PAGE)
    return done("logs", _PAGE)


@blueprint.get("/logs.zip")
@technician_only
def download() -> Response:
    """Send them to the browser."""
    made = ground().logs.make()
    response = send_file(
        BytesIO(made.data), mimetype="application/zip", as_attachment=True, download_name=made.name
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
