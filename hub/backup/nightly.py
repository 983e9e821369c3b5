"""The backup that the hub takes of itself every day, and tries: a job of the kind `backup`.

Into the folder that hub.toml names. The first one is made by hand (`hub backup FOLDER`): a folder
without backups is a disk that isn't there just now, and must not be taken for an empty one.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from content_packs.errors import Missing, SatchelError
from hub.backup.folder import BackupFolder
from hub.backup.limits import DUE_HOURS, RETRY_HOURS
from hub.backup.taking import take
from hub.backup.verifying import Verified, verify
from hub.errors import Damaged
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.context import JobContext
from hub.jobs.model import OF_HUB

KIND = "backup"
_STAMP = "%Y%m%dT%H%M%SZ"


def ask_if_due(hub: Hub) -> None:
    """Start the job where the newest backup is a day old. Raises `SatchelError`."""
    if not hub.config.backup_folder:
        return
    now = hub.clock()
    newest = _newest(BackupFolder(Path(hub.config.backup_folder)))
    if newest is not None and now < newest + timedelta(hours=DUE_HOURS):
        return
    for last in jobs.find(hub, OF_HUB, kind=KIND, state="failed", limit=1).items:
        if now < datetime.fromisoformat(last.ended_at) + timedelta(hours=RETRY_HOURS):
            return
    jobs.start(hub, OF_HUB, KIND, {}, once=KIND)


def run_job(hub: Hub, context: JobContext) -> dict[str, Any]:
    """Back the hub up, and try the backup. Raises as `take` and `verify`, and `Damaged`."""
    to = Path(hub.config.backup_folder)
    if not hub.config.backup_folder or _newest(BackupFolder(to)) is None:
        raise Missing(
            f"{to}: there are no backups here; is its disk in its place?",
            hint="Name backup_folder in hub.toml, and make the first one: hub backup FOLDER",
        )
    taken = take(hub, context.actor, to, keep=hub.config.backup_keep, show=context.show)
    for warning in taken.warnings:
        context.log(f"warning: {warning}")
    found = verify(to, taken.name, show=context.show)
    expect_sound(found)
    for trouble in found.audit.troubles:
        context.log(f"warning: the audit log in it isn't as it was written: {trouble}")
    return {
        "name": taken.name,
        "files": taken.files,
        "new_bytes": taken.new_bytes,
        "audit_holds": found.audit.holds,
    }


def expect_sound(found: Verified) -> None:
    """Raise `Damaged` where a backup wouldn't make the hub anew."""
    if found.troubles:
        raise Damaged(
            f"{found.name} wouldn't make the hub anew: {len(found.troubles)} troubles, the first: "
            f"{found.troubles[0]}",
            hint="Mend the folder: hub backup --afresh FOLDER. Earlier ones: hub restore --list.",
        )


def _newest(folder: BackupFolder) -> datetime | None:
    try:
        names = folder.names()
    except SatchelError:
        return None
    stamp = names[0].partition("-")[0] if names else ""
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC) if stamp else None
