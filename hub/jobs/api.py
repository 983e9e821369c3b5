"""What the API offers of background jobs."""

from typing import Literal

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.hub import Hub
from hub.jobs import service
from hub.jobs.model import Job
from hub.jobs.service import Page
from hub.people.actor import Actor
from hub.people.rights import Right


class JobsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`state`: `open` for those that wait or run. `after`: the `next` of the page before."""

    state: Literal["", "open", "queued", "running", "done", "failed", "cancelled"] = ""
    kind: str = ""
    after: str = ""
    limit: Limit = PAGE_DEFAULT


class JobLog(msgspec.Struct):
    """What a job said: the beginning and the end, where it said much."""

    lines: list[str]


def _list(hub: Hub, actor: Actor, given: Given) -> Page:
    query: JobsQuery = given.query
    return service.find(
        hub, actor, state=query.state, kind=query.kind, after=query.after, limit=query.limit
    )


def _get(hub: Hub, actor: Actor, given: Given) -> Job:
    return service.get(hub, actor, given.path["job"])


def _log(hub: Hub, actor: Actor, given: Given) -> JobLog:
    return JobLog(service.log_of(hub, actor, given.path["job"]))


def _cancel(hub: Hub, actor: Actor, given: Given) -> Job:
    return service.cancel(hub, actor, given.path["job"])


def _again(hub: Hub, actor: Actor, given: Given) -> Job:
    return service.again(hub, actor, given.path["job"])


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listJobs", "GET", "/jobs", Right.SEE_JOBS,
        "Background jobs, the newest first", _list,
        screen="/console/jobs", command="jobs list", query=JobsQuery, answer=Page,
    ),
    Operation(
        "getJob", "GET", "/jobs/{job}", Right.SEE_JOBS,
        "A background job: how far it is, and what came of it", _get,
        screen="/console/jobs/<job>", command="jobs show", answer=Job,
    ),
    Operation(
        "getJobLog", "GET", "/jobs/{job}/log", Right.SEE_JOBS,
        "What a background job said", _log,
        screen="/console/jobs/<job>", command="jobs log", answer=JobLog,
    ),
    Operation(
        "cancelJob", "POST", "/jobs/{job}/cancel", Right.SEE_JOBS,
        "End a job: at once where it waits, within seconds where it runs", _cancel,
        screen="/console/jobs/<job>/cancel", command="jobs cancel", answer=Job,
    ),
    Operation(
        "runJobAgain", "POST", "/jobs/{job}/again", Right.SEE_JOBS,
        "Start a job that failed or was cancelled once more, as a new one", _again,
        screen="/console/jobs/<job>/again", command="jobs again", answer=Job, status=201,
        problems=("409",),
    ),
)  # fmt: skip
