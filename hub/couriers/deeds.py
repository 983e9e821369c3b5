"""What people do with sticks in their hand: written and read, each with its line in the audit log.

The line comes right after the deed: a stick is no part of any transaction. That of a visit's stick
is `hub.visits`'.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from content_packs.courier import CourierPlan
from content_packs.stick import Stick
from hub.couriers import intake, writing
from hub.couriers.fleet import CourierFleet
from hub.couriers.intake import TakenIn
from hub.couriers.writing import Progress, Written
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


def write(  # noqa: PLR0913 - each is a choice of who writes it
    hub: Hub,
    actor: Actor,
    folder: Path,
    nodes: Sequence[str],
    *,
    announce: Callable[[CourierPlan], None],
    progress: Progress,
    thorough: bool = False,
) -> Written:
    """Write the stick at `folder` for these nodes; for any where none is named.

    Raises as `writing.write`, and `Refused`.
    """
    actor.expect(Right.CHANGE_FLEET)
    fleet = CourierFleet(hub)
    schools = fleet.schools(tuple(dict.fromkeys(nodes))) if nodes else []
    written = writing.write(
        hub, Stick(folder), schools, fleet,
        announce=announce, progress=progress, thorough=thorough,
    )  # fmt: skip
    whom = ", ".join(written.nodes) or "any school"
    with hub.database.writing():
        audit.note(
            hub, "stick-written", reason=f"{written.size} bytes for {whom}", actor=actor.login
        )
    return written


def read(hub: Hub, actor: Actor, folder: Path) -> TakenIn:
    """Take in what boxes left on the stick at `folder`, and leave the answers on it.

    Where it brought nothing that is new, nothing is noted. Raises as `intake.read`, and `Refused`.
    """
    actor.expect(Right.CHANGE_FLEET)
    stick = Stick(folder)
    foreign = writing.is_anothers(hub, stick)
    taken = intake.read(stick, CourierFleet(hub), answers=not foreign)
    if foreign:
        taken.troubles.append("the stick holds another hub's repository: no answers go onto it")
    if taken.claims or taken.reports or taken.batches:
        reason = (
            f"{len(taken.nodes)} boxes: claims {taken.claims}, reports {taken.reports}, "
            f"new batches {taken.batches}"
        )
        with hub.database.writing():
            audit.note(hub, "stick-read", reason=reason, actor=actor.login)
    return taken
