"""A node's data for the benchmark: a large catalogue, a class of sixty, and films."""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from content_packs.limits import MIB
from content_packs.manifest import Item, Lesson, Rendition, Variant
from scripts.bench.searching.catalogue import units
from scripts.bench.searching.held import hold
from sync_node import config
from sync_node.config import Config, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.database import close_database
from sync_node.school.school import open_school
from sync_node.school.sessions import Session
from sync_node.search import database
from sync_node.search.contents import Unit
from sync_node.search.index import Index
from tests.sync_node.lan.school import School, describe, furnished_school

PUPILS = 60
LARGE_BYTES = 256 * MIB
FILM_SECONDS = 600
FILM_BYTES_PER_SECOND = 125_000  # 1 Mbit/s
DEVICE = "01890000-0000-4000-8000-000000000001"
HASH_COST = 2  # nobody signs in by a PIN here
TOGETHER = 128


@dataclass(frozen=True)
class BenchSchool:
    """Where things are. `tokens`: sessions of pupils. `large` and `film`: paths of the site."""

    folder: str
    tokens: list[str]
    large: str
    large_digest: str
    film: str
    film_bytes: int


def make(folder: Path, items: int) -> BenchSchool:
    """Return a node's data in `folder`, with a catalogue of so many items."""
    school = furnished_school(folder)
    large, film = _films(school)
    _catalogue(school.data_dir, items)
    config.write(school.data_dir, Config(config.FORMAT, (SourceConfig(folder="/nowhere"),)))
    tokens = _pupils(school.data_dir)
    size = school.data_dir.store_path(film).stat().st_size
    return BenchSchool(
        str(folder), tokens, "/content/films/1/films/large.mp4", large,
        "/content/films/1/films/film.mp4", size,
    )  # fmt: skip


def _films(school: School) -> tuple[str, str]:
    """Put two films into the store, written piece by piece; return their digests."""
    chance = random.Random(5)  # noqa: S311  # bytes that nothing can compress, the same each time
    large = b"".join(chance.randbytes(MIB) for _ in range(LARGE_BYTES // MIB))
    contents = {
        "films/film.mp4": ("video/mp4", chance.randbytes(FILM_SECONDS * FILM_BYTES_PER_SECOND)),
        "films/large.mp4": ("video/mp4", large),
    }
    found = []
    for name in ("film", "large"):
        variant = Variant("en", renditions=(Rendition(f"films/{name}.mp4", seconds=FILM_SECONDS),))
        found.append(Item(name, "video", {"en": name.title()}, (variant,)))
    lesson = Lesson("films", {"en": "Films"}, tuple(found))
    made = school.add(describe("films", (lesson,), title={"en": "Films"}), contents)
    school.offer("films", 1)
    school.activate("films", 1, "films")
    digests = made.by_path
    return digests["films/large.mp4"].digest, digests["films/film.mp4"].digest


def _catalogue(data_dir: DataDir, items: int) -> None:
    """Index so many items, and say in node.db that they are open."""
    opened = database.open_to_fill(data_dir)
    index = Index(opened)
    for together in _batches(units(items)):
        with index.batch() as batch:
            for unit in together:
                batch.put(unit)
    opened.close()
    hold(data_dir)
    close_database()


def _batches(found: Iterator[Unit]) -> Iterator[list[Unit]]:
    while together := list(islice(found, TOGETHER)):
        yield together


def _pupils(data_dir: DataDir) -> list[str]:
    """Add a class of sixty; return a session token of each."""
    school = open_school(data_dir, clock=lambda: datetime.now(UTC), hash_cost=HASH_COST)
    made = school.people.add_class("4 A", "4")
    pupils = [school.people.add_learner(made.id, f"Pupil {n}") for n in range(PUPILS)]
    tokens = []
    for pupil in pupils:
        session = Session("learner", pupil.id, pupil.name, made.id, pupil.picture)
        work = partial(school.sessions.insert, session, DEVICE)
        tokens.append(school.ground.write(work).token)
    school.close()
    return tokens


if __name__ == "__main__":
    print(json.dumps(asdict(make(Path(sys.argv[1]), int(sys.argv[2])))))
