"""What a technician asks of the engine: each order is a durable file before it is acknowledged."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from content_packs.errors import StorageFailed
from sync_node.lan.technician.ground import HOME, done, failed, ground
from sync_node.lan.visitor import technician_only
from sync_node.orders import Orders

blueprint = Blueprint("technician_actions", __name__, url_prefix=HOME)


@blueprint.post("/sync-now")
@technician_only
def sync_now() -> ResponseReturnValue:
    """Have the engine sync at once; `unbound`: whatever windows and budgets say."""
    unbound = bool(request.form.get("unbound"))
    try:
        Orders(ground().data_dir).ask_for_tick(unbound=unbound)
    except StorageFailed as error:
        return failed(error, "sync")
    return done("sync")


@blueprint.post("/resume")
@technician_only
def resume() -> ResponseReturnValue:
    """End a pause, and have the engine sync at once. Without one it does nothing."""
    try:
        Orders(ground().data_dir).end_pause()
    except StorageFailed as error:
        return failed(error, "resume")
    return done("resume")


@blueprint.post("/check")
@technician_only
def check() -> ResponseReturnValue:
    """Have the engine look at every file."""
    orders = Orders(ground().data_dir)
    try:
        if orders.check_asked_for is None:  # two presses are one check
            orders.ask_for_check()
    except StorageFailed as error:
        return failed(error, "check")
    return done("check")
