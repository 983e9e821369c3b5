"""How many of schools' requests wait for an answer."""

from hub.hub import Hub
from hub.needs import Need
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.school_requests.keeping import OFFER, WISH
from hub.school_requests.listing import count_open


def needs(hub: Hub, actor: Actor) -> list[Need]:
    """Return what waits. Raises `StorageFailed`."""
    if not actor.may(Right.SEE_REQUESTS):
        return []
    waiting = count_open(hub, actor)
    return [
        Need(
            "wishes",
            waiting[WISH],
            "wish of a teacher has no answer yet",
            "wishes of teachers have no answer yet",
            "/console/requests",
            "new",
        ),
        Need(
            "offers",
            waiting[OFFER],
            "material that a school offers has no answer yet",
            "materials that schools offer have no answer yet",
            "/console/requests/offers",
            "new",
        ),
    ]
