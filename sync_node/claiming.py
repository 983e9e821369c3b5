"""Who claims which files: what node.db, the pins and the manifests say, for `eviction.py`.

Manifests are loaded one after the other; what is kept of each are the digests.

- A lesson claims its files at the version that it is at; every lesson of the version on offer does.
- A rollback brings all lessons of a version back, also those that the version after it lacks: so it
  claims all of them. The offer of a pack that a person holds back counts no more than that, and
  the version that it is held at as if it were offered: what rotted of it comes again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from content_packs.manifest import Lesson, Manifest
from sync_node import choices, openings
from sync_node.activator import held_versions
from sync_node.choices import Choices
from sync_node.data_dir import DataDir
from sync_node.desired import pins_in_effect
from sync_node.eviction import Claim, Role
from sync_node.held_documents import HeldDocuments
from sync_node.held_manifests import HeldManifests
from sync_node.models import LessonRow, PackRow


@dataclass
class _Uses:
    """Who uses a version: the lessons that are at it, an offer, a rollback."""

    lessons: set[str] = field(default_factory=set)
    offered: bool = False
    before: bool = False
    since: str = ""


@dataclass(frozen=True)
class _Known:
    """What holds for all packs."""

    choices: Choices
    opened: dict[tuple[str, str], int]
    retired: frozenset[str]


def claims(data_dir: DataDir) -> Iterator[Claim]:
    """Yield every claim on a file. node.db is open.

    Raises `Missing`, `InvalidContent` or `StorageFailed` unless all that is claimed is known.
    """
    known = _Known(
        pins_in_effect(choices.read(data_dir), HeldDocuments(data_dir).desired_state()),
        {opened: place for place, opened in enumerate(openings.read(data_dir), start=1)},
        frozenset(row.pack for row in PackRow.select().where(PackRow.retired)),
    )
    manifests = HeldManifests(data_dir)
    held = held_versions()
    for key, uses in sorted(_uses().items(), key=lambda item: item[0]):
        if key in held:
            yield from _of_version(manifests.get(held[key]).manifest, uses, known)


def _uses() -> dict[tuple[str, int], _Uses]:
    found: dict[tuple[str, int], _Uses] = {}
    since: dict[str, str] = {}
    for row in LessonRow.select():
        since[row.pack] = max(since.get(row.pack, ""), row.activated_at)
        found.setdefault((row.pack, row.version), _Uses()).lessons.add(row.lesson)
        if row.previous_version:
            found.setdefault((row.pack, row.previous_version), _Uses()).before = True
    for pack in PackRow.select().where(PackRow.offered_version.is_null(False)):
        offered = found.setdefault((pack.pack, pack.offered_version), _Uses())
        if pack.held_version is None:
            offered.offered = True
        else:
            offered.before = True
            found.setdefault((pack.pack, pack.held_version), _Uses()).offered = True
    for (name, _), uses in found.items():
        uses.since = since.get(name, "")
    return found


def _of_version(manifest: Manifest, uses: _Uses, known: _Known) -> Iterator[Claim]:
    everything = {lesson.id for lesson in manifest.lessons}
    if uses.offered:
        yield from _of_lessons(manifest, everything, "offered", uses.since, known)
    elif uses.lessons:
        yield from _of_lessons(manifest, uses.lessons, "active", uses.since, known)
    if uses.before and not uses.offered:
        yield from _of_lessons(manifest, everything, "before", uses.since, known)


def _of_lessons(
    manifest: Manifest, lessons: set[str], role: Role, since: str, known: _Known
) -> Iterator[Claim]:
    pack = manifest.pack
    base = Claim(pack, "", role, (), retired=pack in known.retired, since=since)
    shared = manifest.shared_paths() | ({manifest.cover} - {""})
    some_pinned = role != "before" and known.choices.pins_some_of(pack)
    yield replace(
        base,
        digests=_digests(manifest, shared),
        pinned=some_pinned or known.choices.pins_pack(pack),
    )
    for position, lesson in enumerate(manifest.lessons):
        if lesson.id in lessons:
            yield from _of_lesson(
                manifest,
                lesson,
                replace(
                    base,
                    lesson=lesson.id,
                    position=position,
                    opened=known.opened.get((pack, lesson.id), 0),
                    pinned=known.choices.pins_pack(pack)
                    or (role != "before" and known.choices.pins_lesson(pack, lesson.id)),
                ),
            )


def _of_lesson(manifest: Manifest, lesson: Lesson, base: Claim) -> Iterator[Claim]:
    """Yield what a lesson needs, and each of its finer renditions."""
    yield replace(base, digests=_digests(manifest, lesson.required_paths()))
    for path in sorted(lesson.finer_paths()):
        yield replace(base, digests=_digests(manifest, {path}), finer=True, path=path)


def _digests(manifest: Manifest, paths: set[str]) -> tuple[str, ...]:
    return tuple(manifest.by_path[path].digest for path in sorted(paths))
