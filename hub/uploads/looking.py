"""An upload beside the job that does with it what is to be done."""

from dataclasses import dataclass

from content_packs.errors import SatchelError
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.model import Job
from hub.people.actor import Actor
from hub.uploads import receiving
from hub.uploads.metadata import SIGNATURE_SUFFIX
from hub.uploads.receiving import Upload

_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """An upload, and the job that publishes it or takes it in, None before."""

    upload: Upload
    job: Job | None

    @property
    def is_open(self) -> bool:
        """Whether something is still happening to it."""
        return self.job is not None and not self.job.ended

    @property
    def has_failed(self) -> bool:
        """Whether nothing came of it; also where its job was killed and couldn't say so."""
        died = self.job is not None and self.job.ended and self.upload.state == "whole"
        return self.upload.state == "failed" or died

    @property
    def is_signature(self) -> bool:
        """Whether it waits for its cpack."""
        return self.upload.name.endswith(SIGNATURE_SUFFIX)


def lines(hub: Hub, actor: Actor) -> list[Line]:
    """Return the newest packs that somebody uploaded. Raises `Refused`, `StorageFailed`."""
    found = receiving.list_uploads(hub, actor, limit=_SHOWN)
    return [line_of(hub, actor, upload) for upload in found]


def line_of(hub: Hub, actor: Actor, upload: Upload) -> Line:
    """Return an upload with its job, as far as the reader may know of that."""
    try:
        return Line(upload, jobs.get(hub, actor, upload.job) if upload.job else None)
    except SatchelError:  # forgotten since, or another's
        return Line(upload, None)
