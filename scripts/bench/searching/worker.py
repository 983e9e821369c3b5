"""One engine in a process of its own: `python -m scripts.bench.searching.worker ENGINE …`.

It builds, asks, and prints what that took as one line of JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from scripts.bench.searching.catalogue import units
from scripts.bench.searching.engines import ENGINES, Engine
from scripts.bench.searching.questions import KINDS, Sample, questions
from sync_node.search.contents import Unit

TOGETHER = 128  # units that are made, then taken in
PAGE_BYTES = 4096
SEED_OF_MORE = 2
FILLING_SECONDS_MAX = 60.0
TRIES = 3  # of each question; the best counts: others use the machine, too


def rss() -> int:
    """Return the bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def main() -> None:
    given = _arguments()
    given.folder.mkdir(parents=True, exist_ok=True)
    engine = ENGINES[given.engine](given.folder)
    if given.more:
        for together in _batches(iter(units(given.items, seed=SEED_OF_MORE, prefix="more"))):
            engine.add(together)
        engine.close()
        return
    sample = Sample()
    found = _build(engine, given.items, sample)
    found["bytes"] = sum(path.stat().st_size for path in given.folder.glob("*.db"))
    if not given.pages:
        found["asked"] = {kind: _asked(engine, kind, given.questions, sample) for kind in KINDS}
    if given.engine == "satchel":
        found["site"] = _site(given)
        if not given.pages:
            found["while filling"] = _while_filling(engine, given, sample)
    print(json.dumps(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--more", action="store_true", help="only take in more than is there")
    parser.add_argument("--pages", action="store_true", help="ask for pages of the site alone")
    return parser.parse_args()


def _build(engine: Engine, count: int, sample: Sample) -> dict[str, object]:
    items = characters = 0
    wall = cpu = 0.0
    slowest = 0.0
    before = rss()
    memory = []
    for together in _batches(sample.watch(units(count))):
        items += sum(bool(thing.item) for unit in together for thing in unit.things)
        characters += sum(
            len(each.text) for unit in together for thing in unit.things for each in thing.passages
        )
        took, took_cpu = _timed(lambda together=together: engine.add(together))
        wall, cpu, slowest = wall + took, cpu + took_cpu, max(slowest, took)
        memory.append(rss())
    took, took_cpu = _timed(engine.close)
    quarters = [memory[len(memory) * n // 4 - 1] for n in (1, 2, 3, 4)]
    return {
        "items": items, "characters": characters, "seconds": wall + took, "cpu": cpu + took_cpu,
        "slowest": slowest,
        "rss before": before, "rss by quarters": quarters,
        "rss peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }  # fmt: skip


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that work took, by the clock and of CPU."""
    began, began_cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - began_cpu


def _batches(found: Iterator[Unit]) -> Iterator[list[Unit]]:
    while together := list(islice(found, TOGETHER)):
        yield together


def _asked(engine: Engine, kind: str, count: int, sample: Sample) -> dict[str, object]:
    """Return how long each question took, and how many found something."""
    wall, cpu, hits = [], [], 0
    for question in questions(kind, count, sample):
        times = []
        for _ in range(TRIES):
            began, began_cpu = time.perf_counter(), time.process_time()
            found = engine.ask(question)
            times.append((time.perf_counter() - began, time.process_time() - began_cpu))
        hits += bool(found)
        wall.append(min(times)[0] * 1e3)
        cpu.append(min(each for _, each in times) * 1e3)
    return {"found": hits / count, **_shares("wall", wall), **_shares("cpu", cpu)}


def _while_filling(engine: Engine, given: argparse.Namespace, sample: Sample) -> dict[str, object]:
    """Return how long questions take while another process fills the same index."""
    command = [
        sys.executable, "-m", "scripts.bench.searching.worker", given.engine, str(given.folder),
        "--items", str(given.items // 10), "--more",
    ]  # fmt: skip
    wall: list[float] = []
    asked = questions("two characters", given.questions, sample)
    with subprocess.Popen(["nice", "-n", "19", *command]) as process:  # as a node's is
        until = time.monotonic() + FILLING_SECONDS_MAX
        while process.poll() is None:
            if time.monotonic() > until:  # it gets little of a busy machine
                process.terminate()
            for question in asked[:20]:
                began = time.perf_counter()
                engine.ask(question)
                wall.append((time.perf_counter() - began) * 1e3)
    return {"questions": len(wall), **_shares("wall", wall)}


def _site(given: argparse.Namespace) -> dict[str, Any]:
    """Return what whole pages take. The site is another process, as it is on a node."""
    python, folder = [sys.executable, "-W", "ignore", "-m"], str(given.folder)
    subprocess.run([*python, "scripts.bench.searching.held", folder], check=True)
    command = [*python, "scripts.bench.searching.browsing", folder, str(given.questions)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    found["pages"] = {
        page: {
            **_shares("wall", [each["wall"] for each in took]),
            **_shares("cpu", [each["cpu"] for each in took]),
            **_shares("statements", [each["statements"] for each in took]),
            "bytes": max(each["bytes"] for each in took),
        }
        for page, took in found["pages"].items()
    }
    return found


def _shares(name: str, values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        f"{name} p50": ordered[len(ordered) // 2],
        f"{name} p99": ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)],
    }


if __name__ == "__main__":
    main()
