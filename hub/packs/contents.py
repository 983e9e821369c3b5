"""What a published version holds: its outline, and its files, as they are in the repository."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from content_packs.errors import InvalidContent, Missing
from content_packs.manifest import File, Item, Lesson, Manifest, Rendition, Variant, lightest
from hub.contents import FileReader, read_layout, read_manifest
from hub.hub import Hub
from hub.packs.limits import PREVIEW_BLOCKS_KEPT, PREVIEW_PIECE_BYTES
from hub.packs.listing import view_of
from hub.people.actor import Actor
from hub.versions import Version, expect_version


@dataclass(frozen=True)
class Held:
    """A version, and what it holds."""

    version: Version
    manifest: Manifest

    def lesson(self, name: str) -> Lesson:
        """Return one of its lessons. Raises `Missing`."""
        found = next((lesson for lesson in self.manifest.lessons if lesson.id == name), None)
        if found is None:
            raise Missing(
                f"{self.manifest.pack} {self.manifest.version} has no lesson {name[:80]!r}"
            )
        return found

    def size_of(self, lesson: Lesson) -> int:
        """Return the bytes of all that a lesson names."""
        paths = lesson.required_paths() | lesson.finer_paths()
        return sum(self.manifest.by_path[path].size for path in paths)


def held(hub: Hub, actor: Actor, pack: str, version: int) -> Held:
    """Return what a version holds. Raises `Missing`, `Refused`, `Damaged`, `StorageFailed`."""
    view_of(hub, actor, pack)
    return of_version(hub, pack, version)


def of_version(hub: Hub, pack: str, version: int) -> Held:
    """Return what a version holds, whoever asks: `held` looks who does. Raises as `held`."""
    found = expect_version(hub, pack, version)
    manifest, _stored = read_manifest(hub.objects, pack, found.manifest)
    return Held(found, manifest)


def file_of(found: Held, path: str) -> File:
    """Return a file of a version; of a path that ends with `/`, its index. Raises `Missing`."""
    wanted = f"{path}index.html" if path.endswith("/") else path
    file = found.manifest.by_path.get(wanted)
    if file is None:
        raise Missing(
            f"{found.manifest.pack} {found.manifest.version} has no file {wanted[:120]!r}"
        )
    return file


def pieces(hub: Hub, found: Held, file: File, first: int, length: int) -> Iterator[bytes]:
    """Yield `length` bytes of a file from `first`, each chunk checked. Raises `Damaged`."""
    laid_out, _stored = read_layout(hub.objects, found.manifest, found.version.layout)
    with FileReader(
        hub.objects, found.manifest, laid_out, blocks_kept=PREVIEW_BLOCKS_KEPT
    ) as reader:
        while length > 0:
            data = reader.read(file, first, min(length, PREVIEW_PIECE_BYTES))
            if not data:
                return
            yield data
            first += len(data)
            length -= len(data)


def read(hub: Hub, found: Held, path: str, *, bytes_max: int) -> bytes:
    """Return a small file. Raises `Missing`, `InvalidContent` for one that is larger, `Damaged`."""
    file = file_of(found, path)
    if file.size > bytes_max:
        raise InvalidContent(f"{path}: {file.size} bytes, at most {bytes_max}")
    return b"".join(pieces(hub, found, file, 0, file.size))


@dataclass(frozen=True)
class ItemLine:
    """An item of an outline."""

    item: str
    kind: str
    title: dict[str, str]
    languages: tuple[str, ...]


@dataclass(frozen=True)
class LessonLine:
    """A lesson of an outline. `minutes`: how long it takes, 0 if not said; `size` in bytes."""

    lesson: str
    title: dict[str, str]
    minutes: int
    size: int
    items: tuple[ItemLine, ...]


@dataclass(frozen=True)
class Outline:
    """A version, and its lessons in teaching order."""

    version: Version
    languages: tuple[str, ...]
    licence: str
    summary: dict[str, str]
    files: int
    lessons: tuple[LessonLine, ...]


def outline(found: Held) -> Outline:
    """Return the outline of a version."""
    manifest = found.manifest
    return Outline(
        found.version,
        manifest.languages,
        manifest.licence,
        manifest.summary,
        len(manifest.files),
        tuple(_line(found, lesson) for lesson in manifest.lessons),
    )


def only(found: Outline, lesson: str) -> Outline:
    """Return an outline with one lesson alone."""
    return replace(found, lessons=tuple(line for line in found.lessons if line.lesson == lesson))


def _line(found: Held, lesson: Lesson) -> LessonLine:
    items = tuple(
        ItemLine(item.id, item.kind, item.title, tuple(each.language for each in item.variants))
        for item in lesson.items
    )
    return LessonLine(lesson.id, lesson.title, lesson.minutes, found.size_of(lesson), items)


def variant_in(item: Item, languages: tuple[str, ...]) -> Variant:
    """Return an item's variant in the first of `languages` it has, else its first."""
    for language in languages:
        for variant in item.variants:
            if variant.language == language:
                return variant
    return item.variants[0]


def playing(item: Item, variant: Variant) -> Rendition:
    """Return the rendition that a box plays first."""
    return lightest(item, variant)
