"""What a course's first sync, its update and a small update cost, for us and for peers.

A made-up course (`course.py`), its update and a small update (`update.py`) are brought from a
publisher to a node on this machine, over a link that counts (`wire.py`), by us as shipped and by
peers with their best sensible settings. All bring the same files: those that our build makes of the
pack folder. What each brought is compared to the byte.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.bench.syncing import course, optimum, report, trees, update
from scripts.bench.syncing.course import Scale
from scripts.bench.syncing.ours import Satchel
from scripts.bench.syncing.peer import Peer
from scripts.bench.syncing.peers_files import Casync, Rsync, Zchunk, Zsync
from scripts.bench.syncing.peers_history import Git, Ostree
from scripts.bench.syncing.report import Case, Row
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, run
from scripts.bench.syncing.wire import Link
from scripts.demonstration import programs

CACHE = Path(__file__).parents[3] / ".cache" / "bench"
CASES = ("first sync", "update", "small update")
PEERS: dict[str, type[Peer]] = {
    "rsync": Rsync, "git": Git, "ostree": Ostree, "zsync": Zsync, "zchunk": Zchunk,
    "casync": Casync,
}  # fmt: skip
_OURS = "satchel"
_WHAT = (__doc__ or "").split("\n", 1)[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench/sync", description=_WHAT)
    parser.add_argument("--quick", action="store_true", help="30 MB in place of 350")
    parser.add_argument(
        "--kinds", action="store_true", help="also each kind of change by itself, for us"
    )
    parser.add_argument("--only", nargs="+", choices=[_OURS, *PEERS], help="only these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in DIR, and leave it there")
    given = parser.parse_args()
    scale = course.QUICK if given.quick else course.FULL
    with _place(given.keep) as place:
        cases, kinds = Bench(place, scale).run(given.only or [_OURS, *PEERS], kinds=given.kinds)
    if given.json:
        found = {
            "course": "quick" if given.quick else "full",
            "cases": [report.data(case) for case in cases],
            "kinds": [report.data(case) for case in kinds],
        }
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """Yield an empty folder to work in."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="satchel-bench-sync-") as folder:
            yield Path(folder)
        return
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        sys.exit(f"{keep}: this folder isn't empty")
    yield keep.resolve()


class Bench:
    """The course in its versions, and the comparison; everything below `place`."""

    def __init__(self, place: Path, scale: Scale) -> None:
        self._place, self._scale, self._films = place, scale, CACHE / "films"
        self._folders = {
            number: place / "folders" / str(number) for number in range(1, len(CASES) + 1)
        }

    def run(self, names: list[str], *, kinds: bool) -> tuple[list[Case], list[Case]]:
        """Compare, print each table, and return what was found: the cases, the kinds of change."""
        say("Making the course and its updates")
        first, second, third = self._folders.values()
        course.make(first, self._scale, self._films)
        update.update(first, second, 2, self._scale, self._films)
        update.small_update(second, third, 3, self._scale, self._films)
        versions = {number: self._tree(number) for number in self._folders}
        found: dict[int, list[Row]] = {number: [] for number in versions}
        for name in names:
            say(f"Bringing the versions: {name}")
            for number, row in self._compare(name, versions):
                found[number].append(row)
        say("Computing the optimum")
        cases = []
        for number, tree in versions.items():
            cases.append(_case(CASES[number - 1], tree, versions.get(number - 1), found[number]))
            print(report.table(cases[-1]), end="\n\n", flush=True)
        alone = self._kinds(versions[1]) if kinds else []
        if alone:
            print(report.kinds_table(alone), flush=True)
        return cases, alone

    def _tree(self, number: int) -> Tree:
        """Return a version's files as our build makes them."""
        return built(self._folders[number], self._place / "trees" / str(number))

    def _compare(self, name: str, versions: dict[int, Tree]) -> Iterator[tuple[int, Row]]:
        """Bring each version in turn by one peer; what went wrong is in the row."""
        place = self._place / name
        try:
            peer = Satchel(place, self._folders) if name == _OURS else PEERS[name](place)
        except Failed as failure:
            for number in versions:
                yield number, Row(CASES[number - 1], name, note=str(failure))
            return
        for number, tree in versions.items():
            row = bring(peer, number, tree, CASES[number - 1])
            say(f"  {row.case}: {row.note or report.size(row.down)}")
            yield number, row
        if name != _OURS:
            shutil.rmtree(place)

    def _kinds(self, first: Tree) -> list[Case]:
        """Return a case for each kind of change, from a hub and a node at version 1."""
        cases = []
        begun = self._place / "begun"
        start = Satchel(begun, {1: self._folders[1]})
        bring(start, 1, first, CASES[0])
        for number, (kind, _) in enumerate(update.KINDS.items()):
            say(f"By itself: {kind}")
            place = self._place / f"kind-{number}"
            folder, out = place / "folder", place / "tree"
            update.update(self._folders[1], folder, 2, self._scale, self._films, kind)
            tree = built(folder, out)
            peer = Satchel(place / "satchel", {2: folder}, start)
            cases.append(_case(kind, tree, first, [bring(peer, 2, tree, kind)]))
            shutil.rmtree(place)
        return cases


def built(folder: Path, out: Path) -> Tree:
    """Return what our build makes of a pack folder, as files in the folder `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    cpack = out.with_suffix(".cpack")
    run(*programs.command("content-packs", "build", folder, "--output", cpack))
    run(*programs.command("content-packs", "extract", cpack, out))
    cpack.unlink()
    tree = trees.look(out)
    trees.set_times(tree)
    return tree


def bring(peer: Peer, number: int, tree: Tree, case: str) -> Row:
    """Publish a version, serve it, fetch it, and return what all that took."""
    try:
        published = peer.publish(number, tree)
        server = peer.serve()
        link = Link(server.port, peer.round_trip_seconds)
        try:
            node = peer.fetch(number, link)
        finally:
            link.close()
            serving = server.close()
        peer.check(number, tree)
    except (Failed, programs.ProgramFailed, OSError) as failure:
        return Row(case, peer.name, note=str(failure))
    crossed = link.crossed()
    return Row(
        case, peer.name, crossed.down, crossed.up, crossed.requests, crossed.connections,
        crossed.round_trips, published.cpu_seconds, published.peak_bytes, serving.cpu_seconds,
        node.cpu_seconds, node.peak_bytes,
    )  # fmt: skip


def _case(name: str, tree: Tree, old: Tree | None, rows: list[Row]) -> Case:
    before = old.digests if old else {}
    changed = [path for path, digest in tree.digests.items() if before.get(path) != digest]
    whole = sum(tree.size_of(path) for path in changed)
    least = optimum.of(tree, old)
    return Case(name, tree.size, len(tree.digests), whole, least.kinds, rows)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
