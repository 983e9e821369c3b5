"""What the bench found, as tables and as data."""

from dataclasses import asdict, dataclass
from typing import Any

MB = 1_000_000


@dataclass(frozen=True)
class Row:
    """What one of those compared took for one case. `note` says why there are no figures."""

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
    note: str = ""


@dataclass(frozen=True)
class Case:
    """One case: what the tree has, the least that could bring it, and what everyone took."""

    name: str
    tree_bytes: int
    files: int
    whole_files_bytes: int  # of the files that changed, as they are
    optimum: dict[str, int]
    rows: list[Row]

    @property
    def optimum_bytes(self) -> int:
        """All bytes of the optimum."""
        return sum(self.optimum.values())


def size(count: int) -> str:
    """Return bytes for a table: the unit that leaves three digits or more."""
    if count < 10_000:
        return f"{count} B"
    return f"{count / 1_000:.1f} kB" if count < MB else f"{count / MB:.2f} MB"


_HEAD = (
    f"{'':<26} {'bytes down':>11} {'x optimum':>10} {'bytes up':>9} {'requests':>8} "
    f"{'round trips':>11} {'publisher CPU':>13} {'serving':>8} {'node CPU':>9} {'node peak':>9}"
)


def table(case: Case) -> str:
    """Return a case as a table, us first, the others by their bytes."""
    least = case.optimum_bytes
    parts = ", ".join(f"{kind} {size(count)}" for kind, count in sorted(case.optimum.items()))
    lines = [
        f"{case.name}: {case.files} files of {case.tree_bytes / MB:.1f} MB",
        f"optimum {size(least)}: {parts or 'nothing'}",
        _HEAD,
    ]
    lines += [_line(row, least) for row in case.rows]
    whole = case.whole_files_bytes
    lines.append(f"{'whole changed files':<26} {size(whole):>11} {_ratio(whole, least):>10}")
    return "\n".join(lines)


def _line(row: Row, least: int) -> str:
    if row.note:
        return f"{row.name:<26} {row.note}"
    return (
        f"{row.name:<26} {size(row.down):>11} {_ratio(row.down, least):>10} {size(row.up):>9} "
        f"{row.requests or '-':>8} {row.round_trips:>11} {row.publisher_cpu_seconds:>11.1f} s "
        f"{row.serving_cpu_seconds:>6.1f} s {row.node_cpu_seconds:>7.1f} s "
        f"{row.node_peak_bytes / MB:>6.0f} MB"
    )


def _ratio(count: int, least: int) -> str:
    return f"{count / least:.3f}" if least else "-"


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
            f"{case.name:<26} {size(row.down):>11} {size(least):>11} {_ratio(row.down, least):>10} "
            f"{size(row.down - least):>11} {row.requests:>8}{'  ' + row.note if row.note else ''}"
        )
    return "\n".join(lines)


def data(case: Case) -> dict[str, Any]:
    """Return a case as data."""
    return {**asdict(case), "optimum_bytes": case.optimum_bytes}
