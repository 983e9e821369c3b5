"""Pages of background jobs: which there are, how far one is, what it said."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from content_packs.command_line import megabytes
from hub.console.filters import number
from hub.console.ground import Console
from hub.console.language import _
from hub.jobs import kinds, service
from hub.jobs.limits import SHOWN
from hub.jobs.model import Job
from hub.people.actor import Actor
from hub.people.rights import Right

_NOTHING_MORE = 286  # on which htmx stops asking
_TABS = ("", "open", "failed", "done", "cancelled")
_BADGES = {
    "queued": "is-quiet", "running": "", "done": "is-good", "failed": "is-bad",
    "cancelled": "is-quiet",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A job as a page shows it: what its kind is called, how far it is, what may be done with it.

    `far` is empty where nobody knows how much there is to do.
    """

    job: Job
    title: str
    badge: str
    far: str
    may_cancel: bool
    may_run_again: bool


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/jobs", right=Right.SEE_JOBS)
    def jobs(actor: Actor) -> Response:
        return _list(console, actor)

    @console.get("/jobs/<job>", right=Right.SEE_JOBS)
    def job_page(actor: Actor, job: str) -> Response:
        return _one(console, actor, job)

    @console.post("/jobs/<job>/cancel", right=Right.SEE_JOBS)
    def cancel(actor: Actor, job: str) -> Response:
        found = service.cancel(console.hub, actor, job)
        said = _("Cancelled.") if found.state == "cancelled" else _("It ends within seconds.")
        return console.see_other(f"/console/jobs/{found.id}", said=said)

    @console.post("/jobs/<job>/again", right=Right.SEE_JOBS)
    def again(actor: Actor, job: str) -> Response:
        made = service.again(console.hub, actor, job)
        return console.see_other(f"/console/jobs/{made.id}", said=_("It is started once more."))


def _list(console: Console, actor: Actor) -> Response:
    state, after = console.query.get("state", ""), console.query.get("after", "")
    found = service.find(console.hub, actor, state=state, after=after, limit=SHOWN)
    values: dict[str, Any] = {
        "lines": [_line(job, actor) for job in found.items],
        "states": _states(),
    }
    if console.is_fragment:
        return console.fragment("jobs/lines.html", **values)
    counts = service.count(console.hub, actor)
    under_way = counts["queued"] + counts["running"]
    how_many: dict[str, int] = {**counts, "": sum(counts.values()), "open": under_way}
    return console.page(
        "jobs/list.html",
        title=_("Jobs"),
        section="jobs",
        state=state,
        after=after,
        tabs=[(tab, _tabs()[tab], how_many[tab]) for tab in _TABS],
        next=found.next,
        **values,
    )


def _one(console: Console, actor: Actor, job: str) -> Response:
    found = service.get(console.hub, actor, job)
    values: dict[str, Any] = {
        "line": _line(found, actor),
        "states": _states(),
        "log": service.log_of(console.hub, actor, job),
    }
    if console.is_fragment:
        part = console.fragment("jobs/state.html", **values)
        part.status_code = _NOTHING_MORE if found.ended else 200
        return part
    return console.page(
        "jobs/job.html",
        title=_title(found),
        section="jobs",
        back=("/console/jobs", _("All jobs")),
        **values,
    )


def _line(job: Job, actor: Actor) -> Line:
    known = job.kind in kinds.names()
    may = known and actor.may(kinds.find(job.kind).right)
    return Line(
        job=job,
        title=_title(job),
        badge=_BADGES[job.state],
        far=_far(job),
        may_cancel=may and not job.ended and not job.cancel_by,
        may_run_again=may and job.state in {"failed", "cancelled"},
    )


def _title(job: Job) -> str:
    return _(kinds.find(job.kind).title) if job.kind in kinds.names() else job.kind


def _far(job: Job) -> str:
    if not job.total:
        return ""
    in_bytes = job.kind in kinds.names() and kinds.find(job.kind).unit == "bytes"
    said = megabytes if in_bytes else number
    return _("%(done)s of %(total)s", done=said(job.done), total=said(job.total))


def _states() -> dict[str, str]:
    return {
        "queued": _("waits"),
        "running": _("running"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
    }


def _tabs() -> dict[str, str]:
    return {
        "": _("All"),
        "open": _("Under way"),
        "failed": _("Failed"),
        "done": _("Done"),
        "cancelled": _("Cancelled"),
    }
