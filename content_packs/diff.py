"""What changed between two versions of a pack, in words and in bytes.

A file is renamed where the same bytes lie under another path; where a whole folder moved, that is
said once. Lessons and items are told apart by their names, and a lesson whose folder moved counts
as renamed. The cost is what a node that holds the older version fetches: the blocks with new bytes,
the manifest and the layout, all as stored. Signed metadata comes on top, a few kilobytes.
"""

import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from content_packs import layout, manifest
from content_packs.command_line import megabytes
from content_packs.cpack import Cpack
from content_packs.errors import UsageError
from content_packs.laying_out import lay_out
from content_packs.manifest import Item, Lesson, Manifest, text_in

_FOLDER_FILES_MIN = 2  # so many files that moved alike are told as a folder
_SHOWN_MAX = 20  # lines of one kind before "and 12 more"


@dataclass(frozen=True)
class Cost:
    """What an update brings over the link, in bytes as stored."""

    blocks: int
    manifest: int
    layout: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.blocks + self.manifest + self.layout


@dataclass(frozen=True)
class Files:
    """What became of the files. A pair is of the older and the newer path."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    folders: tuple[tuple[str, str, int], ...]  # older, newer, and the files in it


@dataclass(frozen=True)
class Lessons:
    """What became of the lessons, by their names, and of the items in those that stayed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    retitled: tuple[tuple[str, str, str], ...]  # name, older title, newer title
    reordered: bool
    items_added: tuple[str, ...]  # lesson/item
    items_removed: tuple[str, ...]
    items_changed: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """How the version `newer` of a pack differs from the version `older`."""

    pack: str
    older: int
    newer: int
    about: tuple[str, ...]  # the fields of the pack's description that changed
    lessons: Lessons
    files: Files
    cost: Cost

    @property
    def is_empty(self) -> bool:
        """Say whether nothing changed that a pupil could see."""
        return not words_of(self)


def diff(
    older: Cpack, newer: Cpack, progress: Callable[[int], None] = lambda _count: None
) -> Difference:
    """Return how `newer` differs from `older`; `progress` gets bytes as they are laid out.

    Raises `UsageError` where they are versions of two packs, `InvalidContent` where one is damaged.
    """
    a, b = older.manifest, newer.manifest
    if a.pack != b.pack:
        raise UsageError(
            f"{older.path} is of the pack {a.pack!r}, {newer.path} of {b.pack!r}",
            hint="Compare two versions of one pack.",
        )
    return compare(a, b, cost_of_update(older, newer, progress))


def compare(a: Manifest, b: Manifest, cost: Cost) -> Difference:
    """Return how the version `b` of a pack differs from `a`, at a cost that is known."""
    files = _files(a, b)
    return Difference(
        pack=a.pack,
        older=a.version,
        newer=b.version,
        about=tuple(_about(a, b)),
        lessons=_lessons(a, b, files),
        files=files,
        cost=cost,
    )


def cost_of_update(
    older: Cpack, newer: Cpack, progress: Callable[[int], None] = lambda _count: None
) -> Cost:
    """Return what a node that holds `older` fetches to hold `newer`. Raises `InvalidContent`."""
    earlier = [(older.manifest, older.layout)]
    with io.BufferedWriter(_Nowhere()) as nowhere:
        laid_out, _ = lay_out(newer.manifest, newer.blocks.read, earlier, nowhere, progress)
    held = {chunk.digest for chunk in older.manifest.chunk_table}
    wanted = {n for n, chunk in enumerate(newer.manifest.chunk_table) if chunk.digest not in held}
    numbers = {laid_out.block_of_chunk[number] for number in wanted}
    return Cost(
        blocks=sum(laid_out.blocks[number].stored for number in numbers),
        manifest=len(newer.stored_manifest),
        layout=len(layout.pack(laid_out)),
    )


class _Nowhere(io.RawIOBase):
    """Takes bytes and keeps none: only their number is wanted."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return memoryview(data).nbytes


def _about(a: Manifest, b: Manifest) -> Iterable[str]:
    apart = {"format", "pack", "version", "lessons", "files"}
    for field in manifest.Manifest.__struct_fields__:
        if field not in apart and getattr(a, field) != getattr(b, field):
            yield field


def _files(a: Manifest, b: Manifest) -> Files:
    gone = sorted(set(a.by_path) - set(b.by_path))
    come = sorted(set(b.by_path) - set(a.by_path))
    by_digest: dict[str, list[str]] = defaultdict(list)
    for path in gone:
        if a.by_path[path].size:  # empty files are all alike: none of them moved
            by_digest[a.by_path[path].digest].append(path)
    moved = []
    for path in come:
        if earlier := by_digest.get(b.by_path[path].digest):
            moved.append((_likest(path, earlier), path))
            earlier.remove(moved[-1][0])
    taken = {path for pair in moved for path in pair}
    folders = _folders(moved, a, b)
    within = {(old, new) for old, new in moved if any(_lies_in(old, new, f) for f in folders)}
    removed = [path for path in gone if path not in taken]
    added = [path for path in come if path not in taken]
    edited = {
        new_folder + path.removeprefix(old_folder): path
        for old_folder, new_folder, _count in folders
        for path in removed
        if path.startswith(f"{old_folder}/")
    }  # what moved along with its folder, and changed: where it would lie, where it lay
    edited = {new: old for new, old in edited.items() if new in added}
    stayed = set(a.by_path) & set(b.by_path)
    changed = {path for path in stayed if a.by_path[path].digest != b.by_path[path].digest}
    return Files(
        added=tuple(path for path in added if path not in edited),
        removed=tuple(path for path in removed if path not in edited.values()),
        changed=tuple(sorted({*changed, *edited})),
        renamed=tuple(pair for pair in moved if pair not in within),
        folders=tuple(folders),
    )


def _likest(path: str, candidates: list[str]) -> str:
    """Return the candidate that shares the longest end with `path`."""

    def shared(candidate: str) -> int:
        pairs = zip(reversed(path.split("/")), reversed(candidate.split("/")), strict=False)
        return next((n for n, (one, other) in enumerate(pairs) if one != other), len(path))

    return max(candidates, key=shared)


def _moved_folder(old: str, new: str) -> tuple[str, str]:
    """Return the folders that tell two paths apart: what is left without their common end."""
    a, b = old.split("/"), new.split("/")
    while len(a) > 1 and len(b) > 1 and a[-1] == b[-1]:
        a.pop()
        b.pop()
    return "/".join(a), "/".join(b)


def _folders(moved: list[tuple[str, str]], a: Manifest, b: Manifest) -> list[tuple[str, str, int]]:
    """Return the folders that moved: gone from where they were, and new where they are."""
    counts = Counter(_moved_folder(old, new) for old, new in moved)
    folders = []
    for (old, new), count in sorted(counts.items()):
        before = _files_below(a, old)  # none: a file that was only renamed
        most = before and (count >= _FOLDER_FILES_MIN or 2 * count >= before)
        if most and not _files_below(b, old) and not _files_below(a, new):
            folders.append((old, new, count))
    return folders


def _files_below(version: Manifest, folder: str) -> int:
    return sum(path.startswith(f"{folder}/") for path in version.by_path)


def _lies_in(old: str, new: str, folder: tuple[str, str, int]) -> bool:
    return _moved_folder(old, new) == folder[:2]


def _lessons(a: Manifest, b: Manifest, files: Files) -> Lessons:
    before = {lesson.id: lesson for lesson in a.lessons}
    after = {lesson.id: lesson for lesson in b.lessons}
    renamed = [
        (old, new)
        for old, new, _count in files.folders
        if old in before and old not in after and new in after and new not in before
    ]
    names = {new: old for old, new in renamed} | {name: name for name in before if name in after}
    languages = b.languages
    kept = [name for name in after if name in names]
    order = [name for name in before if name in set(names.values())]
    changes = [_items(a, b, before[names[name]], after[name]) for name in kept]
    return Lessons(
        added=tuple(name for name in after if name not in names),
        removed=tuple(name for name in before if name not in names.values()),
        renamed=tuple(renamed),
        retitled=tuple(
            (
                name,
                text_in(before[names[name]].title, languages),
                text_in(after[name].title, languages),
            )
            for name in kept
            if before[names[name]].title != after[name].title
        ),
        reordered=[names[name] for name in kept] != order,
        items_added=tuple(path for change in changes for path in change[0]),
        items_removed=tuple(path for change in changes for path in change[1]),
        items_changed=tuple(path for change in changes for path in change[2]),
    )


def _items(
    a: Manifest, b: Manifest, old: Lesson, new: Lesson
) -> tuple[list[str], list[str], list[str]]:
    before = {item.id: item for item in old.items}
    after = {item.id: item for item in new.items}
    changed = [
        name
        for name in after
        if name in before and _shown(a, before[name]) != _shown(b, after[name])
    ]
    return (
        [f"{new.id}/{name}" for name in after if name not in before],
        [f"{new.id}/{name}" for name in before if name not in after],
        [f"{new.id}/{name}" for name in changed],
    )


def _shown(version: Manifest, item: Item) -> tuple[object, ...]:
    """Return what a pupil sees of an item: its texts and bytes, wherever they lie."""
    paths = sorted({*item.required_paths(), *item.finer_paths()})
    digests = sorted(version.by_path[path].digest for path in paths)
    return (item.kind, item.title, digests)


def words_of(difference: Difference) -> list[str]:
    """Return the changes as lines for a person, without the cost."""
    lessons, files = difference.lessons, difference.files
    lines = [f"the pack's {field} changed" for field in difference.about]
    lines += [f"the lesson {old} is now {new}" for old, new in lessons.renamed]
    lines += _some("lesson added", lessons.added)
    lines += _some("lesson removed", lessons.removed)
    lines += [f"the lesson {name}: {old!r} is now {new!r}" for name, old, new in lessons.retitled]
    lines += ["the lessons are in another order"] if lessons.reordered else []
    lines += _some("item added", lessons.items_added)
    lines += _some("item removed", lessons.items_removed)
    lines += _some("item changed", lessons.items_changed)
    for old, new, count in files.folders:
        lines.append(f"the folder {old} is now {new} (the same bytes: {count_of(count, 'file')})")
    lines += _some("file renamed", [f"{old} is now {new}" for old, new in files.renamed])
    lines += _some("file added", files.added)
    lines += _some("file changed", files.changed)
    lines += _some("file removed", files.removed)
    return lines


def words_of_cost(cost: Cost) -> str:
    """Return the cost of an update as a line for a person."""
    return (
        f"a node that holds the older version fetches {cost.total:,} bytes "
        f"({megabytes(cost.total)}): blocks {cost.blocks:,}, manifest {cost.manifest:,}, "
        f"layout {cost.layout:,}"
    )


def count_of(count: int, noun: str) -> str:
    """Return a count with its noun, such as `1 file` or `3 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _some(what: str, names: Iterable[str]) -> list[str]:
    listed = list(names)
    lines = [f"{what}: {name}" for name in listed[:_SHOWN_MAX]]
    if len(listed) > _SHOWN_MAX:
        lines.append(f"{what}: and {len(listed) - _SHOWN_MAX} more")
    return lines
