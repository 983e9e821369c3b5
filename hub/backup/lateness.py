"""Whether backups of this hub still come: by its own timer, by systemd's, or by hand."""

from datetime import datetime, timedelta

from hub.backup.limits import LATE_DAYS
from hub.edition import Edition
from hub.fleet import audit
from hub.hub import Hub
from hub.warned import Warned, warned


def warnings(hub: Hub, _edition: Edition, now: datetime) -> list[Warned]:
    """Return a warning where the newest backup is old; none of a hub that never had one.

    Raises `StorageFailed`.
    """
    newest = audit.entries(hub, event="backed-up", most=1)
    if not newest or now < datetime.fromisoformat(newest[0].at) + timedelta(days=LATE_DAYS):
        return []
    return [
        warned(
            "no backup was taken since %(when)s: see why (systemctl --failed), or run: hub backup "
            "FOLDER",
            when=newest[0].at,
        )
    ]
