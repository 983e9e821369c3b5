"""The first page: how the box is, in a sentence, and why; then all packs, page by page."""

from flask import Blueprint, render_template, request

from content_packs.values import Value
from sync_node import power_cuts, trusted_time
from sync_node.box_verdict import verdict
from sync_node.lan.interface_language import wishes
from sync_node.lan.technician import charts
from sync_node.lan.technician.ground import HOME, ground, local, seconds_since
from sync_node.limits import PACKS_ON_PAGE
from sync_node.system import starting
from sync_node.when import When, when

blueprint = Blueprint("technician", __name__)


class _Pages(Value, frozen=True):
    """Where one is among pages of packs: offsets, None for no such page."""

    earlier: int | None
    later: int | None


@blueprint.get(HOME)
def box() -> str:
    """Show how the box is doing."""
    here = ground()
    view, school = here.states.view(wishes()), here.school_state()
    now = view.time.now
    _, zone = here.states.config_and_zone()
    nightly = bool(view.outlook and view.outlook.nightly)

    def say(words: str) -> When:
        return when(trusted_time.parse(words), now, zone, nightly=nightly)

    return render_template(
        "technician/box.html",
        box=view,
        school=school,
        verdict=verdict(view, school),
        system=starting.look(here.data_dir, here.states.reader, here.box_clock().uptime().boot),
        ticks=[(tick, seconds_since(tick.ended_at, now)) for tick in view.ticks],
        disks=[(visit, seconds_since(visit.at, now)) for visit in view.couriers],
        links=[charts.of_link(each) for each in view.links],
        cuts=_cuts(view.power),
        now=now,
        here_now=f"{now.astimezone(zone):%Y-%m-%d %H:%M}",
        when=say,
        local=lambda time: local(time, zone),
        since=lambda time: seconds_since(time, now),
    )


@blueprint.get(f"{HOME}/packs")
def packs() -> str:
    """Show all packs, some at a time."""
    here = ground()
    counts = here.states.reader.counts()
    total = counts.packs + counts.retired
    first = min(max(request.args.get("from", 0, type=int), 0), total)
    return render_template(
        "technician/packs.html",
        packs=here.states.packs(wishes(), offset=first, limit=PACKS_ON_PAGE),
        total=total,
        first=first,
        pages=_Pages(
            max(first - PACKS_ON_PAGE, 0) if first else None,
            first + PACKS_ON_PAGE if first + PACKS_ON_PAGE < total else None,
        ),
    )


def _cuts(power: power_cuts.Power) -> tuple[power_cuts.Cut, ...]:
    return power.cuts[:5]
