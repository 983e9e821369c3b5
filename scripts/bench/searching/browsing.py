"""Whole pages of the site over the large catalogue: home, a shelf, a page of hits.

    python -m scripts.bench.searching.browsing FOLDER COUNT

prints how long each page took, as JSON.
"""

import json
import random
import sqlite3
import sys
import time
from pathlib import Path

from flask.testing import FlaskClient

from sync_node.data_dir import DataDir
from sync_node.database import close_database, creating_database
from sync_node.lan.app import create_app
from sync_node.models import LessonRow, PackRow, VersionRow
from sync_node.search import database

ACTIVATED_AT = "2026-09-01T06:00:00Z"
PAGES = (
    "/", "/browse?grade={grade}&subject={subject}", "/search?q={topic}",
    "/search/suggest?q={topic}",
)  # fmt: skip
SUBJECTS = ("mathematics", "chinese", "science", "history")
TOPICS = ("分数", "节奏", "气候", "fraction", "rhythm", "fenshu", "练习")
ROWS_TOGETHER = 500


def pages(folder: Path, count: int) -> dict[str, list[float]]:
    """Return how long each page takes, in milliseconds, `count` times."""
    data_dir = DataDir(folder)
    data_dir.make()
    with creating_database(data_dir):
        say_all_is_open(data_dir)
    close_database()
    client = create_app(data_dir).test_client()
    chance = random.Random(5)  # noqa: S311  # the same each time
    return {page: [_took(client, page, chance) for _ in range(count)] for page in PAGES}


def say_all_is_open(data_dir: DataDir) -> None:
    """Say in node.db, which is open, that all can be opened that search.db has."""
    opened = sqlite3.connect(database.place_of(data_dir))
    units = opened.execute("SELECT pack, lesson FROM unit").fetchall()
    opened.close()
    packs = sorted({pack for pack, _ in units})
    lessons = [
        {"pack": pack, "lesson": lesson, "version": 1, "activated_at": ACTIVATED_AT}
        for pack, lesson in units
        if lesson
    ]
    for pack in packs:
        PackRow.create(pack=pack, channel="main", offered_version=1)
        VersionRow.create(pack=pack, version=1, manifest="0" * 64)
    for at in range(0, len(lessons), ROWS_TOGETHER):
        LessonRow.insert_many(lessons[at : at + ROWS_TOGETHER]).execute()


def _took(client: FlaskClient, page: str, chance: random.Random) -> float:
    address = page.format(
        grade=chance.randint(1, 12), subject=chance.choice(SUBJECTS), topic=chance.choice(TOPICS)
    )
    times = []
    for _ in range(2):
        began = time.perf_counter()
        answer = client.get(address, headers={"Accept-Language": "zh"})
        times.append((time.perf_counter() - began) * 1e3)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status}")
    return min(times)


if __name__ == "__main__":
    print(json.dumps(pages(Path(sys.argv[1]), int(sys.argv[2]))))
