"""The box's own system, for technicians: a newer one that is ready may be started at once."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from content_packs.errors import SatchelError
from sync_node.lan.technician.ground import HOME, done, failed, ground
from sync_node.lan.visitor import technician_only
from sync_node.system import starting

blueprint = Blueprint("technician_system", __name__, url_prefix=HOME)


@blueprint.post("/system/start")
@technician_only
def start() -> ResponseReturnValue:
    """Have the box started again with its new system. Sent twice, it is one request."""
    here = ground()
    try:
        boot = here.box_clock().uptime().boot
        starting.start_now(here.data_dir, here.states.reader, boot)
    except SatchelError as error:
        return failed(error, "system")
    return done("system")
