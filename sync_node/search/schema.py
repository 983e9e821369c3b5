"""The tables of search.db, and how their numbers are made up.

A **unit** is what comes and goes together: a lesson at its active version, or, with an empty
lesson, what there is to say of a pack. Its **things** can be opened: the pack, the lesson, its
items. A **passage** is a stretch of what a thing says.

Numbers say what would else need a look at another table: FTS5 answers in their order, so that packs
come before lessons and lessons before items, and a row's facets and thing are known from its number
alone.

    a thing's row in title_index       class (3 bits) | shelf (20) | thing (28)
    a passage's, here and its index    shelf (20) | thing (28) | which passage (12)

The indexes hold tokens only (contentless, without places: `detail=column`). To take a row out, FTS5
has to be given its tokens again: they are made from what stands in the tables here, by rules whose
version is in `meta`. So a database of other rules is made anew.
"""

from content_packs.digests import digest_of
from content_packs.limits import MIB
from sync_node.search import pinyin, words

_THING_BITS = 28
_SHELF_BITS = 20
PASSAGE_BITS = 12
THINGS_MAX = 1 << _THING_BITS
SHELVES_MAX = 1 << _SHELF_BITS
PASSAGES_OF_THING_MAX = 1 << PASSAGE_BITS

PACK, LESSON = "pack", "lesson"  # kinds of things; the others are those of items
_CLASSES = {PACK: 0, LESSON: 1}
_CLASS_OF_ITEM = 2

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE code (id INTEGER PRIMARY KEY, dimension TEXT NOT NULL, code TEXT NOT NULL,
    UNIQUE (dimension, code));
CREATE TABLE shelf (id INTEGER PRIMARY KEY, stage TEXT NOT NULL, grade TEXT NOT NULL,
    subject TEXT NOT NULL, kind TEXT NOT NULL, languages TEXT NOT NULL,
    UNIQUE (stage, grade, subject, kind, languages));
CREATE TABLE pack (pack TEXT PRIMARY KEY, version INTEGER NOT NULL, title BLOB NOT NULL,
    summary BLOB NOT NULL, stage TEXT NOT NULL, grade TEXT NOT NULL, subject TEXT NOT NULL,
    edition TEXT NOT NULL, volume TEXT NOT NULL, languages TEXT NOT NULL, cover TEXT NOT NULL,
    cover_digest TEXT NOT NULL, lessons TEXT NOT NULL);
CREATE INDEX pack_on_shelf ON pack (stage, grade, subject, edition, volume, pack);
CREATE TABLE unit (id INTEGER PRIMARY KEY, pack TEXT NOT NULL, lesson TEXT NOT NULL,
    version INTEGER NOT NULL, manifest TEXT NOT NULL, pack_title BLOB NOT NULL,
    lesson_title BLOB NOT NULL, context TEXT NOT NULL, UNIQUE (pack, lesson));
CREATE TABLE thing (id INTEGER PRIMARY KEY, unit INTEGER NOT NULL, shelf INTEGER NOT NULL,
    kind TEXT NOT NULL, item TEXT NOT NULL, title BLOB NOT NULL);
CREATE INDEX thing_of_unit ON thing (unit);
CREATE TABLE passage (id INTEGER PRIMARY KEY, language TEXT NOT NULL, text TEXT NOT NULL,
    places BLOB NOT NULL);
CREATE TABLE spelt (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE near (form TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (form, word)) WITHOUT ROWID;
CREATE VIRTUAL TABLE title_index USING fts5 (words, context, pinyin, facets,
    content='', detail=column, columnsize=0, tokenize='ascii', prefix='1 2 3');
CREATE VIRTUAL TABLE passage_index USING fts5 (words, context, facets,
    content='', detail=column, columnsize=0, tokenize='ascii');
CREATE VIRTUAL TABLE title_words USING fts5vocab (title_index, 'row');
CREATE VIRTUAL TABLE passage_words USING fts5vocab (passage_index, 'row');
"""
INDEXES = ("title_index", "passage_index")
# FTS5 keeps what is new in memory up to so many bytes, and merges nothing by itself: whoever fills
# has it merge (`Index.merge`), so that each row is merged once in a large fill and not twice.
SETTINGS = tuple(
    f"INSERT INTO {table} ({table}, rank) VALUES ('{name}', {value})"  # noqa: S608  # constants
    for table in INDEXES
    for name, value in (("hashsize", 8 * MIB), ("automerge", 0), ("crisismerge", 1_000))
)


def identity() -> str:
    """Return what tells databases of this schema and these rules from others."""
    rules = f"{words.VERSION} {pinyin.identity()} {TABLES}"
    return digest_of(rules.encode())


def number() -> int:
    """Return `identity` as SQLite's `user_version`: 31 bits, never 0."""
    return int(identity()[:8], 16) & 0x7FFFFFFF | 1


def title_row(kind: str, shelf: int, thing: int) -> int:
    """Return the number of a thing's row in title_index."""
    high = _CLASSES.get(kind, _CLASS_OF_ITEM) << _SHELF_BITS | shelf
    return high << _THING_BITS | thing


def passage_row(shelf: int, thing: int, which: int) -> int:
    """Return the number of a passage."""
    return (shelf << _THING_BITS | thing) << PASSAGE_BITS | which


def shelf_of(row: int) -> int:
    """Return the shelf in the number of a thing's row.

    A passage's number is one, too, without its last `PASSAGE_BITS`; the thing is its last bits.
    """
    return row >> _THING_BITS & SHELVES_MAX - 1


def passages_of(shelf: int, thing: int) -> tuple[int, int]:
    """Return the first and the last number that passages of a thing can have."""
    return passage_row(shelf, thing, 0), passage_row(shelf, thing, PASSAGES_OF_THING_MAX - 1)
