"""What a course's first sync, its update and a small update cost, for us and for peers.

A made-up course (`course.py`), its update and a small update (`update.py`) are brought from a
publisher to a node on this machine, over a link that counts (`wire.py`), by us as shipped and by
peers with their best sensible settings. All bring the same files: those that our build makes of the
pack folder. What each brought is compared to the byte. What we take is measured in more cases
(`ours_cases.py`). What doesn't depend on our code is kept from run to run (`kept.py`).
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.bench.syncing import chart, course, kept, large, markdown, report
from scripts.bench.syncing.bringing import CASES, LINK_IN_WORDS, case_of, peers_rows
from scripts.bench.syncing.kinds import kinds_of_change
from scripts.bench.syncing.ours_cases import OurCases
from scripts.bench.syncing.peer import Peer
from scripts.bench.syncing.peers_files import Casync, Rsync, Zchunk, Zsync
from scripts.bench.syncing.peers_history import Git, Ostree
from scripts.bench.syncing.report import Case, Found, Row
from scripts.bench.syncing.using import Failed
from scripts.bench.syncing.versions import Versions
from scripts.demonstration.programs import ProgramFailed

PEERS: dict[str, type[Peer]] = {
    "rsync": Rsync, "git": Git, "ostree": Ostree, "zsync": Zsync, "zchunk": Zchunk,
    "casync": Casync,
}  # fmt: skip
_OURS = "satchel"
_WHAT = (__doc__ or "").split("\n", 1)[0]


def main() -> None:
    given = _arguments()
    try:
        _run(given)
    except (Failed, ProgramFailed) as failure:
        sys.exit(f"error: {failure}")


def _run(given: argparse.Namespace) -> None:
    if given.large:
        with _place(given.keep) as place:
            print(large.table(large.measure(place)))
        return
    if given.figures:
        found = Found.from_json(given.figures.read_text(encoding="utf-8"))
    else:
        with _place(given.keep) as place:
            found = _find(place, given)
    if given.json:
        given.json.write_text(found.to_json(), encoding="utf-8")
    print(markdown.section(found) if given.markdown else report.tables(found))
    if given.chart and found.readiness:
        chart.FILE.write_text(chart.svg(found.readiness), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench/sync", description=_WHAT)
    add = parser.add_argument
    add("--quick", action="store_true", help="30 MB in place of 340")
    add("--kinds", action="store_true", help="also each kind of change by itself, for us")
    add("--only", nargs="+", choices=[_OURS, *PEERS], help="only these")
    add("--again", action="store_true", help="measure the peers anew, even if nothing changed")
    add("--large", action="store_true", help="only what a pack of 2 GB takes of its publisher")
    add("--json", type=Path, metavar="FILE", help="also write the figures there")
    add("--figures", type=Path, metavar="FILE", help="show what --json wrote, run nothing")
    add("--markdown", action="store_true", help="as the tables of the README")
    add("--chart", action="store_true", help="also draw the README's chart")
    add("--keep", type=Path, metavar="DIR", help="work in DIR, and leave it there")
    return parser.parse_args()


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """Yield an empty folder to work in."""
    if keep is None:
        kept.FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="run-", dir=kept.FOLDER) as folder:
            yield Path(folder)
        return
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        sys.exit(f"{keep}: this folder isn't empty")
    yield keep.resolve()


def _find(place: Path, given: argparse.Namespace) -> Found:
    """Bring the versions by all those asked for, and return what was found."""
    versions = Versions(course.QUICK if given.quick else course.FULL)
    names = given.only or [_OURS, *PEERS]
    rows: dict[int, list[Row]] = {number: [] for number in CASES}
    ours = None
    if _OURS in names:
        say("Bringing the versions: satchel")
        ours = OurCases(place, versions, say)
        _append(rows, ours.run())
    for name in names:
        if name != _OURS:
            say(f"Bringing the versions: {name}")
            _append(rows, peers_rows(PEERS[name], versions, again=given.again, say=say))
    return Found(
        course="quick" if given.quick else "full",
        cases=[_case(versions, number, rows[number]) for number in CASES],
        link=LINK_IN_WORDS,
        ours=ours.cases if ours else [],
        kinds=list(kinds_of_change(place, versions, say)) if given.kinds else [],
        readiness=ours.readiness if ours else None,
        first_lessons=ours.first_lessons if ours else {},
    )


def _append(rows: dict[int, list[Row]], new: dict[int, Row]) -> None:
    for number, row in new.items():
        rows[number].append(row)


def _case(versions: Versions, number: int, rows: list[Row]) -> Case:
    old = number - 1 or None
    tree, least = versions.tree(number), versions.optimum(number, old)
    return case_of(CASES[number], tree, versions.tree(old) if old else None, least, rows)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
