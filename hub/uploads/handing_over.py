"""From a file that has come whole to a job that publishes it.

The last byte's answer starts the job. Where the hub was killed between the two, the next look
(HEAD, a sweep, the list) starts it: `once` sees to it that there is one.
"""

from content_packs import durable
from content_packs.errors import Refused, SatchelError
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.people.actor import Actor
from hub.uploads import files, receiving
from hub.uploads.limits import UPLOAD_REMEMBERED
from hub.uploads.metadata import SIGNATURE_SUFFIX, is_stick
from hub.uploads.receiving import Upload
from hub.uploads.tables import UploadRow

KIND = "publish"
STICK_KIND = "stick"


def hand_over(hub: Hub, actor: Actor, upload: Upload) -> Upload:
    """Have a whole upload published, or a stick taken in, unless that is under way; return it.

    It has its job then; a signature waits for its cpack. Raises `Refused` for what isn't whole,
    `StorageFailed`.
    """
    if upload.state not in {"whole", "failed"}:
        raise Refused(f"{upload.name} isn't whole yet: {upload.received} of {upload.size} bytes")
    if upload.name.endswith(SIGNATURE_SUFFIX):
        return upload
    kind = STICK_KIND if is_stick(upload.name) else KIND
    job = jobs.start(hub, actor, kind, {"upload": upload.id}, once=f"publish {upload.id}")
    if job.id == upload.job:
        return upload
    with hub.database.writing():
        UploadRow.update(job=job.id, state="whole", result="").where(
            (UploadRow.id == upload.id) & (UploadRow.job == upload.job)
        ).execute()
        audit.note(hub, "uploaded", reason=f"{upload.name} {upload.id}", actor=actor.login)
    return receiving.find_even_expired(hub, actor, upload.id)


def signature_for(hub: Hub, upload: Upload) -> Upload | None:
    """Return the newest whole signature that the same person uploaded for a cpack, if any."""
    with hub.database.transaction():
        row = (
            UploadRow.select()
            .where(
                (UploadRow.login == upload.login)
                & (UploadRow.name == f"{upload.name}.sig")
                & (UploadRow.state == "whole")
            )
            .order_by(UploadRow.created_at.desc())
            .first()
        )
    return None if row is None else receiving.view(row)


def note_result(hub: Hub, upload: Upload, *, done: bool, result: str) -> None:
    """Say what became of an upload; what was done with needs its bytes no more.

    Raises `StorageFailed`.
    """
    now = hub.clock()
    with hub.database.writing():
        changes = {"state": "failed", "result": result, "changed_at": in_words(now)}
        if done:
            kept_until = in_words(now + UPLOAD_REMEMBERED)
            state = "taken" if is_stick(upload.name) else "published"
            changes |= {"state": state, "expires_at": kept_until}
        UploadRow.update(**changes).where(UploadRow.id == upload.id).execute()
    if done:
        durable.remove(files.path_of(hub, upload.id))


def settle(hub: Hub) -> int:
    """Sweep, and hand over what is whole and waits for no job; return how many were.

    Raises `StorageFailed`.
    """
    receiving.sweep(hub)
    with hub.database.transaction():
        waiting = [
            receiving.view(row)
            for row in UploadRow.select().where(
                (UploadRow.state == "whole") & (UploadRow.job == "")
            )
        ]
    handed = 0
    for upload in waiting:
        if not upload.name.endswith(SIGNATURE_SUFFIX):
            try:
                hand_over(hub, _maker_of(upload), upload)
            except SatchelError:  # too many of theirs wait: the next time
                continue
            handed += 1
    return handed


def _maker_of(upload: Upload) -> Actor:
    """Return whoever uploaded it, with no more rights than the job needs that it is for."""
    if is_stick(upload.name):
        return Actor(upload.login, "operator", "command", townships=frozenset())
    return Actor(upload.login, "publisher", "command", publisher=upload.publisher)
