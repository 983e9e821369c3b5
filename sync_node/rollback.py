"""`sync-node rollback PACK`: back to the version before, until something newer is offered."""

from dataclasses import dataclass
from datetime import datetime

from content_packs.errors import Missing, Refused
from sync_node import choices, following, state
from sync_node.activator import held_versions, put, whole_lessons
from sync_node.choices import Hold
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.held_manifests import HeldManifests
from sync_node.models import LessonRow, PackRow, database_proxy
from sync_node.store import Store


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did: the versions left and gone to, and the lessons there are now."""

    pack: str
    left: int
    now_at: int
    lessons: tuple[str, ...]


def roll_back(data_dir: DataDir, pack: str, *, now: datetime) -> RolledBack:
    """Put every lesson of `pack` back to the newest older version that is whole.

    Older: after the hub withdrew a version, the one before is the bad one, and stays left.
    It is held there, unless what is offered is newer already than what is left.
    One transaction: an engine that is fetching meanwhile finds the hold, and switches nothing. The
    hold is in choices.json before it ends: it outlives node.db.
    Raises `Missing` for an unknown pack, `Refused` where there is nothing whole to go back to,
    `InvalidContent` where choices.json is damaged, `StorageFailed`.
    """
    with database_errors(data_dir), database_proxy.atomic("IMMEDIATE"):
        row = PackRow.get_or_none(PackRow.pack == pack)
        lessons = list(LessonRow.select().where(LessonRow.pack == pack))
        if row is None or not lessons:
            raise Missing(
                f"{pack}: no lesson of such a pack is active here",
                hint="`sync-node status` lists the packs.",
            )
        left = max(lesson.version for lesson in lessons)
        target, whole = _target(data_dir, pack, left, lessons)
        LessonRow.delete().where(LessonRow.pack == pack).execute()
        for lesson in whole:
            put(pack, lesson, target, None, at=now)
        if not (row.offered_version and row.offered_version > left):
            row.held_version, row.rolled_back_from = target, left
            row.save()
            hold = Hold(pack, target, left, following.offer_of(pack, target))
            choices.change(data_dir, lambda before: choices.with_hold(before, hold))
        state.remember_settled("")
    return RolledBack(pack, left, target, tuple(whole))


def _target(
    data_dir: DataDir, pack: str, left: int, lessons: list[LessonRow]
) -> tuple[int, list[str]]:
    """Return the newest version before `left` that is whole, and its lessons."""
    known = {version for row in lessons for version in (row.version, row.previous_version)}
    older = sorted((version for version in known - {None} if version < left), reverse=True)
    refusal = Refused(
        f"{pack}: no version before {left} is held",
        hint="A node keeps one version back, from the first update on.",
    )
    for version in older:
        try:
            return version, _whole(data_dir, pack, version)
        except Refused as error:  # an update to it was cut off: the one before may do
            refusal = error
    raise refusal


def _whole(data_dir: DataDir, pack: str, version: int) -> list[str]:
    """Return the lessons of a version; raise `Refused` unless each is whole."""
    digest = held_versions().get((pack, version))
    if digest is None:
        raise Refused(f"{pack}: the manifest of version {version} isn't held any more")
    manifest = HeldManifests(data_dir).get(digest).manifest
    whole = whole_lessons(manifest, Store(data_dir))
    broken = [lesson.id for lesson in manifest.lessons if lesson.id not in whole]
    if broken:
        raise Refused(
            f"{pack}: version {version} isn't whole any more: {', '.join(broken)} lack files",
            hint="Nothing was changed.",
        )
    return whole
