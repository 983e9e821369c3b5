"""What every change begins with: the lock, and an end to what an earlier command left half done.

A command that was cut off can have left behind, and this puts right:
- work in `incoming/`, and files of a version that never came to be: they go (see `placing`);
- half-written files with the suffix `.part` beside metadata: they go;
- a key that has taken over and still waits beside the old one: it takes its place (`taking_over`);
- a release or a key that the repository says and the history in the database doesn't: it is added;
- a deed that was signed and not written into the audit log yet: it is (`signed_deeds`).

The repository, being signed and read by others, is the truth; the database follows it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from content_packs import durable
from content_packs.errors import SatchelError
from hub import signed_deeds, taking_over
from hub.edition import Edition, read_edition
from hub.hub import Hub
from hub.placing import finish_or_forget

_log = logging.getLogger(__name__)


@contextmanager
def changing(hub: Hub, doing: str) -> Iterator[Edition]:
    """Hold the hub's lock, settle what was left half done, and yield the edition in force.

    Raises `Busy`, `Damaged`, `StorageFailed`.
    """
    with hub.locked(doing):
        edition = read_edition(hub.data.metadata)
        finish_or_forget(hub)
        for left in hub.data.metadata.glob(f"*{durable.TEMPORARY_SUFFIX}"):
            durable.remove(left)
        taking_over.settle(hub.keys, edition)
        signed_deeds.settle(hub, edition)
        taking_over.record(hub, edition)
        try:
            yield edition
        finally:
            _publish(hub)


def _publish(hub: Hub) -> None:
    """Copy what was signed to where others read it; where that fails, it is done again later.

    It is in force already: a store that doesn't answer now takes nothing back.
    """
    try:
        hub.objects.publish()
    except SatchelError as error:
        _log.warning("the store doesn't have the newest metadata yet: %s", error.message)
