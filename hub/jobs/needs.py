"""What of the hub's jobs waits for somebody."""

from hub.hub import Hub
from hub.jobs import service
from hub.needs import Need
from hub.people.actor import Actor
from hub.people.rights import Right


def needs(hub: Hub, actor: Actor) -> list[Need]:
    """Return how many jobs failed of late. Raises `StorageFailed`."""
    if not actor.may(Right.SEE_JOBS):
        return []
    return [
        Need(
            "jobs-failed",
            service.failed_of_late(hub, actor),
            "job of the last days failed",
            "jobs of the last days failed",
            "/console/jobs?state=failed",
            "warn",
        )
    ]
