"""The rhythms of a hub's own fleet: written down, and read again to be replayed.

One JSON object a line: `{"link": "…", "days": [[hours, bytes], …]}`, the oldest day first, without
gaps; `hours` has a bit for each hour of UTC with a contact, `bytes` is what an hour of link
carries, by the node's own measure. No name of a school stands in it.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from content_packs import durable
from content_packs.errors import Missing, UsageError
from hub.fleet.state_tables import NodeDayRow
from hub.hub import Hub
from hub.simulation.limits import (
    HOURS,
    TRACE_DAYS_MIN,
    TRACE_FILE_BYTES_MAX,
    TRACES_MAX,
)
from hub.simulation.rhythms import Rhythms

_HOURS_MAX = (1 << HOURS) - 1
_RATE_MAX = 10**12  # bytes an hour


def record(hub: Hub, file: Path) -> int:
    """Write the rhythms of all nodes with enough days to a file; return how many.

    Raises `Missing` where there are none, `StorageFailed`.
    """
    lines = [
        json.dumps({"link": f"link {number}", "days": days}, separators=(",", ":"))
        for number, days in enumerate(_of_nodes(hub), 1)
    ]
    if not lines:
        raise Missing(
            f"no box of this hub was heard of over {TRACE_DAYS_MIN} days",
            hint="Without --rhythms, links are made from the kinds in hub/simulation/rhythms.py.",
        )
    durable.write(file, ("\n".join(lines) + "\n").encode())
    return len(lines)


def read(file: Path) -> Rhythms:
    """Return the rhythms in a file; shorter ones are repeated to the length of the longest.

    Raises `UsageError`.
    """
    found = list(_lines(file))
    if not found:
        raise UsageError(f"{file}: there is no rhythm in it")
    days = max(len(each) for _, each in found)
    hours = np.zeros((len(found), days), dtype=np.uint32)
    carried = np.zeros((len(found), days), dtype=np.float32)
    for number, (_, each) in enumerate(found):
        repeated = np.resize(np.array(each, dtype=np.float64), (days, 2))
        hours[number], carried[number] = repeated[:, 0], repeated[:, 1]
    unbounded = np.full(len(found), np.inf, dtype=np.float32)
    return Rhythms(hours, carried, unbounded, [name for name, _ in found])


def _of_nodes(hub: Hub) -> Iterator[list[list[int]]]:
    with hub.database.transaction():
        rows = list(NodeDayRow.select().order_by(NodeDayRow.node, NodeDayRow.day))
    by_node: dict[str, list[NodeDayRow]] = {}
    for row in rows:
        by_node.setdefault(row.node, []).append(row)
    for of_node in by_node.values():
        days = list(_without_gaps(of_node))
        if len(days) >= TRACE_DAYS_MIN:
            yield days


def _without_gaps(rows: list[Any]) -> Iterator[list[int]]:
    heard = [row.hours.bit_count() for row in rows]
    mean = sum(heard) / ((_day(rows[-1]) - _day(rows[0])).days + 1)
    by_day = {_day(row): row for row in rows}
    day, rate = _day(rows[0]), 0
    while day <= _day(rows[-1]):
        row = by_day.get(day)
        if row is not None and row.goodput and row.minutes_up and mean:
            rate = min(int(row.goodput * row.minutes_up * 60 / mean), _RATE_MAX)
        yield [row.hours if row is not None else 0, rate]
        day += timedelta(days=1)


def _day(row: Any) -> date:
    return date.fromisoformat(row.day)


def _lines(file: Path) -> Iterator[tuple[str, list[list[int]]]]:
    try:
        if file.stat().st_size > TRACE_FILE_BYTES_MAX:
            raise UsageError(f"{file}: more than {TRACE_FILE_BYTES_MAX} bytes")
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if number > TRACES_MAX:
                    raise UsageError(f"{file}: more than {TRACES_MAX} rhythms")
                yield _one(line, f"{file}: line {number}")
    except OSError as error:
        raise UsageError(f"{file}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text") from error


def _one(line: str, what: str) -> tuple[str, list[list[int]]]:
    try:
        found = json.loads(line)
        name, days = str(found["link"]), found["days"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{what}: expected an object with `link` and `days`") from error
    if not isinstance(days, list) or len(days) < TRACE_DAYS_MIN:
        raise UsageError(f"{what}: days: expected at least {TRACE_DAYS_MIN}")
    for number, day in enumerate(days):
        if not _is_day(day):
            raise UsageError(
                f"{what}: days[{number}] is {str(day)[:60]}, expected [hours, bytes] "
                f"within 0 to {_HOURS_MAX} and 0 to {_RATE_MAX}"
            )
    return name[:120], days


def _is_day(day: object) -> bool:
    if not isinstance(day, list) or len(day) != 2:
        return False
    hours, rate = day
    whole = type(hours) is int and type(rate) is int
    return whole and 0 <= hours <= _HOURS_MAX and 0 <= rate <= _RATE_MAX
