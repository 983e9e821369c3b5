"""A first sync over bad links: how busy they are kept, and what their cuts cost.

The real programs run: `hub serve`, and `sync-node sync` through a link of `tests/support/bad_link`,
again if a tick ended early. All cases run side by side, in real time: the links are so thin that
the machine hardly works. Bytes are counted as the programs send them, heads of HTTP included.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from scripts.bench.linking.cases import FULL, QUICK, Case, Result, misses
from tests.support.bad_link import bad_link
from tests.support.packs import make_demo

CHECKOUT = Path(__file__).parents[3]
MEASURED = CHECKOUT / "scripts" / "measured.py"
TICKS_MAX = 20
LESSONS = ("one", "two", "three")
VIDEOS_OF_LESSON = 3  # in bytes of its smaller one: the larger is twice as large
_ADDRESS = re.compile(rb"https?://\S+:\d+/")


class Failed(Exception):
    """A program ended with another exit code than it should."""


def main() -> None:
    """Run the cases that are asked for, print a table; end with 1 where something was missed."""
    given = _arguments()
    cases = [
        case
        for case in (QUICK if given.quick else FULL)
        if not given.only or case.name in given.only
    ]
    with ThreadPoolExecutor(len(cases)) as executor:
        results = list(executor.map(run, cases))
    print(table(results))
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
    missed = [f"{each.case}: {miss}" for each in results for miss in each.misses]
    for miss in missed:
        print(miss, file=sys.stderr)
    sys.exit(bool(missed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench/link", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--quick", action="store_true", help="3 MB in place of 48: under a minute")
    parser.add_argument("--only", nargs="+", metavar="CASE", help="only these, by their names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def run(case: Case) -> Result:
    """Bring a pack of random bytes, which nothing compresses, over the case's link."""
    with tempfile.TemporaryDirectory(prefix="bench-link-") as folder:
        place = Path(folder)
        payload = _publish(place, case.payload)
        with _serving(place) as port, bad_link(port, case.weather, seed=1) as link:
            root = place / "hub/repository/metadata/1.root.json"
            _run("sync_node", "init", "--hub", link.address, "--trust", root, "--channel", "main",
                 "--data", place / "node")  # fmt: skip
            ticks, cpu, peak = _sync(place)
            crossed = link.crossed
        return Result(
            case=case.name,
            payload=payload,
            down=crossed.down,
            up=crossed.up,
            lost=crossed.lost,
            seconds=round(crossed.seconds, 2),
            busy=round(payload / (case.weather.rate * crossed.seconds), 4),
            carried=round(crossed.busy_seconds / crossed.seconds, 4),
            connections=crossed.connections,
            failed=crossed.failed,
            cuts=crossed.cuts,
            ticks=ticks,
            cpu_seconds=round(cpu, 2),
            peak_bytes=peak,
            misses=misses(case, crossed, payload),
        )


def _publish(place: Path, payload: int) -> int:
    """Publish a pack of about `payload` bytes; return how many its bundles have."""
    cpack, data = place / "demo.cpack", ("--data", place / "hub")
    make_demo(cpack, lessons=LESSONS, video_bytes=payload // (VIDEOS_OF_LESSON * len(LESSONS)))
    _run("hub", "init", "--channel", "main", *data)
    _run("hub", "publish", cpack, *data)
    _run("hub", "release", "demo", "--version", "1", "--channel", "main", *data)
    cpack.unlink()
    return sum(each.stat().st_size for each in (place / "hub/repository/bundles").iterdir())


def _command(package: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", f"{package}.cli", *map(str, arguments)]


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SATCHEL_")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}


def _run(package: str, *arguments: str | Path, expected: Sequence[int] = (0,)) -> int:
    done = subprocess.run(
        _command(package, *arguments),
        env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in expected:
        raise Failed(f"{package} {arguments[0]} ended with {done.returncode}: {done.stderr}")
    return done.returncode


def _sync(place: Path) -> tuple[int, float, int]:
    """Sync until everything is here; return the ticks that took, CPU seconds, peak RSS in bytes."""
    cpu, peak = 0.0, 0
    figures = place / "figures.json"
    for tick in range(1, TICKS_MAX + 1):
        command = _command("sync_node", "sync", "--data", place / "node")
        measured = [sys.executable, "-I", "-S", str(MEASURED), str(figures), *command]
        done = subprocess.run(
            measured, env=_environment(), capture_output=True, text=True, check=False
        )
        found = json.loads(figures.read_bytes())
        cpu += found["cpu"]
        peak = max(peak, found["peak"])
        if not done.returncode:
            return tick, cpu, peak
    raise Failed(f"not done after {TICKS_MAX} ticks: {done.stderr}")


@contextmanager
def _serving(place: Path) -> Iterator[int]:
    """Run `hub serve` until the block ends; give its port."""
    process = subprocess.Popen(
        _command("hub", "serve", "--data", place / "hub", "--port", "0"),
        env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield _port_of(process)
    finally:
        process.terminate()
        process.wait()


def _port_of(process: subprocess.Popen[bytes]) -> int:
    for line in process.stdout or ():
        if found := _ADDRESS.search(line):
            threading.Thread(target=process.communicate, daemon=True).start()
            return urlsplit(found.group().decode()).port or 0
    raise Failed("hub serve ended")


def table(results: list[Result]) -> str:
    """Return the results as a table in Markdown."""
    head = (
        "link|payload|both ways|lost in cuts|time|payload's share|carrying|cuts|connections|ticks|"
    )
    lines = [f"|{head}node CPU|RSS|", "|---" * 12 + "|"]
    lines += ["|" + "|".join(_cells(each)) + "|" for each in results]
    return "\n".join(lines)


def _cells(result: Result) -> list[str]:
    return [
        result.case,
        f"{result.payload / 1e6:.2f} MB",
        f"{(result.down + result.up) / result.payload:.4f} x",
        f"{result.lost / 1e3:.0f} kB",
        f"{result.seconds:.0f} s",
        f"{result.busy:.1%}",
        f"{result.carried:.1%}",
        str(result.cuts),
        f"{result.connections}, {result.failed} failed",
        str(result.ticks),
        f"{result.cpu_seconds:.2f} s",
        f"{result.peak_bytes / 1e6:.0f} MB",
    ]


if __name__ == "__main__":
    main()
