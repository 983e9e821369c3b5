"""What the node holds, as the school's site shows it: packs, lessons, items and their files.

1. A lesson can be opened exactly when node.db has a row for it; then at the version that stands
   there, whose manifest names its files.
2. The outline is that of the version held, offered, or newest here; its other lessons are on their
   way. A lesson that is active but no longer in the outline stands at its end.
3. A file may be served at a version if a lesson that names it is active at that version or was
   just before (a page that is open goes on working), or if no lesson names it and the pack shows
   or has that version. An exercise's file is never served: it has the answers.
4. A retired pack isn't shown and nothing of it is served; so with the box's own systems.

Nothing here writes. Rows and open files never leave.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from content_packs.durable import storage_errors
from content_packs.errors import InvalidContent, Missing, SatchelError
from content_packs.manifest import File, Item, Lesson, Manifest, Rendition, Variant, lightest
from content_packs.names import NO_LANGUAGE, RENDITIONS
from sync_node.asked import Asked
from sync_node.catalogue_model import (
    CaptionsView,
    ContentFile,
    Facets,
    ItemAddress,
    ItemLine,
    ItemView,
    LessonLine,
    LessonView,
    PackCard,
    PackOutline,
    RenditionView,
)
from sync_node.data_dir import DataDir
from sync_node.held_manifests import HeldManifest, HeldManifests
from sync_node.languages import choose, text_for
from sync_node.node_reader import NodeReader, PackFacts
from sync_node.teachers_pins import TeachersPin

Languages = Sequence[str]


class OnItsWay(Missing):
    """A lesson that is known and will come: `line` says how much is missing."""

    code = "on-its-way"

    def __init__(self, card: PackCard, line: LessonLine) -> None:
        super().__init__(
            f"the lesson {line.id!r} of {card.pack!r} isn't here yet",
            hint=f"{line.bytes_to_come} bytes are still to come.",
        )
        self.card = card
        self.line = line


class Catalogue:
    """Answers the site's questions from node.db, the manifests and the store."""

    def __init__(self, data_dir: DataDir, reader: NodeReader | None = None) -> None:
        self._data_dir = data_dir
        self._reader = reader or NodeReader(data_dir)
        self._manifests = HeldManifests(data_dir)

    def packs(self, languages: Languages) -> tuple[PackCard, ...]:
        """Return every pack that can be shown. Raises `StorageFailed`."""
        cards = []
        for facts in self._reader.packs():
            held = None if facts.is_hidden else self.shown(facts)
            if held:
                cards.append(self._card(facts, held.manifest, languages))
        return tuple(cards)

    def outline(self, pack: str, languages: Languages) -> PackOutline:
        """Return a pack with its lessons. Raises `Missing` or `StorageFailed`."""
        return self._outline(*self._pack(pack), languages)

    def open_version(self, pack: str) -> int:
        """Return the version at which most of a pack's lessons are open; none is: the one shown.

        Raises `Missing` or `StorageFailed`.
        """
        facts, shown = self._pack(pack)
        count = Counter(active.version for active in facts.active.values())
        return max(
            count, key=lambda version: (count[version], version), default=shown.manifest.version
        )

    def teachers_pin(self, pack: str) -> TeachersPin | None:
        """Return what the engine made of a teacher's pin. Raises `StorageFailed`."""
        return self._reader.teachers_pins().get(pack)

    def asked(self) -> dict[str, Asked]:
        """Return how far the school's requests to the hub are, by id. Raises `StorageFailed`."""
        return self._reader.asked()

    def lesson(
        self, pack: str, lesson: str, languages: Languages, *, version: int | None = None
    ) -> LessonView:
        """Return a lesson that is ready, at its active version or at `version`, just before.

        Raises `OnItsWay` where it is still to come, `Missing` where there is none, `StorageFailed`.
        """
        facts, shown = self._pack(pack)
        order = _order(facts, shown)
        if lesson not in order:
            raise Missing(f"there is no lesson {lesson[:64]!r} in {pack!r}")
        at = order.index(lesson)
        card = self._card(facts, shown.manifest, languages)
        active = facts.active.get(lesson)
        if active is None:
            raise OnItsWay(card, self._line(facts, shown, lesson, at + 1, languages))
        if version is not None and version not in {active.version, active.previous}:
            raise Missing(f"the lesson {lesson!r} of {pack!r} isn't open at version {version}")
        version = active.version if version is None else version
        held = self._at(facts, version)
        if lesson not in held.lessons:
            raise Missing(f"{pack!r} has no lesson {lesson!r} at version {version}")
        manifest, content = held.manifest, held.lessons[lesson]
        return LessonView(
            card=card,
            id=lesson,
            number=at + 1,
            version=version,
            title=text_for(content.title, languages),
            objectives=tuple(text_for(text, languages) for text in content.objectives),
            minutes=content.minutes,
            items=tuple(
                _item_line(manifest, item, number, languages)
                for number, item in enumerate(content.items, 1)
            ),
            previous=self._line(facts, shown, order[at - 1], at, languages) if at else None,
            next=self._line(facts, shown, order[at + 1], at + 2, languages)
            if at + 1 < len(order)
            else None,
        )

    def item(self, where: ItemAddress, languages: Languages, *, language: str = "") -> ItemView:
        """Return an item of a lesson that is ready, in `language` if it has that.

        Raises as `lesson` does.
        """
        pack, lesson, item, version = where
        view = self.lesson(pack, lesson, languages, version=version)
        at = next((i for i, line in enumerate(view.items) if line.id == item), None)
        if at is None:
            raise Missing(f"there is no item {item[:64]!r} in the lesson {lesson!r} of {pack!r}")
        held = self.at_version(pack, view.version)
        content = held.lessons[lesson].items[at]
        wished = (language, *languages) if language else tuple(languages)
        variant = _variant(content, wished)
        file = held.manifest.by_path.get(variant.path)
        return ItemView(
            lesson=view,
            line=msgspec.structs.replace(view.items[at], title=text_for(content.title, wished)),
            language=variant.language,
            languages=tuple(found.language for found in content.variants),
            path=variant.path,
            size=file.size if file else 0,
            media_type=file.media_type if file else "",
            fragment=content.fragment,
            renditions=tuple(
                self._rendition(held.manifest.by_path[rendition.path], rendition)
                for rendition in _from_the_lightest(content, variant)
            ),
            captions=tuple(CaptionsView(c.language, c.path) for c in content.captions),
            previous=view.items[at - 1] if at else None,
            next=view.items[at + 1] if at + 1 < len(view.items) else None,
        )

    def content(self, pack: str, version: int, path: str) -> ContentFile:
        """Return a file that may be served (rule 3). Raises `Missing` or `StorageFailed`."""
        facts = self._facts(pack)
        refused = Missing(f"{pack[:64]!r} has no {path[:160]!r} at version {version}")
        if facts is None:
            raise refused
        held = self._at(facts, version)
        file = held.manifest.by_path.get(path)
        if file is None or path in held.exercise_paths or not _may_serve(facts, held, file):
            raise refused
        return self._present(file)

    def read(self, pack: str, version: int, path: str, *, bytes_max: int) -> bytes:
        """Return the bytes of a page or an exercise that the site itself shows.

        Raises `Missing`, `StorageFailed`, or `InvalidContent` for more than `bytes_max` bytes.
        """
        file = self.at_version(pack, version).manifest.by_path.get(path)
        if file is None:
            raise Missing(f"{pack[:64]!r} has no {path[:160]!r} at version {version}")
        if file.size > bytes_max:
            raise InvalidContent(f"{path}: {file.size} bytes, at most {bytes_max} are allowed")
        place = self._present(file).place
        with storage_errors(place):
            return place.read_bytes()

    def at_version(self, pack: str, version: int) -> HeldManifest:
        """Return a pack's manifest at a version. Raises `Missing` or `StorageFailed`."""
        facts = self._facts(pack)
        if facts is None:
            raise Missing(f"there is no pack {pack[:64]!r} here")
        return self._at(facts, version)

    def shown(self, facts: PackFacts) -> HeldManifest | None:
        """Return the manifest of a pack's outline, None where it can't be read."""
        if facts.shown is None:
            return None
        try:
            return self._manifests.get(facts.versions[facts.shown])
        except SatchelError:
            return None  # damaged: the other packs are shown; the check says so

    def bytes_to_come(self, manifest: Manifest, lessons: Sequence[Lesson]) -> int:
        """Return the bytes missing from the store until all of `lessons` can be opened."""
        paths = {path for lesson in lessons for path in lesson.required_paths()}
        sizes = {manifest.by_path[path].digest: manifest.by_path[path].size for path in paths}
        return sum(size for digest, size in sizes.items() if not self._has(digest))

    def _at(self, facts: PackFacts, version: int) -> HeldManifest:
        if version not in facts.versions:
            raise Missing(f"{facts.pack!r} isn't here at version {version}")
        return self._manifests.get(facts.versions[version])

    def _facts(self, pack: str) -> PackFacts | None:
        found = self._reader.packs(pack)
        return found[0] if found and not found[0].is_hidden else None

    def _pack(self, pack: str) -> tuple[PackFacts, HeldManifest]:
        facts = self._facts(pack)
        held = self.shown(facts) if facts else None
        if facts is None or held is None:
            raise Missing(f"there is no pack {pack[:64]!r} here")
        return facts, held

    def _card(self, facts: PackFacts, manifest: Manifest, languages: Languages) -> PackCard:
        cover = manifest.by_path.get(manifest.cover)
        known = {lesson.id for lesson in manifest.lessons}
        return PackCard(
            pack=manifest.pack,
            version=manifest.version,
            title=text_for(manifest.title, languages),
            summary=text_for(manifest.summary, languages),
            facets=Facets(
                manifest.stage, manifest.grade, manifest.subject, manifest.edition, manifest.volume
            ),
            languages=manifest.languages,
            cover=cover.path if cover and self._has(cover.digest) else "",
            lessons_ready=len(facts.active),
            lessons_total=len(known | facts.active.keys()),
        )

    def _outline(self, facts: PackFacts, shown: HeldManifest, languages: Languages) -> PackOutline:
        manifest = shown.manifest
        lines = [
            self._line(facts, shown, lesson, number, languages)
            for number, lesson in enumerate(_order(facts, shown), 1)
        ]
        return PackOutline(
            card=self._card(facts, manifest, languages),
            publisher=text_for(manifest.publisher.title, languages),
            licence=manifest.licence,
            authors=manifest.authors,
            source=manifest.source,
            lessons=tuple(lines),
            bytes_to_come=self.bytes_to_come(
                manifest, [lesson for lesson in manifest.lessons if lesson.id not in facts.active]
            ),
        )

    def _line(
        self, facts: PackFacts, shown: HeldManifest, lesson: str, number: int, languages: Languages
    ) -> LessonLine:
        """Return a lesson's line: as it can be opened, or as it will come."""
        coming = shown.lessons.get(lesson)
        active = facts.active.get(lesson)
        content = coming
        if active and active.version != facts.shown:
            content = self._at(facts, active.version).lessons.get(lesson, coming)
        if content is None:
            raise InvalidContent(f"{facts.pack}: the lesson {lesson!r} is in no manifest")
        return LessonLine(
            id=lesson,
            number=number,
            title=text_for(content.title, languages),
            minutes=content.minutes,
            kinds=tuple(dict.fromkeys(item.kind for item in content.items)),
            ready=active is not None,
            # What is active at the version shown is here as a whole: no look at the disk.
            bytes_to_come=self.bytes_to_come(shown.manifest, [coming])
            if coming and not (active and active.version == facts.shown)
            else 0,
            items=tuple(item.id for item in content.items),
        )

    def _rendition(self, file: File, rendition: Rendition) -> RenditionView:
        return RenditionView(
            name=rendition.name,
            path=file.path,
            media_type=file.media_type,
            size=file.size,
            seconds=rendition.seconds,
            ready=self._has(file.digest),
        )

    def _present(self, file: File) -> ContentFile:
        place = self._data_dir.store_path(file.digest)
        if not self._has(file.digest):
            raise Missing(f"{file.path!r} isn't here yet", hint=f"{file.size} bytes to come.")
        return ContentFile(place, file.size, file.digest, file.media_type)

    def _has(self, digest: str) -> bool:
        return self._data_dir.store_path(digest).is_file()


def _order(facts: PackFacts, shown: HeldManifest) -> list[str]:
    """Return the ids of the lessons in the outline (rule 2)."""
    return [*shown.lessons, *sorted(facts.active.keys() - shown.lessons.keys())]


def _may_serve(facts: PackFacts, held: HeldManifest, file: File) -> bool:
    version = held.manifest.version
    in_use = {
        lesson for lesson, active in facts.active.items()
        if version in {active.version, active.previous}
    }  # fmt: skip
    lessons = held.lessons_of_path.get(file.path)
    if lessons is None:
        return bool(in_use) or version == facts.shown
    return not in_use.isdisjoint(lessons)


def _variant(item: Item, languages: Languages) -> Variant:
    by_language = {variant.language: variant for variant in item.variants}
    # What has no language is for everybody, where nothing is for this reader.
    return by_language[choose(by_language, (*languages, NO_LANGUAGE))]


def _from_the_lightest(item: Item, variant: Variant) -> list[Rendition]:
    if not variant.renditions:
        return []
    first = lightest(item, variant)
    order = ("", *RENDITIONS)
    rest = [rendition for rendition in variant.renditions if rendition is not first]
    return [first, *sorted(rest, key=lambda rendition: order.index(rendition.name))]


def _item_line(manifest: Manifest, item: Item, number: int, languages: Languages) -> ItemLine:
    variant = _variant(item, languages)
    seconds = size = 0
    if variant.renditions:
        seconds = lightest(item, variant).seconds
        size = manifest.by_path[lightest(item, variant).path].size
    elif item.kind == "document":
        size = manifest.by_path[variant.path].size
    return ItemLine(item.id, number, item.kind, text_for(item.title, languages), seconds, size)
