"""A pack folder, as an author writes it → what its manifest will say, and the pack's files.

The specification is FORMAT.md, section 2. Reading goes on past every fault, so that one run tells
all; nothing large is ever held, a video is a path until the builder streams it.

    source ─ source_tree          which files there are
           ├ source_description   pack.toml                  ─ source_toml
           └ source_lesson        lesson.toml, items         ─ source_items ─ source_names
               └ source_pages     pages and exercises, and what they need ─ source_places
                   └ page_memo    what they became at the last build      ─ page_facts
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from content_packs import manifest as manifests
from content_packs import paths
from content_packs.faults import Fault
from content_packs.findings import Findings
from content_packs.limits import LESSONS_MAX
from content_packs.manifest import Lesson, Manifest
from content_packs.page_memo import PageMemo
from content_packs.source_description import PACK_TOML, Description, read_description
from content_packs.source_file import SourceFile, carried
from content_packs.source_items import LESSON_TOML
from content_packs.source_lesson import LessonReader
from content_packs.source_names import lesson_of, teaching_order
from content_packs.source_needs import SHARED
from content_packs.source_pages import PageReader
from content_packs.source_places import Places
from content_packs.source_tree import Tree, read_tree

__all__ = ["PackFolder", "SourceFile", "read_folder"]

_WELCOME_BESIDE = ("readme", "licence", "license", "copying", "notice", "changelog", "makefile")


@dataclass(frozen=True)
class PackFolder:
    """A pack folder that was read.

    `description` is the manifest without its files, None where there is an error. `files` are those
    of the pack, sorted by path; `tree` those of the folder.
    """

    root: Path
    description: Manifest | None
    files: tuple[SourceFile, ...]
    faults: tuple[Fault, ...]
    tree: Tree


def read_folder(
    folder: Path, *, version: int | None = None, memo: PageMemo | None = None
) -> PackFolder:
    """Read a pack folder; `version`, where given, replaces the one in `pack.toml`.

    `memo` saves reading the pages that are as they were at the last build. Raises nothing for what
    an author can do wrong: that is in `faults`.
    """
    findings = Findings()
    tree = read_tree(folder, findings)
    described = read_description(tree, version, findings)
    folders = _lesson_folders(tree, findings)
    beside = _beside(tree, described, findings)
    places = Places(tree, folders, beside)
    memo = memo or PageMemo()
    memo.begin(described.pack)
    pages = PageReader(tree, places, findings, memo)
    reader = LessonReader(tree, pages, described.languages, findings)
    lessons = [reader.read(lesson_folder) for lesson_folder in folders]
    shared = tree.under(SHARED)
    for found in shared:
        pages.check_other(found)
    files = [*reader.files, *(carried(found, places) for found in shared)]
    if described.cover and described.cover.partition("/")[0] not in {*folders, SHARED}:
        files.append(carried(tree.files[described.cover], places))
    _check_lessons(folders, findings)
    _check_places(files, findings)
    files.sort(key=lambda file: file.path)
    return PackFolder(
        root=folder,
        description=None if findings.has_errors else _manifest(described, lessons, places),
        files=tuple(files),
        faults=findings.faults,
        tree=tree,
    )


def _lesson_folders(tree: Tree, findings: Findings) -> list[str]:
    _, folders = tree.names_in("")
    found = sorted((folder for folder in folders if folder != SHARED), key=teaching_order)
    if not found:
        findings.error(
            "",
            "no lesson",
            hint=f"Make a folder for each, such as 01-welcome, with {LESSON_TOML} in it.",
        )
    if len(found) > LESSONS_MAX:
        findings.error(
            "",
            f"{len(found)} lessons, at most {LESSONS_MAX} are allowed",
            hint="Split the pack into several.",
        )
    return found[:LESSONS_MAX]


def _beside(tree: Tree, described: Description, findings: Findings) -> list[str]:
    """Return the files beside `pack.toml` that are not part of the pack."""
    names, _ = tree.names_in("")
    beside = [name for name in names if name not in {PACK_TOML, described.cover}]
    for name in beside:
        if not name.lower().startswith(_WELCOME_BESIDE):
            findings.warning(
                name,
                "not part of the pack: it lies beside the lessons",
                hint=f"Move it into a lesson or into {SHARED}/, or start its name with _.",
            )
    return beside


def _check_lessons(folders: Iterable[str], findings: Findings) -> None:
    seen: dict[str, str] = {}
    for folder in folders:
        name = lesson_of(folder)
        other = seen.setdefault(name, folder)
        if name == SHARED:
            findings.error(folder, f"a lesson can't be named {SHARED!r}", hint="Rename it.")
        if other != folder:
            findings.error(
                folder,
                f"the same lesson as {other!r}: both are {name!r} without their numbers",
                hint="Rename one of the two.",
            )


def _check_places(files: Iterable[SourceFile], findings: Findings) -> None:
    """Check the paths in the pack: a file that is built may meet another one's name."""
    seen: dict[str, SourceFile] = {}
    for file in files:
        other = seen.setdefault(paths.folded(file.path), file)
        if other.origin != file.origin:
            findings.error(
                file.origin,
                f"becomes {file.path!r} in the pack, as {other.origin!r} does",
                hint="Rename one of the two.",
            )


def _manifest(described: Description, lessons: list[Lesson], places: Places) -> Manifest:
    return Manifest(
        format=manifests.FORMAT,
        pack=described.pack,
        version=described.version,
        languages=described.languages,
        title=described.title,
        summary=described.summary,
        publisher=described.publisher,
        licence=described.licence,
        lessons=tuple(lessons),
        files=(),
        authors=described.authors,
        cover=places.of(described.cover) if described.cover else "",
        source=described.source,
        system=None,  # those are made by deploy/image/system-pack
        **described.codes,
    )
