"""The job that writes a visit's stick: into a folder, packed into one file to be downloaded.

The console's reader is seldom beside the hub's machine. What they download is a zip whose entries
are stored: unpacked into the root of an empty stick it is what `hub courier write` would have
written there. On the hub's own machine `hub visits write VISIT DIR` writes the stick itself.
"""

import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from content_packs import durable
from content_packs.durable import storage_errors
from content_packs.errors import Missing, Refused
from content_packs.stick import Stick
from hub.clock import in_words
from hub.couriers import writing
from hub.couriers.fleet import CourierFleet
from hub.couriers.writing import Progress, Written
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.context import JobContext
from hub.jobs.model import Job
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.visits import planning
from hub.visits.candidates import OPEN
from hub.visits.limits import STICKS_KEPT_DAYS
from hub.visits.planning import Visit
from hub.visits.tables import VisitRow

FOLDER = "sticks"
KIND = "courier"


def start(hub: Hub, actor: Actor, visit: str) -> Job:
    """Have a visit's stick written and packed. Raises `Missing`, `Refused`, `StorageFailed`."""
    actor.expect(Right.CHANGE_FLEET)
    found = _expect_open(hub, actor, visit)
    job = jobs.start(hub, actor, KIND, {"visit": found.visit}, once=f"courier {found.visit}")
    with hub.database.writing():
        VisitRow.update(job=job.id).where(VisitRow.visit == visit).execute()
    return job


def run(hub: Hub, context: JobContext) -> Mapping[str, Any]:
    """Do it; a later attempt begins with what the one before wrote. Raises as `courier.write`."""
    visit = _expect_open(hub, context.actor, str(context.arguments["visit"]))
    folder = context.folder() / "stick"
    durable.make_folder(folder)
    written = _write(hub, folder, visit, context.show)
    name = f"{visit.visit}.zip"
    _pack(folder, hub.data.root / FOLDER / name, context.show)
    _note(hub, context.actor, visit, written, file=name)
    context.log(_in_words(written))
    return {"bytes": written.size, "file": name, "schools": len(written.nodes)}


def write_to(hub: Hub, actor: Actor, visit: str, folder: Path, progress: Progress) -> Written:
    """Write a visit's stick at `folder`, which is mounted there. Raises as `courier.write`."""
    actor.expect(Right.CHANGE_FLEET)
    found = _expect_open(hub, actor, visit)
    written = _write(hub, folder, found, progress)
    _note(hub, actor, found, written, file=found.file)
    return written


def packed(hub: Hub, actor: Actor, visit: str) -> Path:
    """Return where a visit's packed stick lies. Raises `Missing` where there is none."""
    actor.expect(Right.CHANGE_FLEET)
    found = planning.show(hub, actor, visit)
    path = hub.data.root / FOLDER / found.file
    if not found.file or not path.is_file():
        raise Missing("this visit has no packed stick", hint="Have it written.")
    return path


def tidy(hub: Hub) -> None:
    """Remove packed sticks of visits that are over, and old ones. Raises `StorageFailed`."""
    folder = hub.data.root / FOLDER
    if not folder.is_dir():
        return
    with hub.database.transaction():
        wanted = {row.file for row in VisitRow.select().where(VisitRow.state << list(OPEN))}
    oldest = (hub.clock() - timedelta(days=STICKS_KEPT_DAYS)).timestamp()
    with storage_errors(folder):
        for path in folder.iterdir():
            if path.name not in wanted or path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _expect_open(hub: Hub, actor: Actor, visit: str) -> Visit:
    found = planning.show(hub, actor, visit)
    if found.state not in OPEN:
        raise Refused(f"the visit is {found.state} already", hint="Plan a new one.")
    return found


def _write(hub: Hub, folder: Path, visit: Visit, progress: Progress) -> Written:
    fleet = CourierFleet(hub)
    schools = fleet.schools([stop.stop.node for stop in visit.stops])
    return writing.write(hub, Stick(folder), schools, fleet, progress=progress)


def _pack(folder: Path, target: Path, progress: Progress) -> None:
    """Put a folder into a zip, whole or not at all."""
    durable.make_folder(target.parent, mode=0o700)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    total = sum(path.stat().st_size for path in files)
    done = 0
    with durable.writing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        for path in files:
            made.write(path, path.relative_to(folder).as_posix())
            done += path.stat().st_size
            progress("packing", done, total)


def _note(hub: Hub, actor: Actor, visit: Visit, written: Written, *, file: str) -> None:
    now = in_words(hub.clock())
    with hub.database.writing():
        VisitRow.update(
            state="written", written_at=now, written_bytes=written.size, file=file
        ).where((VisitRow.visit == visit.visit) & (VisitRow.state << list(OPEN))).execute()
        audit.note(
            hub, "visit-written", actor=actor.login,
            reason=f"{visit.visit}: {written.size} bytes for {len(written.nodes)} schools",
        )  # fmt: skip


def _in_words(written: Written) -> str:
    left = f"; {len(written.left_out)} packs don't fit" if written.left_out else ""
    return f"{written.files} files, {written.size} bytes, for {', '.join(written.nodes)}{left}"
