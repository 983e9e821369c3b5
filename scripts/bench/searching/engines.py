"""Who is measured: Satchel's search, and what one would take without it, all on SQLite.

Each is given the same items and asked the same questions. Peers answer with the numbers of up to a
thousand rows, as Satchel counts; they make no snippets, put nothing in order, and count no facets.
"""

import sqlite3
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol

from sync_node.data_dir import DataDir
from sync_node.search import database
from sync_node.search.contents import Unit
from sync_node.search.index import Batch, Index
from sync_node.search.limits import BATCH_ROWS, CANDIDATES_MAX
from sync_node.search.query import Searcher


class Engine(Protocol):
    """Takes units in, and answers with how many things were found."""

    def add(self, units: list[Unit]) -> None:
        """Take units in."""

    def close(self) -> None:
        """End taking in."""

    def ask(self, question: str) -> int:
        """Return how many things were found, as far as they are counted."""


class Satchel:
    """Our own: what the node's filling and the site's page call."""

    def __init__(self, folder: Path) -> None:
        self._data_dir = DataDir(folder)
        self._database = database.open_to_fill(self._data_dir)
        self._index = Index(self._database)
        self._searcher = Searcher(self._data_dir)
        self._waiting = Batch()

    def add(self, units: list[Unit]) -> None:
        """Take units in, in transactions of the size that a node's have."""
        for unit in units:
            self._waiting.put(unit)
            if self._waiting.rows >= BATCH_ROWS:
                self._write()

    def _write(self) -> None:
        with self._index.batch() as batch:
            for unit in self._waiting.units.values():
                batch.put(unit)
        self._waiting = Batch()

    def close(self) -> None:
        """End taking in, as filling ends."""
        self._write()
        self._index.merge()
        self._database.close()

    def ask(self, question: str) -> int:
        """Ask as the search page does."""
        return self._searcher.search(question, languages=("zh",)).total


class _Table:
    """What peers share: a row for each item, its titles and its text."""

    TABLES: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(folder / "peer.db", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = wal")
        self.database.execute("PRAGMA synchronous = normal")
        self.database.execute("PRAGMA cache_size = -8192")
        self.database.execute(
            "CREATE TABLE item (id INTEGER PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL)"
        )
        for table in self.TABLES:
            self.database.execute(table)

    def add(self, units: list[Unit]) -> None:
        """Take units in, in one transaction."""
        self.database.execute("BEGIN")
        for unit in units:
            for thing in unit.things:
                title = " ".join(thing.title.values())
                text = "\n".join(passage.text for passage in thing.passages)
                row = self.database.execute(
                    "INSERT INTO item (title, text) VALUES (?, ?)", (title, text)
                ).lastrowid
                self.index(row or 0, title, text)
        self.database.execute("COMMIT")

    def index(self, row: int, title: str, text: str) -> None:
        """Add a row to an index."""

    def close(self) -> None:
        """Nothing to end."""

    def like(self, question: str) -> int:
        """Return how many rows have the question as it is."""
        mark = f"%{question}%"
        rows = self.database.execute(
            "SELECT id FROM item WHERE title LIKE ?1 OR text LIKE ?1 LIMIT ?2",
            (mark, CANDIDATES_MAX),
        )
        return len(rows.fetchall())

    def match(self, expression: str) -> int:
        """Return how many rows of the index match."""
        rows = self.database.execute(
            "SELECT rowid FROM found WHERE found MATCH ? LIMIT ?", (expression, CANDIDATES_MAX)
        )
        return len(rows.fetchall())


class Like(_Table):
    """No index: every row is looked at."""

    def ask(self, question: str) -> int:
        """Look for the question as it stands."""
        return self.like(question)


class Trigram(_Table):
    """FTS5's own way for languages without blanks: three neighbouring characters. Shorter: LIKE."""

    TABLES = (
        """CREATE VIRTUAL TABLE found USING fts5 (
            title, text, content='item', content_rowid='id', tokenize='trigram')""",
    )

    def index(self, row: int, title: str, text: str) -> None:
        """Add a row."""
        self.database.execute(
            "INSERT INTO found (rowid, title, text) VALUES (?, ?, ?)", (row, title, text)
        )

    def ask(self, question: str) -> int:
        """Ask for all words; those of less than three characters can't be asked for."""
        words = question.split()
        if any(len(word) < 3 for word in words):
            return self.like(question)
        return self.match(" AND ".join(f'"{word}"' for word in words))


class Unicode61(_Table):
    """FTS5 as it comes: a stretch of Chinese without a blank is one word."""

    TABLES = ("CREATE VIRTUAL TABLE found USING fts5 (title, text, content='', prefix='1 2 3')",)

    def index(self, row: int, title: str, text: str) -> None:
        """Add a row."""
        self.database.execute(
            "INSERT INTO found (rowid, title, text) VALUES (?, ?, ?)", (row, title, text)
        )

    def ask(self, question: str) -> int:
        """Ask for what begins with each word."""
        return self.match(" AND ".join(f'"{word}"*' for word in question.split()))


class Jieba(_Table):
    """FTS5 with the words that jieba finds (its search mode)."""

    TABLES = ("CREATE VIRTUAL TABLE found USING fts5 (title, text, content='', prefix='1 2 3')",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        jieba = import_module("jieba")  # of the extra `bench`; 80 MB that others needn't carry
        jieba.setLogLevel("ERROR")
        jieba.initialize()
        self._cut: Callable[[str], list[str]] = jieba.lcut_for_search

    def index(self, row: int, title: str, text: str) -> None:
        """Add a row."""
        self.database.execute(
            "INSERT INTO found (rowid, title, text) VALUES (?, ?, ?)",
            (row, " ".join(self._cut(title)), " ".join(self._cut(text))),
        )

    def ask(self, question: str) -> int:
        """Ask for what begins with each of the words that jieba finds."""
        words = [word for word in self._cut(question) if word.isalnum()]
        return self.match(" AND ".join(f'"{word}"*' for word in words)) if words else 0


ENGINES: dict[str, type[Satchel | Like | Trigram | Unicode61 | Jieba]] = {
    "satchel": Satchel, "like": Like, "fts5 trigram": Trigram, "fts5 unicode61": Unicode61,
    "jieba + fts5": Jieba,
}  # fmt: skip
