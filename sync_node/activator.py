"""Activation: switching a lesson to a version whose every required file is in the store.

A lesson is switched in one transaction; what a student opens is the old lesson or the new one. A
lesson that a new version doesn't have any more goes when all that it has are active.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from content_packs.manifest import Lesson, Manifest
from sync_node import trusted_time
from sync_node.models import LessonRow, PackRow, VersionRow, database_proxy


@dataclass(frozen=True)
class Activation:
    """A lesson that was switched to a version."""

    pack: str
    lesson: str
    version: int


def required_digests(manifest: Manifest, lesson: Lesson) -> set[str]:
    """Return the digests of the files without which a lesson can't be opened."""
    paths = lesson.required_paths() | ({manifest.cover} - {""})
    return {manifest.by_path[path].digest for path in paths}


def whole_lessons(manifest: Manifest, held: Container[str]) -> list[str]:
    """Return the lessons of a version that could be opened, in teaching order."""
    return [
        lesson.id
        for lesson in manifest.lessons
        if all(digest in held for digest in required_digests(manifest, lesson))
    ]


class Activator:
    """Activates the lessons of one version as their files come.

    `not_before`: from when on it may, None for at once; what is whole before that waits.
    """

    def __init__(
        self,
        manifest: Manifest,
        held: Container[str],
        *,
        now: datetime,
        not_before: datetime | None,
    ) -> None:
        self._pack, self._version = manifest.pack, manifest.version
        self._lessons = {lesson.id for lesson in manifest.lessons}
        self._now = now
        self.waiting_until = not_before if not_before and not_before > now else None
        self.activated: list[Activation] = []
        self._missing: dict[str, set[str]] = {}
        self._to_arrive: dict[str, int] = {}
        self._needing: dict[str, list[str]] = {}
        self._active = {
            row.lesson
            for row in LessonRow.select().where(
                (LessonRow.pack == manifest.pack) & (LessonRow.version == manifest.version)
            )
            if row.lesson in self._lessons
        }
        self._held = held
        for lesson in manifest.lessons:
            if lesson.id not in self._active:
                missing = {d for d in required_digests(manifest, lesson) if d not in held}
                self._missing[lesson.id] = missing
                self._to_arrive[lesson.id] = len(missing)
                for digest in missing:
                    self._needing.setdefault(digest, []).append(lesson.id)

    def activate_whole(self) -> None:
        """Activate what is whole, also by files that another pack brought meanwhile."""
        for lesson, missing in self._missing.items():
            here = {digest for digest in missing if digest in self._held}
            missing.difference_update(here)
            self._to_arrive[lesson] -= len(here)
        self._activate([lesson for lesson, missing in self._missing.items() if not missing])

    def on_arrived(self, digest: str) -> bool:
        """Note that a file's bytes are here; say whether a lesson has all that it needs by that."""
        whole = False
        for lesson in self._needing.get(digest, ()):
            self._to_arrive[lesson] -= 1
            whole |= self._to_arrive[lesson] == 0
        return whole

    def on_stored(self, digests: Iterable[str]) -> None:
        """Note that the store has files now, and activate what it was that was missing."""
        whole: dict[str, None] = {}
        for digest in digests:
            for lesson in self._needing.get(digest, ()):
                missing = self._missing.get(lesson)
                if missing is not None:
                    missing.discard(digest)
                    if not missing:
                        whole[lesson] = None
        self._activate(list(whole))

    @property
    def ready(self) -> int:
        """How many lessons are active at this version."""
        return len(self._active)

    @property
    def is_complete(self) -> bool:
        """Whether every lesson of this version is active."""
        return self._active == self._lessons

    def _activate(self, lessons: list[str]) -> None:
        if self.waiting_until or not lessons:
            return
        if not switch(self._pack, lessons, self._version, at=self._now):
            return
        for lesson in lessons:
            del self._missing[lesson]
            self._active.add(lesson)
            self.activated.append(Activation(self._pack, lesson, self._version))

    def drop_removed(self) -> list[str]:
        """Remove the lessons that this version doesn't have, once all that it has are active.

        None where a person has rolled the pack back meanwhile.
        """
        if not self.is_complete:
            return []
        ours = LessonRow.pack == self._pack
        with database_proxy.atomic("IMMEDIATE"):
            if _is_held(self._pack, self._version):
                return []
            rows = LessonRow.select().where(ours)
            removed = [row.lesson for row in rows if row.lesson not in self._lessons]
            for lesson in removed:
                LessonRow.delete().where(ours & (LessonRow.lesson == lesson)).execute()
        return removed


def switch(pack: str, lessons: Sequence[str], version: int, *, at: datetime) -> bool:
    """Make `version` the active one of lessons, in one transaction.

    Return False where a person has put the pack back to another: then nothing is switched.
    """
    with database_proxy.atomic("IMMEDIATE"):
        if _is_held(pack, version):
            return False
        ours = LessonRow.pack == pack
        columns = (LessonRow.lesson, LessonRow.version, LessonRow.previous_version)
        found: Any = LessonRow.select(*columns).where(ours).tuples()
        known = {lesson: (active, before) for lesson, active, before in found}
        for lesson in lessons:
            known[lesson] = (version, _previous(known, lesson, version))
        rows = [_row(pack, lesson, version, known[lesson][1], at) for lesson in lessons]
        LessonRow.replace_many(rows).execute()  # type: ignore[no-untyped-call]  # peewee's
    return True


def _previous(known: Mapping[str, tuple[int, int | None]], lesson: str, version: int) -> int | None:
    """Return where a rollback of a lesson that is to be at `version` goes back to.

    `known` are the version and the previous one of each lesson of the pack. For a lesson that is
    new it is where the others were: else nothing would keep that version where all lessons are
    renamed.
    """
    if lesson in known:
        before, previous = known[lesson]
        return before if before != version else previous
    return max((other for other, _ in known.values() if other != version), default=None)


def _is_held(pack: str, version: int) -> bool:
    """Say whether a person keeps a pack away from a version."""
    held = PackRow.get_or_none((PackRow.pack == pack) & PackRow.held_version.is_null(False))
    return held is not None and held.held_version != version


def put(pack: str, lesson: str, version: int, previous: int | None, *, at: datetime) -> None:
    """Write the row of a lesson, whatever stood there."""
    row = _row(pack, lesson, version, previous, at)
    LessonRow.replace(**row).execute()  # type: ignore[no-untyped-call]  # peewee's


def _row(
    pack: str, lesson: str, version: int, previous: int | None, at: datetime
) -> dict[str, Any]:
    return {
        "pack": pack,
        "lesson": lesson,
        "version": version,
        "previous_version": previous,
        "activated_at": trusted_time.in_words(at),
    }


def reconcile(load: Callable[[str, int], Manifest | None], held: Container[str]) -> list[str]:
    """Bring what is active down to what is whole; return what changed, in words.

    A lesson that lost a required file falls back to its previous version if that is whole, else it
    is closed until its files are fetched again. `load` returns the manifest of a pack's version,
    None where it isn't held. Within the caller's transaction.
    """
    words = []
    whole: dict[tuple[str, int], set[str]] = {}

    def is_whole(pack: str, lesson: str, version: int | None) -> bool:
        if version is None:
            return False
        if (pack, version) not in whole:
            manifest = load(pack, version)
            whole[pack, version] = set(whole_lessons(manifest, held)) if manifest else set()
        return lesson in whole[pack, version]

    for row in list(LessonRow.select().order_by(LessonRow.pack)):
        if is_whole(row.pack, row.lesson, row.version):
            continue
        here = (LessonRow.pack == row.pack) & (LessonRow.lesson == row.lesson)
        name = f"{row.pack}: lesson {row.lesson}"
        if is_whole(row.pack, row.lesson, row.previous_version):
            LessonRow.update(version=row.previous_version, previous_version=None).where(
                here
            ).execute()
            words.append(f"{name} went back from version {row.version} to {row.previous_version}")
        else:
            LessonRow.delete().where(here).execute()
            words.append(f"{name} is closed until its files are fetched again")
    return words


def versions_in_use() -> set[tuple[str, int]]:
    """Return the versions that a lesson is at, or would be rolled back to."""
    rows = list(LessonRow.select())
    found = {(row.pack, row.version) for row in rows}
    return found | {(row.pack, row.previous_version) for row in rows if row.previous_version}


def held_versions() -> dict[tuple[str, int], str]:
    """Return the digests of the manifests held, by pack and version."""
    return {(row.pack, row.version): row.manifest for row in VersionRow.select()}
