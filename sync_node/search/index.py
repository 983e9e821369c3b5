"""Writing search.db: units come and go, many in one transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from content_packs.digests import digest_of
from content_packs.manifest import LocalisedText
from sync_node.search import pinyin, schema, words
from sync_node.search.contents import PackLine, Passage, Thing, Unit
from sync_node.search.spelling import Speller, spelt_in

_TITLE = "(rowid, words, context, pinyin, facets)"
_PASSAGE = "(rowid, words, context, facets)"
_DIMENSIONS = ("stage", "grade", "subject", "kind")

TitleTokens = tuple[int, str, str, str, str]
PassageTokens = tuple[int, str, str, str]


class Held(NamedTuple):
    """The version at which a unit is indexed."""

    version: int
    manifest: str


class _UnitFacts(NamedTuple):
    pack_title: LocalisedText
    lesson_title: LocalisedText
    context: str


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
            except BaseException:
                self._forget()
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _write(self, batch: "Batch") -> None:
        self._remove(batch.removed | batch.units.keys())
        titles: list[TitleTokens] = []
        passages: list[PassageTokens] = []
        spelt: set[str] = set()
        for unit in batch.units.values():
            self._add(unit, titles, passages, spelt)
        # FTS5 starts a new segment wherever a number isn't above the one before.
        self._database.executemany(
            f"INSERT INTO title_index {_TITLE} VALUES (?, ?, ?, ?, ?)",  # noqa: S608  # constants
            sorted(titles),
        )
        self._database.executemany(
            f"INSERT INTO passage_index {_PASSAGE} VALUES (?, ?, ?, ?)",  # noqa: S608  # constants
            sorted(passages),
        )
        self._speller.add(spelt)

    def _add(
        self,
        unit: Unit,
        titles: list[TitleTokens],
        passages: list[PassageTokens],
        spelt: set[str],
    ) -> None:
        number = self._insert(
            "INSERT INTO unit (pack, lesson, version, manifest, pack_title, lesson_title, context)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            unit.pack, unit.lesson, unit.version, unit.manifest, encoded(unit.pack_title),
            encoded(unit.lesson_title), unit.context,
        )  # fmt: skip
        facts = _UnitFacts(unit.pack_title, unit.lesson_title, unit.context)
        for thing in unit.things:
            shelf = self._shelf(unit, thing)
            facets = self._facets(unit, thing)
            row = self._insert(
                "INSERT INTO thing (unit, shelf, kind, item, title) VALUES (?, ?, ?, ?, ?)",
                number, shelf, thing.kind, thing.item, encoded(thing.title),
            )  # fmt: skip
            title = _title_tokens(facts, thing.kind, thing.title, shelf, row, facets)
            titles.append(title)
            spelt.update(spelt_in(title[1]))
            self._add_passages(facts, thing, shelf, row, facets, passages, spelt)
        if unit.line:
            self._put_on_shelf(unit.line)

    def _add_passages(  # noqa: PLR0913, PLR0917  # what one row of each is made of
        self,
        facts: _UnitFacts,
        thing: Thing,
        shelf: int,
        row: int,
        facets: str,
        passages: list[PassageTokens],
        spelt: set[str],
    ) -> None:
        numbered = enumerate(thing.passages[: schema.PASSAGES_OF_THING_MAX])
        rows = [(schema.passage_row(shelf, row, which), passage) for which, passage in numbered]
        self._database.executemany(
            "INSERT INTO passage (id, language, text, places) VALUES (?, ?, ?, ?)",
            [(number, each.language, each.text, _places(each)) for number, each in rows],
        )
        context = _passage_context(facts, thing.title)
        for number, passage in rows:
            tokens = (number, " ".join(words.tokens(passage.text)), context, facets)
            passages.append(tokens)
            spelt.update(spelt_in(tokens[1]))

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
                facts = _UnitFacts(decoded(found[1]), decoded(found[2]), found[3])
                self._collect(found[0], facts, titles, passages)
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
        facts: _UnitFacts,
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
            titles.append(_title_tokens(facts, kind, title, shelf, row, facets))
            context = _passage_context(facts, title)
            found = self._database.execute(
                "SELECT id, text FROM passage WHERE id BETWEEN ? AND ?",
                schema.passages_of(shelf, row),
            )
            passages += [
                (number, " ".join(words.tokens(text)), context, facets) for number, text in found
            ]

    def _facets(self, unit: Unit, thing: Thing) -> str:
        return self._facet_tokens(
            unit.stage, unit.grade, unit.subject, thing.kind, _joined(thing), thing.title
        )

    def _facet_tokens(  # noqa: PLR0913, PLR0917  # one for each facet
        self, stage: str, grade: str, subject: str, kind: str, languages: str, title: LocalisedText
    ) -> str:
        values = zip(_DIMENSIONS, (stage, grade, subject, kind), strict=True)
        found = [f"f{self._code(dimension, code)}" for dimension, code in values]
        found += [f"f{self._code('language', each)}" for each in languages.split()]
        found += [title_token(words.fold(text).strip()) for text in title.values()]
        return " ".join(dict.fromkeys(found))

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
        self._speller.forget()


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


def _title_tokens(  # noqa: PLR0913, PLR0917  # what a row of title_index is made of
    facts: _UnitFacts, kind: str, title: LocalisedText, shelf: int, thing: int, facets: str
) -> TitleTokens:
    texts = tuple(title.values())
    own = words.tokens(*texts)
    around = words.tokens(facts.context, *_titles_above(facts, kind))
    sounds = dict.fromkeys(token for text in texts for token in pinyin.tokens(text))
    number = schema.title_row(kind, shelf, thing)
    return number, " ".join(own), " ".join(around), " ".join(sounds), facets


def _titles_above(facts: _UnitFacts, kind: str) -> list[str]:
    above = [] if kind == schema.PACK else [*facts.pack_title.values()]
    return above if kind in {schema.PACK, schema.LESSON} else [*above, *facts.lesson_title.values()]


def _passage_context(facts: _UnitFacts, title: LocalisedText) -> str:
    """Return the tokens of the titles around a passage."""
    texts = (*title.values(), *facts.lesson_title.values(), *facts.pack_title.values())
    return " ".join(words.tokens(*texts))


def _places(passage: Passage) -> bytes:
    return msgspec.json.encode(passage.places) if passage.places else b""
