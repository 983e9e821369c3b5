"""`sync-node pin` and `unpin`: which packs and lessons are never removed to make room.

A pin is about room alone. What a hub replaces or withdraws goes its way; what is pinned of a pack
that is no longer offered stays on the disk.
"""

from collections.abc import Callable

import msgspec

from content_packs.errors import Missing
from sync_node import choices
from sync_node.activator import held_versions
from sync_node.choices import Choices, Pin
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.held_manifests import HeldManifests
from sync_node.models import LessonRow, PackRow


def pin(data_dir: DataDir, wanted: Pin) -> tuple[Pin, ...]:
    """Pin a pack or a lesson; return all pins. node.db is open.

    Raises `Missing` where there is no such pack or lesson, `StorageFailed`.
    """
    with database_errors(data_dir):
        _check_known(data_dir, wanted)
    return _change(data_dir, lambda pins: pins | {wanted})


def unpin(data_dir: DataDir, wanted: Pin) -> tuple[Pin, ...]:
    """Take a pin away, whether or not there is such a pack any more; return those that are left.

    Without a lesson, the pins of the pack's lessons go, too. Raises `StorageFailed`.
    """

    def without(pins: frozenset[Pin]) -> frozenset[Pin]:
        gone = {p for p in pins if p.pack == wanted.pack and wanted.lesson in {"", p.lesson}}
        return pins - gone

    return _change(data_dir, without)


def _change(
    data_dir: DataDir, changed: Callable[[frozenset[Pin]], frozenset[Pin]]
) -> tuple[Pin, ...]:
    def apply(before: Choices) -> Choices:
        pins = tuple(sorted(changed(frozenset(before.pins))))
        return msgspec.structs.replace(before, pins=pins)

    return choices.change(data_dir, apply).pins


def _check_known(data_dir: DataDir, wanted: Pin) -> None:
    row = PackRow.get_or_none(PackRow.pack == wanted.pack)
    if row is None:
        raise Missing(
            f"{wanted.pack}: there is no such pack here", hint="`sync-node status` lists the packs."
        )
    if wanted.lesson and wanted.lesson not in _lessons(data_dir, row):
        raise Missing(
            f"{wanted.pack}: it has no lesson {wanted.lesson}",
            hint="A lesson is named as in its address on the school's site.",
        )


def _lessons(data_dir: DataDir, row: PackRow) -> set[str]:
    known = {lesson.lesson for lesson in LessonRow.select().where(LessonRow.pack == row.pack)}
    digest = held_versions().get((row.pack, row.held_version or row.offered_version))
    if digest is not None:
        known |= HeldManifests(data_dir).get(digest).lessons.keys()
    return known
