"""Who finds what is wrong: the hub itself, its jobs, the fleet, rollouts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Final

from hub import overview
from hub.alerts.findings import Figures, Finding, More
from hub.alerts.limits import JOB_FAILED_HOURS, OPEN_MAX
from hub.alerts.sayings import DISK
from hub.alerts.watching import Source
from hub.clock import in_words
from hub.fleet import listing
from hub.fleet.limits import LISTED_MAX, RECORDS_IN_DANGER_DAYS
from hub.fleet.listing import Listed, Page
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.people.actor import Actor
from hub.rollouts import needs as of_rollouts
from hub.rollouts.needs import Stopped
from hub.whole_lists import whole

_HUB = Actor("hub", "administrator", "command")

_DAY: Final = len("2026-01-31")  # of a time


def _of_records(box: Listed) -> More:
    return "records", {"count": box.records, "oldest": box.records_oldest[:_DAY]}, ""


def _of_failed(box: Listed) -> More:
    if box.trouble.startswith(DISK):
        return box.trouble, {}, ""
    return "", {}, box.reason or box.trouble


def _of_silence(box: Listed) -> More:
    return ("silent", {"day": box.heard_at[:_DAY]}, "") if box.heard_at else ("never-heard", {}, "")


_FLEET: Final[Mapping[str, tuple[str, Callable[[Listed], More]]]] = {
    # by reason: the filter that finds them, and what is said of each
    "identity": ("alarm", lambda box: ("", {}, box.reason)),
    "disk": ("disk", lambda box: (f"{DISK}{box.disk_trouble}", {}, "")),
    "records": (f"records>0 age>{RECORDS_IN_DANGER_DAYS}d", _of_records),
    "failed": ("failed", _of_failed),
    "overdue": ("overdue", _of_silence),
    "stalled": ("stalled -failed", lambda box: ("stalled", {"day": box.stalled_since}, "")),
    "claim-waits": ("claim", lambda _box: ("", {}, "")),
}


def _of_fleet(reason: str, hub: Hub) -> Iterable[Finding]:
    query, more = _FLEET[reason]

    def after(last: str) -> Page:
        return listing.find(hub, _HUB, query, sort="school", after=last, limit=LISTED_MAX)

    for box in islice(whole(after(""), after), OPEN_MAX):
        code, figures, words = more(box)
        yield Finding(reason, box.node or box.school, words, code, figures)


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
        yield _of_rollout("rollout-stopped", one)


def _of_rollouts_waiting(hub: Hub) -> Iterable[Finding]:
    return [_of_rollout("rollout-waits", one) for one in of_rollouts.waiting(hub)]


def _of_rollout(reason: str, one: Stopped) -> Finding:
    named: Figures = {"pack": one.pack, "version": one.version, "channel": one.channel}
    return Finding(reason, one.rollout, one.trouble, one.why.code, {**one.why.figures, **named})


SOURCES: Final[Mapping[str, Source]] = {
    "hub-warning": _of_hub,
    "job-failed": _of_jobs,
    "rollout-stopped": _of_rollouts_stopped,
    "rollout-waits": _of_rollouts_waiting,
    **{reason: partial(_of_fleet, reason) for reason in _FLEET},
}
