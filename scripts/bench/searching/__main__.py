"""Search over a large catalogue: how long each kind of question takes, and what indexing costs.

Every engine runs in a process of its own, one after the other, over the same made-up catalogue.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from scripts.bench.searching.engines import ENGINES
from scripts.bench.searching.questions import HARDEST, KINDS

ITEMS = 90_000
ITEMS_QUICK = 6_000
QUESTIONS = 200
QUESTIONS_QUICK = 40
QUESTION_MILLISECONDS_MAX = 30.0  # p99, for each kind
HARDEST_MILLISECONDS_MAX = 100.0  # of what nobody asks in good faith
ITEMS_PER_SECOND_MIN = 3_000
MEMORY_GROWTH_MAX = 8_000_000  # bytes, from half of the catalogue to the whole
PAGE_BYTES_MAX = 36_000  # of HTML: with style and scripts, 60 kB
SITE_BYTES_MAX = 100_000_000  # of memory
SLOW = {"like", "fts5 trigram"}  # where a question may look at every row, fewer are asked
SLOW_SHARE = 10


def main() -> None:
    """Measure, print tables; end with 1 where we missed something."""
    given = _arguments()
    items = given.items or (ITEMS_QUICK if given.quick else ITEMS)
    questions = QUESTIONS_QUICK if given.quick else QUESTIONS
    if given.pages:
        small, large = (_run("satchel", n, questions, "--pages") for n in (items // 10, items))
        print(browsing(large, small))
        _end({"a tenth": small, "satchel": large}, given.json, misses_of_pages(large))
    results: dict[str, dict[str, Any]] = {}
    for engine in given.only or ENGINES:
        print(f"{engine} …", file=sys.stderr)
        share = SLOW_SHARE if engine in SLOW and not given.quick else 1
        results[engine] = _run(engine, items, questions // share)
    print(building(results))
    print()
    print(asking(results))
    if "satchel" in results:
        print()
        print(browsing(results["satchel"]))
    _end(results, given.json, misses(results.get("satchel")))


def _end(results: dict[str, Any], file: Path | None, missed: list[str]) -> NoReturn:
    if file:
        file.write_text(json.dumps(results, indent=1) + "\n")
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
        "--pages", action="store_true", help="only pages of the site, of this catalogue and a tenth"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=sorted(ENGINES), help="only these engines"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def _run(engine: str, items: int, questions: int, *more: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        command = [
            sys.executable, "-W", "ignore", "-m", "scripts.bench.searching.worker", engine,
            str(Path(folder) / "data"), "--items", str(items), "--questions", str(questions), *more,
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
    """Return what questions took: ms at p50 and p99, of CPU at p99; the share that found some."""
    lines = ["|question|" + "|".join(results) + "|", "|---" * (len(results) + 1) + "|"]
    for kind in KINDS:
        cells = [_cell(found["asked"][kind]) for found in results.values()]
        lines.append(f"|{kind}|" + "|".join(cells) + "|")
    filling = results.get("satchel", {}).get("while filling")
    if filling:
        lines.append(
            f"|two characters, while it is filled|{filling['wall p50']:.1f} / "
            f"{filling['wall p99']:.1f}|" + "|" * (len(results) - 1)
        )
    return "\n".join(lines)


def browsing(found: dict[str, Any], small: dict[str, Any] | None = None) -> str:
    """Return what pages took and weigh, and how that compares with a smaller catalogue."""
    site = found["site"]
    first = site["first"]
    lines = [
        f"{site['packs']:,} packs; the first page after {first['cpu']:.1f} s of CPU",
        f"Memory: {first['rss'] / 1e6:.0f} MB then, {site['rss'] / 1e6:.0f} MB after all pages",
        "",
        "|page|ms (p50 / p99)|of CPU|statements|HTML|" + ("of a tenth|" if small else ""),
        "|---" * (6 if small else 5) + "|",
    ]
    for page, took in site["pages"].items():
        line = (
            f"|{page}|{took['wall p50']:.1f} / {took['wall p99']:.1f}|"
            f"{took['cpu p50']:.1f} / {took['cpu p99']:.1f}|{took['statements p50']}|"
            f"{took['bytes'] / 1e3:.0f} kB|"
        )
        if small:
            line += f"{took['cpu p50'] / small['site']['pages'][page]['cpu p50']:.2f}x CPU|"
        lines.append(line)
    return "\n".join(lines)


def _cell(found: dict[str, float]) -> str:
    if not found["found"]:
        return "finds nothing"
    wall = f"{found['wall p50']:.1f} / {found['wall p99']:.1f}"
    return f"{wall}, {found['cpu p99']:.1f} ({found['found']:.0%})"


def misses(ours: dict[str, Any] | None) -> list[str]:
    """Return what we didn't reach."""
    if ours is None:
        return []
    found = misses_of_pages(ours)
    found += [
        f"{kind}: p99 {asked['wall p99']:.1f} ms, not {_most(kind):.0f} at most"
        for kind, asked in ours["asked"].items()
        if asked["wall p99"] > _most(kind)
    ]
    rate = ours["items"] / ours["cpu"]  # others use the machine, too
    if rate < ITEMS_PER_SECOND_MIN:
        found.append(f"{rate:,.0f} items/s of CPU, not {ITEMS_PER_SECOND_MIN:,} at least")
    grown = ours["rss by quarters"][3] - ours["rss by quarters"][1]
    if grown > MEMORY_GROWTH_MAX:
        found.append(f"memory grew by {grown / 1e6:.0f} MB while indexing")
    return found


def _most(kind: str) -> float:
    return HARDEST_MILLISECONDS_MAX if kind in HARDEST else QUESTION_MILLISECONDS_MAX


def misses_of_pages(ours: dict[str, Any]) -> list[str]:
    """Return what pages of the site didn't reach."""
    found = [
        f"{page}: {took['bytes']:,} bytes, not {PAGE_BYTES_MAX:,} at most"
        for page, took in ours["site"]["pages"].items()
        if took["bytes"] > PAGE_BYTES_MAX
    ]
    if ours["site"]["rss"] > SITE_BYTES_MAX:
        found.append(f"the site has {ours['site']['rss'] / 1e6:.0f} MB of memory")
    return found


if __name__ == "__main__":
    main()
