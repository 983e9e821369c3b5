"""Search over a large catalogue: how long each kind of question takes, and what indexing costs.

Every engine runs in a process of its own, one after the other, over the same made-up catalogue.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.bench.searching.engines import ENGINES
from scripts.bench.searching.questions import KINDS

ITEMS = 90_000
ITEMS_QUICK = 6_000
QUESTIONS = 200
QUESTIONS_QUICK = 40
QUESTION_MILLISECONDS_MAX = 30.0  # p99, for each kind
ITEMS_PER_SECOND_MIN = 3_000
MEMORY_GROWTH_MAX = 8_000_000  # bytes, from a quarter of the catalogue to the whole
SLOW = {"like", "fts5 trigram"}  # where a question may look at every row, fewer are asked
SLOW_SHARE = 10


def main() -> None:
    """Measure, print tables; end with 1 where we missed something."""
    given = _arguments()
    items = given.items or (ITEMS_QUICK if given.quick else ITEMS)
    questions = QUESTIONS_QUICK if given.quick else QUESTIONS
    results: dict[str, dict[str, Any]] = {}
    for engine in given.only or ENGINES:
        print(f"{engine} …", file=sys.stderr)
        share = SLOW_SHARE if engine in SLOW and not given.quick else 1
        results[engine] = _run(engine, items, questions // share)
    print(building(results))
    print()
    print(asking(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    missed = misses(results.get("satchel"))
    for miss in missed:
        print(miss, file=sys.stderr)
    sys.exit(bool(missed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench/search", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--quick", action="store_true", help="6,000 items: under two minutes")
    parser.add_argument("--items", type=int, help="so many items")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=sorted(ENGINES), help="only these engines"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def _run(engine: str, items: int, questions: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        command = [
            sys.executable, "-W", "ignore", "-m", "scripts.bench.searching.worker", engine,
            str(Path(folder) / "data"), "--items", str(items), "--questions", str(questions),
        ]  # fmt: skip
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def building(results: dict[str, dict[str, Any]]) -> str:
    """Return what indexing took, as a table in Markdown."""
    lines = [
        "|engine|items/s|of CPU|characters/s|database|peak RSS|RSS at ¼, ½, ¾, all|longest|",
        "|---" * 8 + "|",
    ]
    for engine, found in results.items():
        memory = ", ".join(f"{each / 1e6:.0f}" for each in found["rss by quarters"])
        lines.append(
            f"|{engine}|{found['items'] / found['seconds']:,.0f}|"
            f"{found['items'] / found['cpu']:,.0f}|"
            f"{found['characters'] / found['seconds'] / 1e6:.2f} M|{found['bytes'] / 1e6:.0f} MB|"
            f"{found['rss peak'] / 1e6:.0f} MB|{memory} MB|{found['slowest']:.2f} s|"
        )
    return "\n".join(lines)


def asking(results: dict[str, dict[str, Any]]) -> str:
    """Return what questions took (p50, p99 in ms), and the share that found anything."""
    lines = ["|question|" + "|".join(results) + "|", "|---" * (len(results) + 1) + "|"]
    for kind in KINDS:
        cells = [_cell(found["asked"][kind]) for found in results.values()]
        lines.append(f"|{kind}|" + "|".join(cells) + "|")
    for page, took in results.get("satchel", {}).get("pages", {}).items():
        cell = f"{took['wall p50']:.1f} / {took['wall p99']:.1f}"
        lines.append(f"|the page `{page}`|{cell}|" + "|" * (len(results) - 1))
    filling = results.get("satchel", {}).get("while filling")
    if filling:
        lines.append(
            f"|two characters, while it is filled|{filling['wall p50']:.1f} / "
            f"{filling['wall p99']:.1f}|" + "|" * (len(results) - 1)
        )
    return "\n".join(lines)


def _cell(found: dict[str, float]) -> str:
    if not found["found"]:
        return "finds nothing"
    return f"{found['wall p50']:.1f} / {found['wall p99']:.1f} ({found['found']:.0%})"


def misses(ours: dict[str, Any] | None) -> list[str]:
    """Return what we didn't reach."""
    if ours is None:
        return []
    found = [
        f"{kind}: p99 {asked['wall p99']:.1f} ms, not {QUESTION_MILLISECONDS_MAX:.0f} at most"
        for kind, asked in ours["asked"].items()
        if asked["wall p99"] > QUESTION_MILLISECONDS_MAX
    ]
    rate = ours["items"] / ours["cpu"]  # others use the machine, too
    if rate < ITEMS_PER_SECOND_MIN:
        found.append(f"{rate:,.0f} items/s of CPU, not {ITEMS_PER_SECOND_MIN:,} at least")
    grown = ours["rss by quarters"][3] - ours["rss by quarters"][0]
    if grown > MEMORY_GROWTH_MAX:
        found.append(f"memory grew by {grown / 1e6:.0f} MB while indexing")
    return found


if __name__ == "__main__":
    main()
