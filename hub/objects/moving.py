"""`hub move-objects`: all content from the folder to an S3 store, or back, and hub.toml follows.

Nothing is taken away: what was there stays, linked here, until somebody removes it. Cut off before
hub.toml changes, the hub is where it was, and the next move goes on.
"""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from content_packs import durable
from content_packs.errors import StorageFailed, UsageError
from hub import config
from hub.errors import Damaged
from hub.fleet import audit
from hub.hub import Hub
from hub.in_service import out_of_service
from hub.limits import DELTA_LOCK_WAIT_SECONDS
from hub.lock import locked
from hub.objects.interface import Objects
from hub.objects.opening import objects_of
from hub.people.actor import Actor
from hub.people.rights import Right

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all

_METADATA = "metadata/"


@dataclass(frozen=True)
class MovedObjects:
    """Where content is now; how many files and bytes, and how many of these had to be copied.

    `warnings`: what couldn't be done once it had moved.
    """

    objects: str
    files: int
    size: int
    copied: int
    warnings: tuple[str, ...] = ()


def move(
    hub: Hub,
    actor: Actor,
    where: str,
    endpoint: str = "",
    progress: Progress = lambda _doing, _done, _total: None,
) -> MovedObjects:
    """Move the hub's content; `where` and `endpoint` are as in hub.toml.

    Raises `InvalidConfig`, `UsageError`, `Busy` while a server or a worker runs, `Damaged` where a
    copy isn't what it should be, `StorageFailed`.
    """
    actor.expect(Right.OPERATE)
    config.check_key("objects", where, "hub move-objects")
    config.check_key("objects_endpoint", endpoint, "hub move-objects")
    if where == hub.config.objects:
        raise UsageError(f"the content is at {where} already")
    wanted = replace(hub.config, objects=where, objects_endpoint=endpoint)
    target = objects_of(hub.data, wanted)
    doing = "moving the content"
    with (
        hub.locked(doing),
        out_of_service(hub.data.root),
        locked(hub.data.deltas_lock, doing=doing, wait_seconds=DELTA_LOCK_WAIT_SECONDS),
    ):
        moved = _copy_all(hub, target, where, progress)
        target.publish()
        config.change(hub.data.config, objects=where, objects_endpoint=endpoint)
    try:
        with hub.database.writing():
            audit.note(hub, "moved", reason=f"the content, to {where}", actor=actor.login)
    except StorageFailed as error:
        warning = f"the content has moved, and the audit log doesn't say so: {error.message}"
        return replace(moved, warnings=(warning,))
    return moved


def _copy_all(hub: Hub, target: Objects, where: str, progress: Progress) -> MovedObjects:
    found = [one for one in hub.objects.list() if not one.place.startswith(_METADATA)]
    total, done, copied = sum(one.size for one in found), 0, 0
    for one in found:
        progress(one.place, done, total)
        if target.size(one.place) != one.size:
            _copy(hub, target, one.place)
            copied += 1
        if target.size(one.place) != one.size:
            raise Damaged(f"{one.place}: is not at {where} as it is here: nothing was changed")
        done += one.size
    return MovedObjects(where, len(found), total, copied)


def _copy(hub: Hub, target: Objects, place: str) -> None:
    """Put a link of ours to a file into the other store, which uses that up."""
    link = hub.data.incoming / uuid.uuid4().hex
    source = hub.objects.local(place)
    with durable.storage_errors(source):
        os.link(source, link)
    target.put_file(place, link)
