"""What a cpack holds, for a person who has only the file."""

from collections import Counter
from dataclasses import dataclass

from content_packs.command_line import megabytes
from content_packs.cpack import Cpack
from content_packs.manifest import Item, Lesson, Manifest, text_in
from content_packs.names import NO_LANGUAGE, RENDITIONS

_KINDS = ("video", "audio", "page", "document", "exercise", "app")


@dataclass(frozen=True)
class Overview:
    """A cpack in figures. Sizes are bytes; `sizes` are those of the files by what they are of."""

    pack: str
    version: int
    digest: str
    title: dict[str, str]
    languages: tuple[str, ...]
    publisher: str
    licence: str
    lessons: tuple[Lesson, ...]
    files: int
    size: int
    sizes: dict[str, int]
    renditions: dict[str, int]
    item_languages: dict[str, int]
    blocks: int
    bundles: tuple[int, ...]
    manifest_stored: int
    layout_stored: int
    first_lesson: int


def overview(cpack: Cpack) -> Overview:
    """Return what an open cpack holds."""
    manifest = cpack.manifest
    items = [item for lesson in manifest.lessons for item in lesson.items]
    return Overview(
        pack=manifest.pack,
        version=manifest.version,
        digest=cpack.digest,
        title=manifest.title,
        languages=manifest.languages,
        publisher=manifest.publisher.id,
        licence=manifest.licence,
        lessons=manifest.lessons,
        files=len(manifest.files),
        size=manifest.size,
        sizes=_sizes(manifest, items),
        renditions=_renditions(manifest, items),
        item_languages=dict(Counter(v.language for item in items for v in item.variants)),
        blocks=len(cpack.layout.blocks),
        bundles=tuple(bundle.size for bundle in cpack.layout.bundles),
        manifest_stored=len(cpack.stored_manifest),
        layout_stored=len(cpack.stored_layout),
        first_lesson=_first_lesson(manifest),
    )


def _sizes(manifest: Manifest, items: list[Item]) -> dict[str, int]:
    """Return the bytes of each kind of item; a file that several use counts with the first."""
    sizes: Counter[str] = Counter()
    counted: set[str] = set()
    for kind in _KINDS:
        for item in items:
            if item.kind == kind:
                paths = {*item.required_paths(), *item.finer_paths()} - counted
                counted |= paths
                sizes[kind] += sum(manifest.by_path[path].size for path in paths)
    sizes["other"] = sum(file.size for file in manifest.files if file.path not in counted)
    return {kind: size for kind, size in sizes.items() if size}


def _renditions(manifest: Manifest, items: list[Item]) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for item in items:
        for variant in item.variants:
            for rendition in variant.renditions:
                sizes[rendition.name or "unnamed"] += manifest.by_path[rendition.path].size
    order = ("unnamed", *RENDITIONS)
    return {name: sizes[name] for name in order if name in sizes}


def _first_lesson(manifest: Manifest) -> int:
    """Return the bytes without which the first lesson doesn't open."""
    first = manifest.lessons[0].required_paths() if manifest.lessons else set()
    return sum(manifest.by_path[path].size for path in first)


def outline(found: Overview) -> list[str]:
    """Return the lessons and their items as lines for a person."""
    lines = []
    for number, lesson in enumerate(found.lessons, 1):
        minutes = f" ({lesson.minutes} min)" if lesson.minutes else ""
        lines.append(f"{number:3}. {text_in(lesson.title, found.languages)}{minutes}")
        for item in lesson.items:
            languages = [v.language for v in item.variants if v.language != NO_LANGUAGE]
            within = f" [{' '.join(languages)}]" if languages else ""
            lines.append(f"     {item.kind:9} {text_in(item.title, found.languages)}{within}")
    return lines


def words_of(found: Overview) -> list[str]:
    """Return an overview as lines for a person."""
    bundles = f"{len(found.bundles)} bundle(s) of {megabytes(sum(found.bundles))}"
    stored = f"{megabytes(found.manifest_stored)}, {megabytes(found.layout_stored)} as stored"
    rows = [
        ("title", text_in(found.title, found.languages)),
        ("digest", found.digest),
        ("languages", " ".join(found.languages)),
        ("publisher", found.publisher),
        ("licence", found.licence),
        ("files", f"{found.files}, {megabytes(found.size)}"),
        *((kind, megabytes(size)) for kind, size in found.sizes.items()),
        *((f"rendition {name}", megabytes(size)) for name, size in found.renditions.items()),
        ("first lesson opens after", megabytes(found.first_lesson)),
        ("blocks", f"{found.blocks} in {bundles}"),
        ("manifest, layout", stored),
    ]
    wide = max(len(name) for name, _ in rows)
    return [
        f"{found.pack} {found.version}",
        *(f"  {name:{wide}}  {value}" for name, value in rows),
        "",
        *outline(found),
    ]
