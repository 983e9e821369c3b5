"""Packs by stage, grade and subject, as lightly with ten thousand packs as with ten.

A small catalogue is shown whole, from node.db and manifests (`Catalogue.packs`). A large one is
read from search.db, which has a line for each pack: a page of packs costs a look at that page's.
How many lessons are ready is node.db's to say, and is asked for the packs shown alone.
"""

from collections.abc import Sequence
from typing import Any

from content_packs.code_lists import FOR_TEACHERS
from content_packs.values import Value
from sync_node.catalogue import Catalogue
from sync_node.catalogue_model import Facets, PackCard
from sync_node.data_dir import DataDir
from sync_node.languages import text_for
from sync_node.node_reader import NodeReader, PackFacts
from sync_node.search.connections import Connections, OutOfTime
from sync_node.search.database import IndexUnusable
from sync_node.search.index import decoded
from sync_node.search.limits import HOME_PACKS_MAX, SHELF_PACKS_SHOWN

_COUNT = (  # what is for teachers, ?4, stands on shelves of its own
    "SELECT count(*) FROM pack WHERE (stage = ?1 OR (?1 = '' AND stage <> ?4))"
    " AND (grade = ?2 OR ?2 = '') AND (subject = ?3 OR ?3 = '')"
)
_PAGE = (
    "SELECT pack, version, title, summary, stage, grade, subject, edition, volume, languages,"
    " cover, cover_digest, lessons FROM pack WHERE (stage = ?1 OR (?1 = '' AND stage <> ?4))"
    " AND (grade = ?2 OR ?2 = '') AND (subject = ?3 OR ?3 = '')"
    " ORDER BY stage, CAST(grade AS INTEGER), grade, subject, edition, volume, pack"
    " LIMIT ?5 OFFSET ?6"
)


class Shelf(Value, frozen=True):
    """Where packs stand: codes, empty for any."""

    stage: str = ""
    grade: str = ""
    subject: str = ""

    def holds(self, other: "Shelf") -> bool:
        """Say whether what stands on `other` stands on this one, too."""
        return all(
            mine in {"", theirs}
            for mine, theirs in (
                (self.stage, other.stage),
                (self.grade, other.grade),
                (self.subject, other.subject),
            )
        )


class Browsed(Value, frozen=True):
    """A page of packs of a shelf; `total` is how many it has. `ready`: False while it is filled."""

    cards: tuple[PackCard, ...] = ()
    total: int = 0
    ready: bool = True


class Shelves:
    """Answers what stands where. Safe for several threads."""

    def __init__(self, data_dir: DataDir, reader: NodeReader, catalogue: Catalogue) -> None:
        self._data_dir = data_dir
        self._reader = reader
        self._catalogue = catalogue
        self._connections = Connections(data_dir)

    def is_small(self) -> bool:
        """Say whether there are so few packs that a page can list them. Raises `StorageFailed`."""
        return self._reader.pack_count() <= HOME_PACKS_MAX

    def all(self, languages: Sequence[str]) -> tuple[PackCard, ...]:
        """Return every pack. For small catalogues. Raises `StorageFailed`."""
        return self._catalogue.packs(languages)

    def counts(self) -> dict[Shelf, int]:
        """Return how many packs stand on each shelf, stage, grade and subject all given.

        Raises `StorageFailed`; nothing is there while search.db is filled.
        """
        try:
            with self._connections.reading() as database:
                rows = database.execute(
                    "SELECT stage, grade, subject, count(*) FROM pack GROUP BY 1, 2, 3"
                ).fetchall()
        except (OutOfTime, IndexUnusable):
            return {}
        return {Shelf(*row[:3]): row[3] for row in rows}

    def browse(
        self,
        shelf: Shelf,
        languages: Sequence[str],
        *,
        offset: int = 0,
        limit: int = SHELF_PACKS_SHOWN,
    ) -> Browsed:
        """Return a page of the packs of a shelf; what is for teachers by its stage alone.

        Raises `StorageFailed`.
        """
        values = (shelf.stage, shelf.grade, shelf.subject, FOR_TEACHERS)
        try:
            with self._connections.reading() as database:
                total = database.execute(_COUNT, values).fetchone()[0]
                rows = database.execute(_PAGE, (*values, limit, max(offset, 0))).fetchall()
        except (OutOfTime, IndexUnusable):
            return Browsed(ready=False)
        return Browsed(self._cards(rows, languages), total)

    def _cards(self, rows: list[Any], languages: Sequence[str]) -> tuple[PackCard, ...]:
        facts = {each.pack: each for each in self._reader.packs(*(row[0] for row in rows))}
        return tuple(
            self._card(row, facts[row[0]], languages)
            for row in rows
            if row[0] in facts and not facts[row[0]].is_hidden
        )

    def _card(self, row: Any, facts: PackFacts, languages: Sequence[str]) -> PackCard:
        (pack, version, title, summary, stage, grade, subject, edition, volume, tags, cover,
         digest, lessons) = row  # fmt: skip
        has_cover = bool(digest) and self._data_dir.store_path(digest).is_file()
        return PackCard(
            pack=pack,
            version=version,
            title=text_for(decoded(title), languages),
            summary=text_for(decoded(summary), languages),
            facets=Facets(stage, grade, subject, edition, volume),
            languages=tuple(tags.split()),
            cover=cover if has_cover else "",
            lessons_ready=len(facts.active),
            lessons_total=len(facts.active.keys() | set(lessons.split())),
        )
