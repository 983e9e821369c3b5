"""The tables of the README, out of what a run found."""

from collections.abc import Sequence

from scripts.bench.syncing.report import MB, Case, Found, Row, ratio, size

_HEAD = (
    "", "first sync", "update", "small update", "round trips", "node: CPU", "memory",
    "publisher: CPU", "memory",
)  # fmt: skip
_FURTHER_HEAD = ("Satchel only", "bytes down", "of the least", "round trips")
_DETAILED = 1  # the case whose round trips, CPU and memory are shown: the update


def section(found: Found) -> str:
    """Return the table of all who were compared, and the table of our further cases."""
    names = list(dict.fromkeys(row.name for case in found.cases for row in case.rows))
    least = [f"**{size(case.optimum_bytes)}**" for case in found.cases]
    whole = [_bytes(case.whole_files_bytes, case) for case in found.cases]
    lines = [
        f"Over a link of {found.link}. Round trips are those in which nothing comes down.",
        "",
        *_table_head(_HEAD),
        _line("the least that could do", *least, *[""] * (len(_HEAD) - 1 - len(least))),
        *(_row(name, found.cases) for name in names),
        _line("whole changed files", *whole, *[""] * (len(_HEAD) - 1 - len(whole))),
    ]
    if found.ours:
        lines += ["", *_table_head(_FURTHER_HEAD), *(_further(case) for case in found.ours)]
    return "\n".join(lines)


def _table_head(names: Sequence[str]) -> list[str]:
    return [_line(*names), "|---|" + "--:|" * (len(names) - 1)]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _row(name: str, cases: list[Case]) -> str:
    rows = [next(row for row in case.rows if row.name == name) for case in cases]
    brought = [
        "failed" if row.note else _bytes(row.down, case)
        for row, case in zip(rows, cases, strict=True)
    ]
    return _line(name, *brought, *_effort(rows[_DETAILED]))


def _bytes(count: int, case: Case) -> str:
    return f"{size(count)} ({_times(count, case.optimum_bytes)})"


def _times(count: int, least: int) -> str:
    return f"{ratio(count, least)}x" if count < 10 * least else f"{count / least:,.0f}x"


def _effort(row: Row) -> list[str]:
    return [
        str(row.round_trips), f"{row.node_cpu_seconds:.1f} s",
        f"{row.node_peak_bytes / MB:.0f} MB",
        f"{row.publisher_cpu_seconds + row.serving_cpu_seconds:.1f} s",
        f"{row.publisher_peak_bytes / MB:.0f} MB" if row.publisher_peak_bytes else "",
    ]  # fmt: skip


def _further(case: Case) -> str:
    row, least = case.rows[0], case.optimum_bytes
    if row.note:
        return _line(case.name, "failed", "", "")
    times = f"{ratio(row.down, least)}x" if least else ""
    return _line(case.name, size(row.down), times, str(row.round_trips))
