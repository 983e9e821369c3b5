"""The bench of search measures what it says, and says what was missed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.bench.searching.__main__ import asking, browsing, building, misses
from scripts.bench.searching.catalogue import units
from scripts.bench.searching.engines import ENGINES
from scripts.bench.searching.questions import KINDS, Sample, questions
from tests.support.source_code import CHECKOUT

ITEMS = 150


def test_the_catalogue_is_the_same_each_time_and_spread_over_shelves() -> None:
    first, second = list(units(ITEMS)), list(units(ITEMS))
    assert first == second
    assert sum(bool(thing.item) for unit in first for thing in unit.things) >= ITEMS
    many = [unit for unit in units(75 * 120) if not unit.lesson]
    assert len({unit.subject for unit in many}) == 8
    assert len({unit.grade for unit in many}) == 12


def test_everybody_is_asked_the_same() -> None:
    sample = Sample()
    list(sample.watch(units(ITEMS)))
    for kind in KINDS:
        assert questions(kind, 20, sample) == questions(kind, 20, sample)
        assert all(questions(kind, 20, sample))


def _measure(engine: str, folder: Path) -> dict[str, Any]:
    command = [
        sys.executable, "-W", "ignore", "-m", "scripts.bench.searching.worker", engine,
        str(folder / "data"), "--items", str(ITEMS), "--questions", "5",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("engine", [name for name in ENGINES if "jieba" not in name])
def test_an_engine_is_measured(tmp_path: Path, engine: str) -> None:
    results = {engine: _measure(engine, tmp_path)}
    assert results[engine]["items"] == ITEMS
    assert engine in building(results)
    assert all(kind in asking(results) for kind in KINDS)
    if engine == "satchel":
        asked = results[engine]["asked"]
        assert all(asked[kind]["found"] == 1 for kind in ("a longer phrase", "in a caption"))
        assert "|home|" in browsing(results[engine])
        assert "1.00x CPU" in browsing(results[engine], results[engine])


def test_what_was_missed_is_said() -> None:
    good = {
        "asked": {"pinyin": {"wall p99": 29.0}},
        "items": 9_000, "cpu": 2.0, "rss by quarters": [50, 50, 50, 60],
        "site": {"pages": {"home": {"bytes": 36_000}}, "rss": 99_000_000},
    }  # fmt: skip
    assert misses(good) == []
    assert misses(None) == []
    heavy = {"pages": {"home": {"bytes": 36_001}}, "rss": 100_000_001}
    assert len(misses(good | {"site": heavy})) == 2
    slow = good | {"asked": {"pinyin": {"wall p99": 31.0}}, "items": 9_000, "cpu": 4.0}
    assert len(misses(slow | {"rss by quarters": [0, 0, 0, 9_000_000]})) == 3
