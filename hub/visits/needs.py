"""Visits whose stick is written, and whose return nobody has seen for long."""

from datetime import timedelta

from hub.clock import in_words
from hub.hub import Hub
from hub.needs import Need
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads.receiving import count_failed
from hub.visits import planning
from hub.visits.limits import AWAY_DAYS


def needs(hub: Hub, actor: Actor) -> list[Need]:
    """Return what waits. Raises `StorageFailed`."""
    if not actor.may(Right.SEE_FLEET):
        return []
    before = in_words(hub.clock() - timedelta(days=AWAY_DAYS))
    away = [
        visit
        for visit in planning.listed(hub, actor)
        if visit.state == "written" and visit.written_at < before
    ]
    return [
        Need(
            "visits-away",
            len(away),
            "visit has been away for long: is its stick back?",
            "visits have been away for long: are their sticks back?",
            "/console/visits",
            "warn",
        ),
        Need(
            "sticks-failed",
            count_failed(hub, actor, "stick"),
            "stick that came back wasn't taken in: see why",
            "sticks that came back weren't taken in: see why",
            "/console/visits/sticks",
            "warn",
        ),
    ]
