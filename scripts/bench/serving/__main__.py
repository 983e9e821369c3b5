"""What a class gets over the school's Wi-Fi, from a node with a catalogue of 90,000 items.

Servers are kept to one core, clients to the other. All servers of one question are asked in turn in
the same run, several times over; the medians count. As root, all of it goes before whatever else
the machine does.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from scripts.bench.serving import at_work, machine, ranges, servers, weights
from scripts.bench.serving.school import BenchSchool

ITEMS, ITEMS_QUICK = 90_000, 6_000
PARTS = ("ranges", "class", "crowd", "pages")


def main() -> None:
    """Measure, print; end with 1 where something wasn't reached."""
    given = _arguments()
    results: dict[str, Any] = {}
    missed: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-lan-")))
        if not stack.enter_context(machine.ahead_of_others()):
            print("others of this machine are measured with us: not root", file=sys.stderr)
        school = _school(folder / "node", ITEMS_QUICK if given.quick else ITEMS)
        node = stack.enter_context(servers.node(school))
        for part in given.only or PARTS:
            print(f"{part} …", file=sys.stderr)
            results[part], said, wrong = _PARTS[part](given, school, node, folder)
            missed += [f"{part}: {one}" for one in wrong]
            print(f"\n## {part}\n\n{said}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    for miss in missed:
        print(miss, file=sys.stderr)
    sys.exit(bool(missed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench/lan", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--quick", action="store_true", help="two minutes, without Kolibri")
    parser.add_argument("--only", nargs="+", metavar="PART", choices=PARTS, help="only these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def _school(folder: Path, items: int) -> BenchSchool:
    """Make the school's data, in a process of its own: this one stays small."""
    print(f"a school with {items:,} items …", file=sys.stderr)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "scripts.bench.serving.school", str(folder),
         str(items)], stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return BenchSchool(**json.loads(done.stdout))


Part = tuple[dict[str, Any], str, list[str]]


def _ranges(
    given: argparse.Namespace, school: BenchSchool, node: servers.Server, folder: Path
) -> Part:
    with servers.nginxes(school, node, folder) as fronts, _peer(given, school, folder) as peer:
        asked = {"node": node, **fronts} | ({"Kolibri": peer} if peer else {})
        found = ranges.measure(
            asked, rounds=3 if given.quick else 11, seconds=0.5 if given.quick else 1.0
        )
    return found, ranges.table(found), ranges.misses(found)


@contextmanager
def _peer(
    given: argparse.Namespace, school: BenchSchool, folder: Path
) -> Iterator[servers.Server | None]:
    if given.quick:
        yield None
    else:
        with servers.kolibri(school, folder) as found:
            yield found


def _class(
    given: argparse.Namespace, school: BenchSchool, node: servers.Server, folder: Path
) -> Part:
    del folder
    found = at_work.measure(school, node, seconds=20 if given.quick else 90)
    return found, at_work.table(found), at_work.misses(found)


def _crowd(
    given: argparse.Namespace, school: BenchSchool, node: servers.Server, folder: Path
) -> Part:
    del folder
    found = at_work.measure(school, node, seconds=20 if given.quick else 60, crowd=at_work.CROWD)
    return found, at_work.table(found), at_work.misses(found)


def _pages(
    given: argparse.Namespace, school: BenchSchool, node: servers.Server, folder: Path
) -> Part:
    del given, folder
    found = weights.measure(node, school.tokens[0])
    return found, weights.table(found), weights.misses(found)


_PARTS = {"ranges": _ranges, "class": _class, "crowd": _crowd, "pages": _pages}

if __name__ == "__main__":
    main()
