"""Figures for Prometheus, in its text format: what was answered, and how the fleet stands.

Requests are counted by the rule that answers them, never by what stands in an address: strangers
can't make names. What is counted in the database is counted anew at most every
`FLEET_COUNTED_SECONDS`, however often anybody asks. Where several processes answer, each writes its
figures into the folder that `PROMETHEUS_MULTIPROC_DIR` names, and whichever is asked reads all. No
answer waits for a figure, or fails for one.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MultiProcessValue

from hub.hub import Hub
from hub.monitoring.counting import Gauge, gauges
from hub.monitoring.limits import FLEET_COUNTED_SECONDS, LATENCY_BUCKETS_SECONDS
from hub.monitoring.sharing import MANY_PROCESSES, Places

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"
_BY_REQUEST = ("method", "rule", "status")
_log = logging.getLogger("hub.monitoring")


class Metrics:
    """What one process counts, and what it says when it is asked."""

    def __init__(self, hub: Hub, monotonic: Callable[[], float]) -> None:
        folder = os.environ.get(MANY_PROCESSES)
        self._places = places = Places(Path(folder) if folder else None)
        if folder:  # else by the process's id: files without end, where processes die
            values.ValueClass = MultiProcessValue(lambda: places.number)  # type: ignore[no-untyped-call]  # theirs
        self._registry = CollectorRegistry()
        self._fleet = _Fleet(hub, monotonic)
        self._answers = Counter(
            "satchel_answers", "Answers, by what was asked.", _BY_REQUEST, registry=self._registry
        )
        self._seconds = Histogram(
            "satchel_answer_seconds", "Seconds until an answer began.", ("rule",),
            buckets=LATENCY_BUCKETS_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._bytes = Counter(
            "satchel_answer_bytes", "Bytes of answers, without heads.", ("rule",),
            registry=self._registry,
        )  # fmt: skip

    def count(self, method: str, rule: str, status: int, *, seconds: float, size: int) -> None:
        """Count an answer; `rule` is one of the application's, or `OTHER`."""
        if not self._places.may_count():
            return
        try:
            self._answers.labels(method, rule, f"{status // 100}xx").inc()
            self._seconds.labels(rule).observe(seconds)
            self._bytes.labels(rule).inc(size)
        except Exception as error:  # noqa: BLE001  # whatever it is: the answer is worth more
            _log.warning("this process counts no more: %s", error)
            self._places.give_up()

    def text(self) -> bytes:
        """Return all figures. Raises `Damaged`, `StorageFailed`."""
        asked = CollectorRegistry()
        asked.register(self._fleet)
        return self._of_answers() + generate_latest(asked)

    def _of_answers(self) -> bytes:
        if not os.environ.get(MANY_PROCESSES):
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        try:
            MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # theirs
            return generate_latest(shared)
        except (OSError, ValueError, RuntimeError) as error:  # swept away, or damaged
            _log.warning("what was answered can't be told: %s", error)
            return b""


class _Fleet(Collector):
    """What the database says, remembered for a while."""

    def __init__(self, hub: Hub, monotonic: Callable[[], float]) -> None:
        self._hub, self._monotonic = hub, monotonic
        self._lock = threading.Lock()
        self._counted: tuple[Gauge, ...] = ()
        self._until = float("-inf")

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if self._monotonic() >= self._until:
                self._counted = tuple(gauges(self._hub))
                self._until = self._monotonic() + FLEET_COUNTED_SECONDS
            return [_family(gauge) for gauge in self._counted]


def _family(gauge: Gauge) -> Metric:
    labels = [gauge.label] if gauge.label else []
    family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=labels)
    for label, value in gauge.values.items():
        family.add_metric([label] if gauge.label else [], value)
    return family
