"""What the bench found, as tables and as data."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

MB = 1_000_000


@dataclass(frozen=True)
class Row:
    """What one of those compared took for one case. `note` says why there are no figures.

    `node_seconds`: the time that it took in all. `waits`: what it waited for, in turn.
    """

    case: str
    name: str
    down: int = 0
    up: int = 0
    requests: int = 0
    connections: int = 0
    round_trips: int = 0
    publisher_cpu_seconds: float = 0.0
    publisher_peak_bytes: int = 0
    serving_cpu_seconds: float = 0.0
    node_cpu_seconds: float = 0.0
    node_peak_bytes: int = 0
    node_written_bytes: int = 0
    node_seconds: float = 0.0
    waits: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Case:
    """One case: what the tree has, the least that could bring it, and what everyone took."""

    name: str
    tree_bytes: int
    files: int
    whole_files_bytes: int  # of the files that changed, as they are
    installed_bytes: int  # of the files whose content the node hadn't
    optimum: dict[str, int]
    rows: list[Row]

    @property
    def optimum_bytes(self) -> int:
        """All bytes of the optimum."""
        return sum(self.optimum.values())


@dataclass(frozen=True)
class Readiness:
    """After how many bytes how many lessons were ready, at each change; and both in the end."""

    lessons: int
    bytes_in_all: int
    steps: list[tuple[int, int]]

    @property
    def first_share(self) -> float:
        """The share of all bytes after which the first lesson was ready."""
        return next(down for down, ready in self.steps if ready) / self.bytes_in_all


@dataclass(frozen=True)
class Found:
    """All that a run found, over a `link` in words. `ours`: the cases that only we are measured in.

    `first_lessons`: by the link, the share of all bytes after which the first lesson was ready.
    """

    course: str
    cases: list[Case]
    link: str = ""
    ours: list[Case] = field(default_factory=list)
    kinds: list[Case] = field(default_factory=list)
    readiness: Readiness | None = None
    first_lessons: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        said = json.loads(text)
        cases, ours, kinds = ([_case(one) for one in said[k]] for k in ("cases", "ours", "kinds"))
        ready = said["readiness"]
        steps = [(down, count) for down, count in ready.pop("steps")] if ready else []
        return cls(
            said["course"], cases, said["link"], ours, kinds,
            Readiness(**ready, steps=steps) if ready else None, said["first_lessons"],
        )  # fmt: skip


def _case(said: dict[str, Any]) -> Case:
    return Case(**{**said, "rows": [Row(**row) for row in said["rows"]]})


def size(count: int) -> str:
    """Return bytes for a table: the unit that leaves three digits or more."""
    if count < 10_000:
        return f"{count} B"
    return f"{count / 1_000:.1f} kB" if count < MB else f"{count / MB:.2f} MB"


_COLUMNS = (
    ("bytes down", 11), ("x optimum", 10), ("bytes up", 9), ("requests", 8), ("round trips", 11),
    ("time", 7), ("publisher CPU", 13), ("peak", 7), ("serving", 8), ("node CPU", 9), ("peak", 7),
    ("written", 8),
)  # fmt: skip
_NAME_WIDTH = 26


def table(case: Case) -> str:
    """Return a case as a table, us first. What a node wrote is told as a share of what is new."""
    least = case.optimum_bytes
    parts = ", ".join(f"{kind} {size(count)}" for kind, count in sorted(case.optimum.items()))
    lines = [
        f"{case.name}: {case.files} files of {case.tree_bytes / MB:.1f} MB",
        f"optimum {size(least)}: {parts or 'nothing'}",
        _laid_out("", [name for name, _ in _COLUMNS]),
    ]
    lines += [_line(row, least, case.installed_bytes) for row in case.rows]
    whole = case.whole_files_bytes
    if whole:
        lines.append(_laid_out("whole changed files", [size(whole), ratio(whole, least)]))
    return "\n".join(lines)


def _line(row: Row, least: int, installed: int) -> str:
    if row.note:
        return f"{row.name:<{_NAME_WIDTH}} {row.note}"
    cells = [
        size(row.down), ratio(row.down, least), size(row.up), str(row.requests or "-"),
        str(row.round_trips), f"{row.node_seconds:.1f} s", f"{row.publisher_cpu_seconds:.1f} s",
        f"{row.publisher_peak_bytes / MB:.0f} MB", f"{row.serving_cpu_seconds:.1f} s",
        f"{row.node_cpu_seconds:.2f} s", f"{row.node_peak_bytes / MB:.0f} MB",
        ratio(row.node_written_bytes, installed),
    ]  # fmt: skip
    return _laid_out(row.name, cells)


def _laid_out(name: str, cells: list[str]) -> str:
    columns = zip(cells, _COLUMNS, strict=False)
    shown = [f"{name:<{_NAME_WIDTH}}", *(f"{cell:>{width}}" for cell, (_, width) in columns)]
    return " ".join(shown)


def ratio(count: int, least: int) -> str:
    """Return how many times the least something is."""
    return f"{count / least:.3f}" if least else "-"


def waits_table(case: Case) -> str:
    """Return what our round trips of a case were waited for, in turn."""
    lines = [f"{number:>4} {what}" for number, what in enumerate(case.rows[0].waits, start=1)]
    return "\n".join([f"{case.name}: round trips of {case.rows[0].name}", *lines])


def kinds_table(cases: list[Case]) -> str:
    """Return our bytes for each kind of change by itself, beside what it could have taken."""
    head = ("bytes down", "optimum", "x optimum", "too much", "requests")
    widths = (11, 11, 10, 11, 8)
    lines = [
        "Each kind of change by itself, from version 1 (Satchel)",
        " " * 27 + " ".join(f"{name:>{width}}" for name, width in zip(head, widths, strict=True)),
    ]
    for case in cases:
        row, least = case.rows[0], case.optimum_bytes
        lines.append(
            f"{case.name:<26} {size(row.down):>11} {size(least):>11} {ratio(row.down, least):>10} "
            f"{size(row.down - least):>11} {row.requests:>8}{'  ' + row.note if row.note else ''}"
        )
    return "\n".join(lines)


def tables(found: Found) -> str:
    """Return all tables of a run."""
    shown = [f"Over a link of {found.link}", *map(table, (*found.cases, *found.ours))]
    shown += [waits_table(case) for case in (*found.cases, *found.ours)]
    if found.readiness:
        shown.append(f"First lesson ready after {found.readiness.first_share:.1%} of the bytes")
    shown += [
        f"First lesson ready over {link}: after {share:.2%} of the bytes"
        for link, share in found.first_lessons.items()
    ]
    if found.kinds:
        shown.append(kinds_table(found.kinds))
    return "\n\n".join(shown)
