"""Who finds what is wrong: the hub itself, its jobs, the fleet, rollouts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from hub import overview
from hub.alerts.findings import Finding
from hub.alerts.limits import JOB_FAILED_HOURS, OPEN_MAX
from hub.alerts.watching import Source
from hub.clock import in_words
from hub.fleet import listing
from hub.fleet.limits import LISTED_MAX, RECORDS_IN_DANGER_DAYS
from hub.fleet.listing import Listed
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.people.actor import Actor
from hub.rollouts import needs as of_rollouts

_HUB = Actor("hub", "administrator", "command")

_FLEET: Final[Mapping[str, tuple[str, Callable[[Listed], str]]]] = {
    # by reason: the filter that finds them, and what is said of each
    "identity": ("alarm", lambda box: box.reason),
    "disk": ("disk", lambda box: box.disk_trouble),
    "records": (
        f"records>0 age>{RECORDS_IN_DANGER_DAYS}d",
        lambda box: f"{box.records} records, the oldest of {box.records_oldest[:10]}",
    ),
    "failed": ("failed", lambda box: box.reason or box.trouble),
    "overdue": ("overdue", lambda box: f"last heard of {box.heard_at[:10] or 'never'}"),
    "claim-waits": ("claim", lambda _box: ""),
}


def _of_fleet(reason: str, hub: Hub) -> Iterable[Finding]:
    query, words = _FLEET[reason]
    after, found = "", 0
    while True:
        page = listing.find(hub, _HUB, query, sort="school", after=after, limit=LISTED_MAX)
        for box in page.items:
            yield Finding(reason, box.node or box.school, words(box))
        found += len(page.items)
        if not page.next or found >= OPEN_MAX:
            return
        after = page.next


def _of_hub(hub: Hub) -> Iterable[Finding]:
    """Return what is wrong with keys, signatures and files; a sentence stays the same trouble."""
    return [Finding("hub-warning", warning) for warning in overview.own_warnings(hub)]


def _of_jobs(hub: Hub) -> Iterable[Finding]:
    since = in_words(hub.clock() - timedelta(hours=JOB_FAILED_HOURS))
    for job in jobs.find(hub, _HUB, state="failed", limit=LISTED_MAX).items:
        if job.ended_at >= since:
            yield Finding("job-failed", f"{job.kind} {job.id}", job.problem)


def _of_rollouts_stopped(hub: Hub) -> Iterable[Finding]:
    for one in of_rollouts.stopped(hub, _HUB):
        yield Finding("rollout-stopped", one.rollout, one.code)


def _of_rollouts_waiting(hub: Hub) -> Iterable[Finding]:
    return [Finding("rollout-waits", one.rollout, "") for one in of_rollouts.waiting(hub)]


SOURCES: Final[Mapping[str, Source]] = {
    "hub-warning": _of_hub,
    "job-failed": _of_jobs,
    "rollout-stopped": _of_rollouts_stopped,
    "rollout-waits": _of_rollouts_waiting,
    **{reason: partial(_of_fleet, reason) for reason in _FLEET},
}
