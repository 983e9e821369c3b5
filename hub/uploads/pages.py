"""The page of uploads: send a pack over a bad line, see what became of it; what was dropped."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from content_packs.errors import Missing
from hub import drop_entries, drop_folder
from hub.console.ground import Console
from hub.console.language import _
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.model import Job
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import handing_over, receiving, web
from hub.uploads.limits import UPLOAD_PIECE_BYTES
from hub.uploads.metadata import SIGNATURE_SUFFIX
from hub.uploads.receiving import Upload

_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """An upload, and the job that publishes it, None before."""

    upload: Upload
    job: Job | None

    @property
    def is_open(self) -> bool:
        """Whether something is still happening to it."""
        return self.job is not None and not self.job.ended

    @property
    def has_failed(self) -> bool:
        """Whether it wasn't published; also where its job was killed and couldn't say so."""
        died = self.job is not None and self.job.ended and self.upload.state == "whole"
        return self.upload.state == "failed" or died

    @property
    def is_signature(self) -> bool:
        """Whether it waits for its cpack."""
        return self.upload.name.endswith(SIGNATURE_SUFFIX)


def lines(hub: Hub, actor: Actor) -> list[Line]:
    """Return the newest uploads of somebody. Raises `Refused`, `StorageFailed`."""
    found = receiving.list_uploads(hub, actor, limit=_SHOWN)
    return [Line(upload, _job(hub, actor, upload.job)) for upload in found]


def _job(hub: Hub, actor: Actor, job: str) -> Job | None:
    try:
        return jobs.get(hub, actor, job) if job else None
    except Missing:  # forgotten since
        return None


def add(console: Console) -> None:
    """Add the pages."""
    web.add_to_console(console)

    @console.get("/uploads", right=Right.PUBLISH)
    def uploads(actor: Actor) -> Response:
        found = lines(console.hub, actor)
        values: dict[str, Any] = {
            "lines": found,
            "dropped": drop_folder.dropped(console.hub, actor),
            "moving": any(line.is_open for line in found),
        }
        if console.is_fragment:
            return console.fragment("uploads/lines.html", **values)
        return console.page(
            "uploads/uploads.html",
            title=_("Upload"),
            section="uploads",
            endpoint=web.CONSOLE,
            piece_bytes=UPLOAD_PIECE_BYTES,
            drop=drop_entries.folder_of(console.hub) / (actor.publisher or "<publisher>"),
            **values,
        )

    @console.post("/uploads/<upload>/publish", right=Right.PUBLISH)
    def publish(actor: Actor, upload: str) -> Response:
        found = receiving.find_even_expired(console.hub, actor, upload)
        handing_over.hand_over(console.hub, actor, found)
        return console.see_other("/console/uploads", said=_("It is tried once more."))

    @console.post("/uploads/<upload>/remove", right=Right.PUBLISH)
    def remove(actor: Actor, upload: str) -> Response:
        receiving.remove(console.hub, actor, upload)
        return console.see_other("/console/uploads", said=_("Removed. What it published stays."))
