"""Whole pages of the site over the large catalogue: home, shelves, outlines, lessons, hits.

    python -m scripts.bench.searching.browsing FOLDER COUNT

prints how long each page took, what it asked of SQLite and how long it is, as JSON.
"""

import json
import random
import sqlite3
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from sync_node.search.limits import SHELF_PACKS_SHOWN

PAGES = {
    "home": "/",
    "browse": "/browse?grade={grade}",
    "a shelf": "/browse?grade={grade}&subject={subject}",
    "the last of all": "/browse?stage=primary&from={late}",
    "an outline": "/packs/pack-{pack}",
    "a lesson": "/packs/pack-{pack}/lesson-{lesson}",
    "search": "/search?q={topic}",
    "search, narrowed": "/search?q={topic}&kind=video&grade={grade}",
    "suggestions": "/search/suggest?q={topic}",
    "the box": "/box",
}
SUBJECTS = ("mathematics", "chinese", "science", "history")
TOPICS = ("分数", "节奏", "气候", "fraction", "rhythm", "fenshu", "练习", "数", "s")
PAGE_BYTES = 4096
TRIES = 2  # the best counts: others use the machine, too


class Asked:
    """Counts what the process asks of SQLite: each connection tells its statements."""

    count = 0

    def note(self, statement: str) -> None:
        """Count a statement, if it asks for something."""
        if not statement.startswith(("--", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK")):
            self.count += 1


asked = Asked()


class Traced(sqlite3.Connection):
    """A connection that tells its statements."""

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.set_trace_callback(asked.note)


def measured(data_dir: DataDir, count: int) -> dict[str, Any]:
    """Return how long each page takes, `count` times, and what the site has in memory."""
    sqlite3.connect = partial(sqlite3.connect, factory=Traced)
    began = time.perf_counter()
    client = create_app(data_dir).test_client()
    client.get("/")
    first = {"seconds": time.perf_counter() - began, "cpu": time.process_time(), "rss": rss()}
    chance = random.Random(5)  # noqa: S311  # the same each time
    packs = sum(1 for _ in data_dir.manifests.iterdir())
    found = {}
    for name, page in PAGES.items():
        addresses = [_address(page, packs, chance) for _ in range(count)]
        found[name] = [_took(client, address) for address in addresses]
    return {"first": first, "pages": found, "rss": rss(), "packs": packs}


def rss() -> int:
    """Return the bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def _address(page: str, packs: int, chance: random.Random) -> str:
    return page.format(
        grade=chance.randint(1, 12),
        subject=chance.choice(SUBJECTS),
        topic=chance.choice(TOPICS),
        pack=chance.randrange(packs),
        lesson=chance.randint(1, 15),
        late=packs // 2 - SHELF_PACKS_SHOWN,
    )


def _took(client: FlaskClient, address: str) -> dict[str, float]:
    """Return the milliseconds, by the clock and of CPU, the statements and the bytes of a page."""
    found = []
    for _ in range(TRIES):
        asked.count = 0
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = client.get(address, headers={"Accept-Language": "zh"})
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        size = len(answer.get_data())
        found.append({
            "wall": wall * 1e3, "cpu": cpu * 1e3, "statements": asked.count, "bytes": size,
        })  # fmt: skip
    return min(found, key=lambda each: each["wall"])


if __name__ == "__main__":
    print(json.dumps(measured(DataDir(Path(sys.argv[1])), int(sys.argv[2]))))
