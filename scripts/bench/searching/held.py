"""What a node holds of the made-up catalogue beside search.db: rows of node.db, and manifests.

Files of packs aren't in the store: pages that show a page's text or a film aren't measured here.

    python -m scripts.bench.searching.held FOLDER
"""

import sqlite3
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from content_packs import manifest as manifests
from content_packs.digests import digest_of
from content_packs.manifest import File, Item, Lesson, Manifest, Publisher, Rendition, Variant
from content_packs.manifest_model import Kind
from sync_node.data_dir import DataDir
from sync_node.database import close_database, creating_database
from sync_node.models import LessonRow, PackRow, VersionRow
from sync_node.search import database
from sync_node.search.index import decoded

ACTIVATED_AT = "2026-09-01T06:00:00Z"
FILE_BYTES = 100_000
FILM_SECONDS = 180
ROWS_TOGETHER = 500
_ITEMS = (
    "SELECT unit.pack, unit.lesson, lesson_title, thing.kind, item, thing.title"
    " FROM unit JOIN thing ON thing.unit = unit.id WHERE item <> ''"
    " ORDER BY unit.pack, unit.id, thing.id"
)
_ENDINGS = {"video": ("mp4", "video/mp4"), "document": ("pdf", "application/pdf")}
_OTHERS = ("html", "text/html")


def hold(data_dir: DataDir) -> None:
    """Have node.db, which is open, and manifests say that all can be opened that search.db has."""
    opened = sqlite3.connect(database.place_of(data_dir))
    rows = []
    for made in _manifests(opened):
        data = manifests.encode(made)
        digest = digest_of(data)
        data_dir.manifest_path(digest).write_bytes(data)
        PackRow.create(pack=made.pack, channel="main", offered_version=1)
        VersionRow.create(pack=made.pack, version=1, manifest=digest)
        rows += [
            {"pack": made.pack, "lesson": each.id, "version": 1, "activated_at": ACTIVATED_AT}
            for each in made.lessons
        ]
    opened.close()
    for at in range(0, len(rows), ROWS_TOGETHER):
        LessonRow.insert_many(rows[at : at + ROWS_TOGETHER]).execute()


def _manifests(opened: sqlite3.Connection) -> Iterator[Manifest]:
    lines = {row[0]: row[1:] for row in opened.execute(
        "SELECT pack, title, summary, stage, grade, subject, edition, volume, languages FROM pack"
    )}  # fmt: skip
    for pack, rows in groupby(opened.execute(_ITEMS), key=lambda row: row[0]):
        title, summary, stage, grade, subject, edition, volume, languages = lines[pack]
        lessons = tuple(
            Lesson(lesson, decoded(title), tuple(map(_item, found)))
            for (lesson, title), found in groupby(rows, key=lambda row: (row[1], row[2]))
        )
        yield Manifest(
            format=manifests.FORMAT, pack=pack, version=1, languages=tuple(languages.split()),
            title=decoded(title), summary=decoded(summary), publisher=Publisher("b", {"en": "B"}),
            licence="CC-BY-4.0", stage=stage, grade=grade, subject=subject, edition=edition,
            volume=volume, lessons=lessons, files=tuple(_files(lessons)),
        )  # fmt: skip


def _item(row: tuple[str, str, bytes, str, str, bytes]) -> Item:
    _, lesson, _, kind, item, title = row
    path = f"{lesson}/{item}.{_ENDINGS.get(kind, _OTHERS)[0]}"
    if kind == "video":
        variant = Variant("zh", renditions=(Rendition(path, "480p", FILM_SECONDS),))
    else:
        variant = Variant("zh", path)
    return Item(item, msgspec.convert(kind, Kind), decoded(title), (variant,))


def _files(lessons: tuple[Lesson, ...]) -> Iterator[File]:
    for path in sorted(path for lesson in lessons for path in lesson.required_paths()):
        media = next((m for e, m in _ENDINGS.values() if path.endswith(e)), _OTHERS[1])
        yield File(path, FILE_BYTES, digest_of(path.encode()), media)


def main() -> None:
    """Make node.db and manifests for the search.db of a data directory."""
    data_dir = DataDir(Path(sys.argv[1]))
    data_dir.make()
    with creating_database(data_dir):
        hold(data_dir)
    close_database()


if __name__ == "__main__":
    main()
