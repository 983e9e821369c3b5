"""Uploads that weren't published, and wait for their maker."""

from hub.hub import Hub
from hub.needs import Need
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads.receiving import count_failed


def needs(hub: Hub, actor: Actor) -> list[Need]:
    """Return what waits. Raises `StorageFailed`."""
    if not actor.may(Right.PUBLISH):
        return []
    return [
        Need(
            "uploads",
            count_failed(hub, actor),
            "upload wasn't published: see why",
            "uploads weren't published: see why",
            "/console/uploads",
            "warn",
        )
    ]
