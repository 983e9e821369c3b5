"""How long signatures hold, and when the hub signs again: pure code over an edition and a time.

A role is due once less than `RENEW_BELOW` of its lifetime is left. Where less than `WARN_BELOW` is
left, something keeps the hub from signing it, and a person has to look.
"""

from datetime import datetime, timedelta

from hub.edition import Edition
from hub.limits import (
    CHANNEL_LIFETIME,
    RENEW_BELOW,
    ROOT_LIFETIME,
    SNAPSHOT_LIFETIME,
    TARGETS_LIFETIME,
    TIMESTAMP_LIFETIME,
)

_LIFETIMES = {
    "root": ROOT_LIFETIME,
    "targets": TARGETS_LIFETIME,
    "snapshot": SNAPSHOT_LIFETIME,
    "timestamp": TIMESTAMP_LIFETIME,
}


def lifetime_of(role: str) -> timedelta:
    """Return how long a new signature of this role holds."""
    return _LIFETIMES.get(role, CHANNEL_LIFETIME)


def share_left(role: str, expires: datetime, now: datetime) -> float:
    """Return which share of its lifetime a role has left; negative once it has expired."""
    return (expires - now) / lifetime_of(role)


def due(edition: Edition, now: datetime) -> set[str]:
    """Return the roles that are to be signed again. Root is not among them: people sign that."""
    return {
        role
        for role, signed in edition.roles().items()
        if role != "root" and share_left(role, signed.expires, now) < RENEW_BELOW
    }
