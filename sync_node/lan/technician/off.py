"""Switching the box off: asked for, confirmed, and told of as it is."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from content_packs.errors import StorageFailed
from sync_node import courier_visits, switching_off
from sync_node.lan.technician.ground import HOME, failed, ground
from sync_node.lan.visitor import go_to, technician_only
from sync_node.progress_file import running

blueprint = Blueprint("technician_off", __name__, url_prefix=HOME)

_PAGE = f"{HOME}/off"


@blueprint.get("/off")
@technician_only
def confirm() -> str:
    """Ask whether it is meant; once it was asked for, say how far it is."""
    here = ground()
    visits = courier_visits.read(here.data_dir)
    return render_template(
        "technician/off.html",
        off=switching_off.look(here.data_dir, here.box_clock().uptime()),
        running=running(here.data_dir),
        in_use=[each for each in visits if not each.may_be_pulled],
    )


@blueprint.post("/off")
@technician_only
def ask() -> ResponseReturnValue:
    """Ask for it. Sent twice, it is one request."""
    here = ground()
    try:
        switching_off.ask(here.data_dir, here.box_clock().uptime())
    except StorageFailed as error:
        return failed(error, "off", _PAGE)
    return go_to(_PAGE)


@blueprint.get("/off/state")
@technician_only
def state() -> ResponseReturnValue:
    """Say how far it is, for the page's script: once it hears nothing more, the box is off."""
    here = ground()
    found = switching_off.look(here.data_dir, here.box_clock().uptime())
    return jsonify({"state": found.state})
