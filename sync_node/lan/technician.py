"""The technician's page: what is synced, what is next, the last ticks, the disk, the versions."""

from datetime import UTC, datetime, tzinfo

from flask import Blueprint, Flask, current_app, render_template

from content_packs.errors import SatchelError
from sync_node import trusted_time
from sync_node.box_state import Clock, box_state
from sync_node.data_dir import DataDir
from sync_node.in_force import config_in_force
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import wishes
from sync_node.node_reader import NodeReader
from sync_node.when import When, when
from sync_node.zones import zone_of

blueprint = Blueprint("technician", __name__)

_KEY = "technician"


def set_up(app: Flask, data_dir: DataDir, reader: NodeReader, clock: Clock) -> None:
    """Tell the page what it looks at."""
    app.extensions[_KEY] = (data_dir, reader, clock)
    app.register_blueprint(blueprint)


@blueprint.get("/box")
def box() -> str:
    """Show how the box is doing."""
    data_dir, reader, clock = current_app.extensions[_KEY]
    state = box_state(data_dir, reader, catalogue(), wishes(), clock)
    now = state.time.now
    ticks = [(tick, _seconds_since(tick.ended_at, now)) for tick in state.ticks]
    disks = [(visit, _seconds_since(visit.at, now)) for visit in state.couriers]
    zone = _zone(data_dir)
    nightly = bool(state.outlook and state.outlook.nightly)

    def say(words: str) -> When:
        return when(trusted_time.parse(words), now, zone, nightly=nightly)

    return render_template(
        "technician/box.html", box=state, ticks=ticks, disks=disks, now=now, when=say
    )


def _zone(data_dir: DataDir) -> tzinfo:
    """Return the school's time zone; UTC where node.toml can't be read, which `status` says."""
    try:
        return zone_of(config_in_force(data_dir).time_zone, what="node.toml")
    except SatchelError:
        return UTC


def _seconds_since(time: str | None, now: datetime) -> int | None:
    """Return how long ago something was; None where its time is later than now, or isn't one.

    The clock of a box without a battery may jump: then the page says nothing rather than nonsense.
    """
    try:
        seconds = (now - datetime.fromisoformat(time or "")).total_seconds()
    except (TypeError, ValueError):
        return None
    return int(seconds) if seconds >= 0 else None
