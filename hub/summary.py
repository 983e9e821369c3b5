"""What needs somebody now, over all rooms: the console's first page, `hub summary` and the API."""

from collections.abc import Callable
from dataclasses import dataclass

from hub import overview
from hub.fleet import listing
from hub.fleet import needs as of_fleet
from hub.fleet.listing import Counts
from hub.hub import Hub
from hub.jobs import needs as of_jobs
from hub.needs import Need
from hub.people import needs as of_people
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import needs as of_rollouts
from hub.school_requests import needs as of_requests
from hub.uploads import needs as of_uploads
from hub.visits import needs as of_visits

_URGENCIES = ("bad", "warn", "new")


@dataclass(frozen=True)
class Summary:
    """What needs somebody, the most urgent first.

    `fleet`: how many schools and boxes there are; None for who may not see them.
    """

    needs: tuple[Need, ...]
    fleet: Counts | None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits for anybody."""
        return not self.needs


def summary(hub: Hub, actor: Actor) -> Summary:
    """Return what needs somebody, as far as it is theirs to see. Raises `Damaged`."""
    fleet = listing.counts(hub, actor) if actor.may(Right.SEE_FLEET) else None
    found = of_fleet.needs(fleet) if fleet else []
    found += [need for ask in _ROOMS for need in ask(hub, actor)]
    found = [need for need in found if need.count]
    by_urgency = sorted(found, key=lambda need: _URGENCIES.index(need.urgency))
    return Summary(tuple(by_urgency), fleet)


def _of_hub(hub: Hub, actor: Actor) -> list[Need]:
    """Return what is wrong with the hub: keys, signatures, what is offered though withdrawn."""
    if not actor.may(Right.OPERATE):
        return []
    warnings = overview.own_warnings(hub)
    return [
        Need(
            "hub-warnings",
            len(warnings),
            "thing about this hub's keys and signatures needs its keeper",
            "things about this hub's keys and signatures need its keeper",
            "/console/this-hub",
            "warn",
            detail="; ".join(warnings),
        )
    ]


_ROOMS: tuple[Callable[[Hub, Actor], list[Need]], ...] = (
    _of_hub,
    of_visits.needs,
    of_rollouts.needs,
    of_requests.needs,
    of_uploads.needs,
    of_jobs.needs,
    of_people.needs,
)
