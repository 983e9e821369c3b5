"""What of people and the audit log waits for somebody."""

from hub.audit import checkpoints
from hub.clock import in_words
from hub.fleet.tables import AuditRow
from hub.hub import Hub
from hub.needs import Need
from hub.people.actor import Actor
from hub.people.limits import CHECKPOINT_LATE, REFUSED_LOOKED_BACK, REFUSED_NOTEWORTHY
from hub.people.rights import Right


def needs(hub: Hub, actor: Actor) -> list[Need]:
    """Return whether somebody tries passwords, and whether the log is signed. `StorageFailed`."""
    if not actor.may(Right.SEE_AUDIT):
        return []
    refused = _refused_of_late(hub)
    return [
        Need(
            "sign-ins-refused",
            refused if refused >= REFUSED_NOTEWORTHY else 0,
            "sign-in was refused in a day: somebody may be trying passwords",
            "sign-ins were refused in a day: somebody may be trying passwords",
            "/console/audit?event=sign-in-refused",
            "warn",
        ),
        Need(
            "audit-unsigned",
            _days_unsigned(hub),
            "day since the audit log was signed last",
            "days since the audit log was signed last",
            "/console/audit/check",
            "warn",
        ),
    ]


def _refused_of_late(hub: Hub) -> int:
    since = in_words(hub.clock() - REFUSED_LOOKED_BACK)
    of_late = (AuditRow.event == "sign-in-refused") & (AuditRow.at >= since)
    with hub.database.transaction():
        return int(AuditRow.select().where((AuditRow.refusal == True) & of_late).count())  # noqa: E712 - SQL's


def _days_unsigned(hub: Hub) -> int:
    """Return for how many days no checkpoint was made, 0 while that is no worry, or never was."""
    newest = checkpoints.newest_at(hub)
    late = newest is not None and hub.clock() - newest >= CHECKPOINT_LATE
    return (hub.clock() - newest).days if newest is not None and late else 0
