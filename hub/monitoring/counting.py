"""How the fleet and the hub stand, in numbers: a few counts, each one query."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import peewee

from hub.alerts.tables import AlertRow
from hub.edition import read_edition
from hub.fleet.state_tables import NodeStateRow
from hub.hub import Hub
from hub.jobs.model import OF_HUB
from hub.jobs.tables import JobRow
from hub.summary import summary


@dataclass(frozen=True)
class Gauge:
    """A figure that goes up and down. `values` by the label's value, '' where there is no label."""

    name: str
    meaning: str
    values: dict[str, float]
    label: str = ""


@dataclass(frozen=True)
class _Counted:
    """What the queries said."""

    states: dict[str, float] = field(default_factory=dict)
    jobs: dict[str, float] = field(default_factory=dict)
    alerts: dict[str, float] = field(default_factory=dict)
    behind: float = 0.0
    records: float = 0.0


def gauges(hub: Hub) -> Iterator[Gauge]:
    """Yield the figures. Raises `Damaged`, `StorageFailed`."""
    counted = _count(hub)
    needs = {need.kind: float(need.count) for need in summary(hub, OF_HUB).needs}
    yield Gauge("satchel_nodes", "Boxes by the state they are in.", counted.states, "state")
    yield Gauge("satchel_needs", "What needs a person, as the console's first page says.",
                needs, "kind")  # fmt: skip
    yield Gauge("satchel_behind_bytes", "Bytes that boxes still have to get.",
                {"": counted.behind})  # fmt: skip
    yield Gauge("satchel_records_waiting", "Pupils' records that no receipt covers.",
                {"": counted.records})  # fmt: skip
    yield Gauge("satchel_jobs", "Background jobs that are kept, by state.", counted.jobs, "state")
    yield Gauge("satchel_alerts", "What is wrong now, by reason.", counted.alerts, "reason")
    yield Gauge("satchel_disk_free_bytes", "Free on the data directory's disk.",
                {"": float(shutil.disk_usage(hub.data.root).free)})  # fmt: skip
    yield Gauge("satchel_signature_seconds_left", "Until a role's signature expires.",
                _seconds_left(hub), "role")  # fmt: skip


def _count(hub: Hub) -> _Counted:
    total = peewee.fn.COALESCE
    sums: Any = NodeStateRow.select(
        total(peewee.fn.SUM(NodeStateRow.behind), 0),
        total(peewee.fn.SUM(NodeStateRow.records), 0),
    )
    with hub.database.transaction():
        behind, records = sums.tuples().get()
        return _Counted(
            states=_by(NodeStateRow, NodeStateRow.state, NodeStateRow.node != ""),
            jobs=_by(JobRow, JobRow.state),
            alerts=_by(AlertRow, AlertRow.reason, AlertRow.until == ""),
            behind=float(behind),
            records=float(records),
        )


def _by(
    table: type[peewee.Model], column: peewee.Field, which: peewee.Expression | None = None
) -> dict[str, float]:
    query: Any = table.select(column, peewee.fn.COUNT(peewee.SQL("1"))).group_by(column)
    if which is not None:
        query = query.where(which)
    return {str(value): float(count) for value, count in query.tuples()}


def _seconds_left(hub: Hub) -> dict[str, float]:
    now = hub.clock()
    roles = read_edition(hub.data.metadata).roles()
    return {role: (signed.expires - now).total_seconds() for role, signed in roles.items()}
