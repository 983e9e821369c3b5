"""Brings versions from a publisher to a node over the counting link, and says what that took."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from scripts.bench.syncing import kept
from scripts.bench.syncing.optimum import Optimum
from scripts.bench.syncing.peer import Peer, Server
from scripts.bench.syncing.report import Case, Row
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, Used
from scripts.bench.syncing.versions import Versions
from scripts.bench.syncing.wire import Link
from scripts.demonstration.programs import ProgramFailed

_REVISION = 2  # one more whenever the link or the servers count otherwise: no row is kept then
# One link for all: 285 MB take 46 s, and whoever asks in turn waits as a school does.
MEGABITS, ROUND_TRIP_SECONDS = 50, 0.1
BYTES_PER_SECOND = MEGABITS * 125_000
LINK_IN_WORDS = f"{MEGABITS} Mbit/s, {ROUND_TRIP_SECONDS * 1_000:.0f} ms round trip"
CASES = {1: "first sync", 2: "update", 3: "small update"}


def bring(peer_: Peer, number: int, tree: Tree, case: str) -> Row:
    """Publish a version, serve it, fetch it, and return what all that took."""

    def fetch(link: Link) -> Used:
        used = peer_.fetch(number, link)
        peer_.check(number, tree)
        return used

    try:
        published = peer_.publish(number, tree)
    except (Failed, ProgramFailed, OSError) as failure:
        return Row(case, peer_.name, note=str(failure).splitlines()[-1])
    return over_link(case, name=peer_.name, serve=peer_.serve, fetch=fetch, published=published)


def over_link(
    case: str,
    *,
    name: str,
    serve: Callable[[], Server],
    fetch: Callable[[Link], Used],
    published: Used,
) -> Row:
    """Return what `fetch` takes over the link to what `serve` starts; what went wrong is in it."""
    try:
        server = serve()
        link = Link(server.port, ROUND_TRIP_SECONDS, BYTES_PER_SECOND)
        try:
            node = fetch(link)
        finally:
            link.close()
            serving = server.close()
    except (Failed, ProgramFailed, OSError) as failure:
        return Row(case, name, note=str(failure).splitlines()[-1])
    crossed = link.crossed()
    return Row(
        case, name, crossed.down, crossed.up, crossed.requests, crossed.connections,
        crossed.round_trips, published.cpu_seconds, published.peak_bytes, serving.cpu_seconds,
        node.cpu_seconds, node.peak_bytes, node.written_bytes, node.seconds, list(crossed.waits),
    )  # fmt: skip


def peers_rows(
    kind: type[Peer], versions: Versions, *, again: bool, say: Callable[[str], None]
) -> dict[int, Row]:
    """Return what a peer takes for each case: as kept, if nothing that it depends on changed."""
    trees = {number: versions.tree(number) for number in CASES}
    digests = [tree.digests for tree in trees.values()]
    over = (MEGABITS, ROUND_TRIP_SECONDS)
    key = kept.key(kind, _REVISION, over, _version(kind.program), digests)
    known = None if again else kept.remembered(f"rows-{kind.program}", key)
    if known:
        return {number: Row(**row) for number, row in zip(CASES, known, strict=True)}
    with tempfile.TemporaryDirectory(prefix=f"{kind.program}-", dir=kept.FOLDER) as place:
        rows = _brought(kind(Path(place)), trees, say)
    if not any(row.note for row in rows.values()):
        kept.remember(f"rows-{kind.program}", key, [asdict(row) for row in rows.values()])
    return rows


def _brought(peer_: Peer, trees: dict[int, Tree], say: Callable[[str], None]) -> dict[int, Row]:
    rows = {}
    for number, tree in trees.items():
        rows[number] = bring(peer_, number, tree, CASES[number])
        say(f"  {CASES[number]}: {rows[number].note or f'{rows[number].down} bytes'}")
    return rows


def _version(program: str) -> str:
    """Return what a program says of its version."""
    if not shutil.which(program):
        return ""
    said = subprocess.run(
        [program, "-V" if program == "zsync" else "--version"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout + said.stderr


def case_of(name: str, tree: Tree, old: Tree | None, least: Optimum, rows: list[Row]) -> Case:
    """Return a case: what is new in the tree to a node that has the old one, and the rows."""
    before = old.digests if old else {}
    changed = [path for path, digest in tree.digests.items() if before.get(path) != digest]
    whole = sum(tree.size_of(path) for path in changed)
    new = {digest: path for path, digest in tree.digests.items()}
    held = set(before.values())
    installed = sum(tree.size_of(path) for digest, path in new.items() if digest not in held)
    return Case(name, tree.size, len(tree.digests), whole, installed, least.kinds, rows)
