"""Writing search.db: units come and go, many in one transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import msgspec

from content_packs.digests import digest_of
from content_packs.manifest import LocalisedText
from sync_node.search import pinyin, schema, words
from sync_node.search.contents import PackLine, Passage, Thing, Unit
from sync_node.search.limits import BATCHES_UNMERGED_MAX, MERGE_PAGES
from sync_node.search.spelling import Speller

_ADD_TITLE = (
    "INSERT INTO title_index (rowid, words, context, pinyin, facets) VALUES (?, ?, ?, ?, ?)"
)
_ADD_PASSAGE = "INSERT INTO passage_index (rowid, words, context, facets) VALUES (?, ?, ?, ?)"
_DIMENSIONS = ("stage", "grade", "subject", "kind")

TitleTokens = tuple[int, str, str, str, str]
PassageTokens = tuple[int, str, str, str]


class Held(NamedTuple):
    """The version at which a unit is indexed."""

    version: int
    manifest: str


class _Around(NamedTuple):
    """Tokens of what stands around the things of a unit."""

    pack: str
    lesson: str
    labels: str

    @staticmethod
    def of(pack_title: LocalisedText, lesson_title: LocalisedText, context: str) -> "_Around":
        """Return what stands around; a pack's title and labels stand around all its lessons."""
        return _Around(
            _tokens_of_titles(*pack_title.values()),
            words.tokens(*lesson_title.values()).text,
            _tokens_of_titles(context),
        )

    def title(self, kind: str) -> str:
        """Return the tokens around a title: of titles above it, and of labels."""
        if kind == schema.PACK:
            return self.labels
        above = self.pack if kind == schema.LESSON else f"{self.pack} {self.lesson}"
        return f"{self.labels} {above}"

    def passage(self, own: words.Tokens) -> str:
        """Return the tokens around a passage of a thing with `own` title."""
        return f"{own.text} {self.lesson} {self.pack}"


def title_token(folded: str) -> str:
    """Return the token that stands for a whole title, for questions that are one."""
    return "t" + digest_of(folded.encode())[:16]


def encoded(text: LocalisedText) -> bytes:
    """Return a localised text as it stands in a table."""
    return msgspec.json.encode(text)


def decoded(data: bytes) -> LocalisedText:
    """Return the localised text that `encoded` gave."""
    return msgspec.json.decode(data, type=dict[str, str])


class Index:
    """search.db, open to be filled. SQLite's errors come out as they are."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._speller = Speller(database)
        self._codes: dict[tuple[str, str], int] = {}
        self._shelves: dict[tuple[str, ...], int] = {}
        self._facet_codes: dict[tuple[str, ...], str] = {}
        self._unmerged = 0

    def units(self) -> dict[tuple[str, str], Held]:
        """Return what is indexed, by pack and lesson."""
        rows = self._database.execute("SELECT pack, lesson, version, manifest FROM unit")
        return {(pack, lesson): Held(version, manifest) for pack, lesson, version, manifest in rows}

    @contextmanager
    def batch(self) -> Iterator["Batch"]:
        """Yield a batch; it is written, in one transaction, when the block ends without error."""
        found = Batch()
        yield found
        if found.removed or found.units:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._write(found)
                self._database.execute("COMMIT")
                self._unmerged += 1
            except BaseException:
                self._forget()
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        if self._unmerged >= BATCHES_UNMERGED_MAX:
            self.merge()

    def merge(self) -> None:
        """Merge segments of which there are four or more alike, in short transactions."""
        for table in schema.INDEXES:
            changes = 2
            while changes >= 2:  # fewer: nothing was merged (SQLite's FTS5, "The 'merge' command")
                before = self._database.total_changes
                self._database.execute(
                    f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)",  # noqa: S608
                    (MERGE_PAGES,),
                )
                changes = self._database.total_changes - before
        self._unmerged = 0

    def _write(self, batch: "Batch") -> None:
        self._remove(batch.removed | batch.units.keys())
        rows = _Rows(self._database.execute("SELECT max(id) FROM thing").fetchone()[0] or 0)
        for unit in batch.units.values():
            self._add(unit, rows)
        # All in the order of their numbers: FTS5 starts a new segment wherever one isn't above the
        # one before, and tables are written from end to end.
        rows.passages.sort(key=itemgetter(0))
        rows.titles.sort()
        for statement, values in (
            ("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?)", rows.things),
            ("INSERT INTO passage VALUES (?, ?, ?, ?)", rows.texts()),
            (_ADD_TITLE, rows.titles),
            (_ADD_PASSAGE, rows.passage_tokens()),
        ):
            self._database.executemany(statement, values)
        self._speller.add(rows.words)

    def _add(self, unit: Unit, rows: "_Rows") -> None:
        number = self._insert(
            "INSERT INTO unit (pack, lesson, version, manifest, pack_title, lesson_title, context)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            unit.pack, unit.lesson, unit.version, unit.manifest, encoded(unit.pack_title),
            encoded(unit.lesson_title), unit.context,
        )  # fmt: skip
        around = _Around.of(unit.pack_title, unit.lesson_title, unit.context)
        for thing in unit.things:
            shelf = self._shelf(unit, thing)
            facets = self._facets(unit, thing)
            row = rows.next_thing()
            rows.things.append((row, number, shelf, thing.kind, thing.item, encoded(thing.title)))
            own = words.tokens(*thing.title.values())
            rows.words |= own.words
            key = schema.title_row(thing.kind, shelf, row)
            rows.titles.append((key, *_title_tokens(around, thing.kind, thing.title, own), facets))
            if thing.passages:
                first = schema.passage_row(shelf, row, 0)
                rows.add_passages(thing, first, around.passage(own), facets)
        if unit.line:
            self._put_on_shelf(unit.line)

    def _remove(self, keys: set[tuple[str, str]]) -> None:
        """Take units out, with the tokens that they were put in with."""
        titles: list[TitleTokens] = []
        passages: list[PassageTokens] = []
        units = []
        for pack, lesson in keys:
            found = self._database.execute(
                "SELECT id, pack_title, lesson_title, context FROM unit"
                " WHERE pack = ? AND lesson = ?",
                (pack, lesson),
            ).fetchone()
            if found:
                units.append((found[0],))
                around = _Around.of(decoded(found[1]), decoded(found[2]), found[3])
                self._collect(found[0], around, titles, passages)
            if not lesson:
                self._database.execute("DELETE FROM pack WHERE pack = ?", (pack,))
        self._database.executemany(
            "INSERT INTO title_index (title_index, rowid, words, context, pinyin, facets)"
            " VALUES ('delete', ?, ?, ?, ?, ?)",
            sorted(titles),
        )
        self._database.executemany(
            "INSERT INTO passage_index (passage_index, rowid, words, context, facets)"
            " VALUES ('delete', ?, ?, ?, ?)",
            sorted(passages),
        )
        self._database.executemany(
            "DELETE FROM passage WHERE id = ?", [(each[0],) for each in passages]
        )
        self._database.executemany("DELETE FROM thing WHERE unit = ?", units)
        self._database.executemany("DELETE FROM unit WHERE id = ?", units)

    def _collect(
        self,
        unit: int,
        around: "_Around",
        titles: list[TitleTokens],
        passages: list[PassageTokens],
    ) -> None:
        """Add the tokens of a unit's rows."""
        rows = self._database.execute(
            "SELECT thing.id, thing.shelf, thing.kind, title, stage, grade, subject, languages"
            " FROM thing JOIN shelf ON shelf.id = thing.shelf WHERE unit = ?",
            (unit,),
        ).fetchall()
        for row, shelf, kind, data, stage, grade, subject, languages in rows:
            title = decoded(data)
            facets = self._facet_tokens(stage, grade, subject, kind, languages, title)
            own = words.tokens(*title.values())
            key = schema.title_row(kind, shelf, row)
            titles.append((key, *_title_tokens(around, kind, title, own), facets))
            context = around.passage(own)
            found = self._database.execute(
                "SELECT id, text FROM passage WHERE id BETWEEN ? AND ?",
                schema.passages_of(shelf, row),
            )
            passages += [
                (number, words.tokens(text).text, context, facets) for number, text in found
            ]

    def _facets(self, unit: Unit, thing: Thing) -> str:
        return self._facet_tokens(
            unit.stage, unit.grade, unit.subject, thing.kind, _joined(thing), thing.title
        )

    def _facet_tokens(  # noqa: PLR0913, PLR0917  # one for each facet
        self, stage: str, grade: str, subject: str, kind: str, languages: str, title: LocalisedText
    ) -> str:
        key = (stage, grade, subject, kind, languages)
        if key not in self._facet_codes:
            values = zip(_DIMENSIONS, key, strict=False)
            found = [f"f{self._code(dimension, code)}" for dimension, code in values]
            found += [f"f{self._code('language', each)}" for each in languages.split()]
            self._facet_codes[key] = " ".join(found)
        wholes = {title_token(words.fold(text).strip()) for text in title.values()}
        return " ".join((self._facet_codes[key], *wholes))

    def _code(self, dimension: str, code: str) -> int:
        key = (dimension, code)
        if key not in self._codes:
            found = self._database.execute(
                "SELECT id FROM code WHERE dimension = ? AND code = ?", key
            ).fetchone()
            self._codes[key] = (
                found[0] if found
                else self._insert("INSERT INTO code (dimension, code) VALUES (?, ?)", *key)
            )  # fmt: skip
        return self._codes[key]

    def _shelf(self, unit: Unit, thing: Thing) -> int:
        key = (unit.stage, unit.grade, unit.subject, thing.kind, _joined(thing))
        if key not in self._shelves:
            found = self._database.execute(
                "SELECT id FROM shelf WHERE stage = ? AND grade = ? AND subject = ? AND kind = ?"
                " AND languages = ?",
                key,
            ).fetchone()
            self._shelves[key] = (
                found[0] if found
                else self._insert(
                    "INSERT INTO shelf (stage, grade, subject, kind, languages)"
                    " VALUES (?, ?, ?, ?, ?)", *key,
                )
            )  # fmt: skip
        return self._shelves[key]

    def _put_on_shelf(self, line: PackLine) -> None:
        self._insert(
            "INSERT OR REPLACE INTO pack VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            line.pack, line.version, encoded(line.title), encoded(line.summary), line.stage,
            line.grade, line.subject, line.edition, line.volume, " ".join(line.languages),
            line.cover, line.cover_digest, " ".join(line.lessons),
        )  # fmt: skip

    def _insert(self, statement: str, *values: object) -> int:
        return self._database.execute(statement, values).lastrowid or 0

    def _forget(self) -> None:
        """Forget what a transaction that failed had numbered."""
        self._codes.clear()
        self._shelves.clear()
        self._facet_codes.clear()
        self._speller.forget()


class _Rows:
    """The rows of a batch, as they are made. `last`: the highest number that a thing has."""

    def __init__(self, last: int) -> None:
        self._last = last
        self.things: list[tuple[int, int, int, str, str, bytes]] = []
        self.titles: list[TitleTokens] = []
        self.passages: list[tuple[int, Passage, str, str]] = []
        self.words: set[str] = set()

    def next_thing(self) -> int:
        """Return the number of a new thing."""
        self._last += 1
        return self._last

    def add_passages(self, thing: Thing, first: int, context: str, facets: str) -> None:
        """Add what a thing says, numbered from `first` on."""
        for number, each in enumerate(thing.passages[: schema.PASSAGES_OF_THING_MAX], first):
            self.passages.append((number, each, context, facets))

    def texts(self) -> Iterator[tuple[int, str, str, bytes]]:
        """Yield the rows of passages."""
        for number, passage, _, _ in self.passages:
            yield number, passage.language, passage.text, _places(passage)

    def passage_tokens(self) -> Iterator[PassageTokens]:
        """Yield the tokens of passages: made one by one, for all together take much memory."""
        for number, passage, context, facets in self.passages:
            found = words.tokens(passage.text)
            self.words |= found.words
            yield number, found.text, context, facets


class Batch:
    """What is to be written together: units that go, and units that come in their place."""

    def __init__(self) -> None:
        self.removed: set[tuple[str, str]] = set()
        self.units: dict[tuple[str, str], Unit] = {}
        self.rows = 0

    def remove(self, pack: str, lesson: str) -> None:
        """Take a unit out."""
        self.removed.add((pack, lesson))
        self.rows += 1

    def put(self, unit: Unit) -> None:
        """Put a unit in, in place of what was there."""
        self.units[unit.pack, unit.lesson] = unit
        self.rows += sum(1 + len(thing.passages) for thing in unit.things)


def _joined(thing: Thing) -> str:
    return " ".join(sorted(thing.languages))


def _title_tokens(
    around: _Around, kind: str, title: LocalisedText, own: words.Tokens
) -> tuple[str, str, str]:
    """Return what stands in title_index of a thing, but for its number and its facets."""
    sounds = dict.fromkeys(token for text in title.values() for token in pinyin.tokens(text))
    return own.text, around.title(kind), " ".join(sounds)


@lru_cache(maxsize=64)
def _tokens_of_titles(*texts: str) -> str:
    return words.tokens(*texts).text


def _places(passage: Passage) -> bytes:
    return msgspec.json.encode(passage.places) if passage.places else b""
