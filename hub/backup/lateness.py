"""Whether backups of this hub still come: by its own timer, by systemd's, or by hand."""

from datetime import datetime, timedelta

from hub.backup.limits import LATE_DAYS
from hub.edition import Edition
from hub.fleet import audit
from hub.hub import Hub
from hub.warned import Warned, warned


def warnings(hub: Hub, _edition: Edition, now: datetime) -> list[Warned]:
    """Return a warning where the newest backup is old, or a hub so old never had one.

    Raises `StorageFailed`.
    """
    newest = audit.entries(hub, event="backed-up", most=1)
    since = newest[0].at if newest else audit.oldest_at(hub)
    if not since or now < datetime.fromisoformat(since) + timedelta(days=LATE_DAYS):
        return []
    if newest:
        return [
            warned(
                "no backup was taken since %(when)s: see why (systemctl --failed), or run: "
                "hub backup FOLDER",
                when=since,
            )
        ]
    return [
        warned(
            "no backup of this hub was ever taken, and it is %(days)d days old: run each night: "
            "hub backup FOLDER",
            days=(now - datetime.fromisoformat(since)).days,
        )
    ]
