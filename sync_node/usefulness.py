"""The order in which files are of use. Pure.

1. Lessons in teaching order, each with what it needs to be opened: text, exercises and captions
   (with the pack's cover), then pictures and documents, then audio, then the smallest video.
2. Then what no lesson names, and last finer renditions of all lessons: the lightest of each first.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from content_packs.bundle import is_text
from content_packs.manifest import File, Lesson, Manifest
from content_packs.names import RENDITIONS
from sync_node.plan_model import KINDS, Kind

_RANKS = ("", *RENDITIONS)


@dataclass(frozen=True, slots=True)
class Wish:
    """Files of one kind that one lesson needs, or that come later; see `PlannedStep`."""

    lesson: str
    kind: Kind
    rendition: str
    finer: bool
    files: tuple[File, ...]


def kind_of(file: File) -> Kind:
    """Return what kind of content a file is, as windows and budgets tell them apart."""
    if file.media_type.startswith("video/"):
        return "video"
    if file.media_type.startswith("audio/"):
        return "audio"
    return "text" if is_text(file.media_type) else "other"


def required(manifest: Manifest) -> list[Wish]:
    """Return what has to come before all lessons can be opened, lesson by lesson."""
    cover = {manifest.cover} - {""}
    found: list[Wish] = []
    for lesson in manifest.lessons:
        paths = lesson.required_paths()
        found += _by_kind(manifest, lesson.id, paths - cover, first=cover)
    return found


def later(manifest: Manifest, renditions: Container[str] | None = None) -> list[Wish]:
    """Return what comes when every lesson can be opened, the most useful first.

    `renditions`: those that are wanted beyond the lightest, None for all.
    """
    shared = manifest.shared_paths() - {manifest.cover}
    found = _by_kind(manifest, "", shared)
    by_rendition: dict[str, list[Wish]] = {}
    for lesson in manifest.lessons:
        for rendition, paths in _finer_paths(lesson).items():
            wishes = _by_kind(manifest, lesson.id, paths, rendition=rendition)
            by_rendition.setdefault(rendition, []).extend(wishes)
    for rendition in _RANKS:
        if renditions is not None and rendition not in renditions:
            continue
        found += by_rendition.get(rendition, ())
    return found


def unwanted(manifest: Manifest, renditions: Container[str] | None) -> frozenset[str]:
    """Return the digests of the files that only renditions use which aren't wanted."""
    if renditions is None:
        return frozenset()
    wishes = (*required(manifest), *later(manifest, renditions))
    wanted = {file.digest for wish in wishes for file in wish.files}
    return frozenset(file.digest for file in manifest.files if file.digest not in wanted)


def _finer_paths(lesson: Lesson) -> dict[str, set[str]]:
    """Return the paths that come after the lesson can be opened, by their renditions' names."""
    left = lesson.finer_paths()
    found: dict[str, set[str]] = {}
    for item in lesson.items:
        for variant in item.variants:
            for rendition in variant.renditions:
                if rendition.path in left:
                    left.discard(rendition.path)
                    found.setdefault(rendition.name, set()).add(rendition.path)
    return found


def _by_kind(
    manifest: Manifest,
    lesson: str,
    paths: Iterable[str],
    *,
    first: Iterable[str] = (),
    rendition: str = "",
) -> list[Wish]:
    """Return a wish for each kind of file, in the order of usefulness.

    `first` are paths that belong to the first wish, whatever their kind; `rendition` is the name of
    the finer one that they are, which is never empty: what has no name is the lightest.
    """
    files: dict[Kind, list[File]] = {}
    for path in sorted(paths):
        file = manifest.by_path[path]
        files.setdefault(kind_of(file), []).append(file)
    for path in first:
        files.setdefault(KINDS[0], []).insert(0, manifest.by_path[path])
    return [
        Wish(lesson, kind, rendition, bool(rendition), tuple(files[kind]))
        for kind in KINDS
        if kind in files
    ]
