"""What a hub answers to 10,000 nodes that poll and check in, all of them within a minute at worst.

The hub runs with the embedded default: SQLite, a folder, a process for each of two cores. Requests
are signed before the clock starts. As root, all of it goes before whatever else the machine does.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from content_packs.repository import TIMESTAMP
from scripts.bench.serving import machine
from scripts.bench.storming import calls, content, pages, servers
from scripts.bench.storming.calls import CHECK_IN_KIND, POLL_KIND, Call
from scripts.bench.storming.servers import Server

NODES, NODES_QUICK = 10_000, 500
STORM_SECONDS = 60.0
PERIOD_SECONDS = 900.0  # between two check-ins of a node
STEADY_SECONDS = 60.0  # of such a quarter of an hour are measured
P99_MILLISECONDS = 200.0
POLL_BYTES = 1024
POLLED = ("polls", "nginx")  # parts in which nothing but the timestamp is asked for
WELL = {POLL_KIND: "304", CHECK_IN_KIND: "200"}
HEADS = ("part", "kind", "calls", "p50 ms", "p99 ms", "worst ms", "errors", "bytes a call")
PARTS = ("polls", "steady", "storm", "nginx", "pages", "content")


def main() -> None:
    """Measure, print; end with 1 where something wasn't reached."""
    given = _arguments()
    nodes = NODES_QUICK if given.quick else NODES
    results: dict[str, Any] = {}
    missed: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-hub-")))
        if not stack.enter_context(machine.ahead_of_others()):
            print("others of this machine are measured with us: not root", file=sys.stderr)
        print(f"a hub with {nodes:,} nodes …", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "scripts.bench.storming.fleet", folder / "hub", str(nodes)],
            check=True,
        )
        server = stack.enter_context(servers.hub(folder / "hub"))
        for number, part in enumerate(given.only or PARTS, 1):
            print(f"{part} …", file=sys.stderr)
            if part in TABLES:
                results[part], said, wrong = TABLES[part](given, server, nodes, folder)
                missed += wrong
                print(f"\n{said}\n", flush=True)
                continue
            with _before(part, server, folder) as asked:
                results[part], wrong = _measure(part, asked, nodes, number, folder)
            missed += [f"{part}: {one}" for one in wrong]
    print(_table({part: found for part, found in results.items() if part not in TABLES}))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    for miss in missed:
        print(miss, file=sys.stderr)
    sys.exit(bool(missed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench/hub", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--quick", action="store_true", help=f"{NODES_QUICK} nodes")
    parser.add_argument("--only", nargs="+", metavar="PART", choices=PARTS, help="only these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


@contextmanager
def _before(part: str, server: Server, folder: Path) -> Iterator[Server]:
    """Give the server that is asked: the hub itself, or nginx before it."""
    if part == "nginx":
        with servers.nginx_before(server, folder) as found:
            yield found
    else:
        yield server


def _measure(
    part: str, server: Server, nodes: int, number: int, folder: Path
) -> tuple[dict[str, Any], list[str]]:
    """Make one part's calls; return its figures, and what wasn't reached."""
    file = folder / f"{part}.calls"
    calls.write(file, _calls(part, server, nodes, number))
    cpu = server.cpu()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.storming.client", str(server.port), str(file)],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    found["hub_cpu"] = server.cpu() - cpu
    return found, list(_misses(found))


def _pages(
    given: argparse.Namespace, server: Server, nodes: int, _folder: Path
) -> tuple[dict[str, Any], str, list[str]]:
    rounds = pages.ROUNDS_QUICK if given.quick else pages.ROUNDS
    found = pages.as_data(pages.measure(server, nodes, rounds=rounds))
    return found, pages.table(found), pages.misses(found)


def _content(
    given: argparse.Namespace, server: Server, _nodes: int, folder: Path
) -> tuple[dict[str, Any], str, list[str]]:
    with servers.nginx_before(server, folder) as front, servers.hub_on_s3(server, folder) as on_s3:
        asked = {"nginx, from the disk": front, "the hub, from its folder": server,
                 "the hub, from an S3 store": on_s3}  # fmt: skip
        found = content.measure(asked, rounds=2 if given.quick else 7)
    return found, content.table(found), []


TABLES = {"pages": _pages, "content": _content}


def _calls(part: str, server: Server, nodes: int, number: int) -> Iterator[Call]:
    seconds = STORM_SECONDS
    if part == "steady":
        nodes = round(nodes * STEADY_SECONDS / PERIOD_SECONDS)
        seconds = STEADY_SECONDS
    etag = server.etag(f"/{TIMESTAMP}")
    asked = calls.polls(nodes, seconds, authority=server.authority, etag=etag, seed=number)
    if part in POLLED:
        return asked
    said = calls.check_ins(
        nodes, seconds, authority=server.authority, sequence=number, seed=-number
    )
    return chain(asked, said)


def _misses(found: dict[str, Any]) -> Iterator[str]:
    for name, kind in found["kinds"].items():
        errors = kind["calls"] - kind["statuses"].get(WELL[name], 0)
        if errors:
            yield f"{errors} {name}s of {kind['calls']} went wrong: {kind['statuses']}"
        if kind["p99"] >= P99_MILLISECONDS:
            yield f"{name}: p99 {kind['p99']:.0f} ms, wanted below {P99_MILLISECONDS:.0f}"
        if name == POLL_KIND and (each := _bytes(kind)) > POLL_BYTES:
            yield f"a poll takes {each:.0f} bytes, wanted at most {POLL_BYTES}"


def _bytes(kind: dict[str, Any]) -> float:
    return float((kind["sent"] + kind["received"]) / kind["calls"])


def _table(results: dict[str, Any]) -> str:
    rows = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for part, found in results.items():
        for name, kind in found["kinds"].items():
            errors = kind["calls"] - kind["statuses"].get(WELL[name], 0)
            rows.append(
                f"| {part} | {name} | {kind['calls']:,} | {kind['p50']:.1f} | {kind['p99']:.1f} "
                f"| {kind['worst']:.0f} | {errors} | {_bytes(kind):.0f} |"
            )
        rows.append(
            f"| {part} | all | | | | | | hub: {found['hub_cpu']:.1f} s of CPU; clients: "
            f"{found['client']['cpu']:.1f} s; most open at once {found['client']['most_open']} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
