"""Asking for jobs, looking at them, ending them: what pages, API and commands call.

People see the jobs of what is theirs: a publisher those of its name, a township's operator their
own. What isn't theirs is `Missing`, alike to what doesn't exist.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from content_packs.command_line import plain
from content_packs.errors import Missing, Refused, UsageError
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs import kinds
from hub.jobs.limits import (
    ARGUMENTS_BYTES_MAX,
    FAILED_DAYS,
    PAGE_MAX,
    QUEUED_MAX,
    QUEUED_OF_ACTOR_MAX,
    WAIT_POLL_SECONDS,
)
from hub.jobs.model import ENDED, OPEN, STATES, Job, is_id, job_of, new_id, written
from hub.jobs.tables import JobLogRow, JobRow
from hub.jobs.waking import wakes_of
from hub.people.actor import Actor
from hub.people.rights import Right


@dataclass(frozen=True)
class Page:
    """Some jobs, the newest first. `next`: what to ask for to see more, empty at the end."""

    items: list[Job]
    next: str


def start(  # noqa: PLR0913 - all after the arguments by name
    hub: Hub,
    actor: Actor,
    kind: str,
    arguments: Mapping[str, Any],
    *,
    once: str = "",
    not_before: datetime | None = None,
    priority: int = 0,
) -> Job:
    """Have a job done in the background; return it, durable, as it waits.

    `arguments` are JSON. `once`: where a job with this text waits or runs, that one is returned. A
    higher `priority` goes first. Raises `Missing` for an unknown kind, `Refused` for who may not or
    where too many wait, `UsageError` for arguments that are no JSON or too large, `StorageFailed`.
    """
    actor.expect(kinds.find(kind).right)
    _check(arguments)
    with hub.database.writing():
        if known := _same(once):
            return known
        job = _put(hub, actor, kind, arguments, once, not_before=not_before, priority=priority)
    wakes_of(hub).wake()
    return job


def _same(once: str) -> Job | None:
    row = JobRow.get_or_none((JobRow.once == once) & _is_open()) if once else None
    return None if row is None else job_of(row)


def _put(  # noqa: PLR0913 - all that a job is
    hub: Hub,
    actor: Actor,
    kind: str,
    arguments: Mapping[str, Any],
    once: str,
    *,
    not_before: datetime | None = None,
    priority: int = 0,
) -> Job:
    _expect_room(actor)
    row = JobRow.create(
        id=new_id(hub.clock(), secrets.token_bytes(10)),
        kind=kind,
        arguments=dict(arguments),
        actor=written(actor),
        login=actor.login,
        publisher=actor.publisher,
        once=once,
        state="queued",
        priority=priority,
        not_before="" if not_before is None else in_words(not_before),
        created_at=in_words(hub.clock()),
    )
    JobLogRow.create(job=row.id, text="")
    return job_of(row)


def get(hub: Hub, actor: Actor, job: str) -> Job:
    """Return a job. Raises `Missing`, `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_JOBS)
    with hub.database.transaction():
        return job_of(_row(actor, job))


def find(  # noqa: PLR0913 - all after the actor by name
    hub: Hub,
    actor: Actor,
    *,
    state: str = "",
    kind: str = "",
    after: str = "",
    limit: int = 50,
) -> Page:
    """Return the newest jobs that are `actor`'s to see, older than the one called `after`.

    `state`: a job's, or `open` for those that wait or run. Raises `Refused`, `UsageError` for a
    state or a kind that there is not, `StorageFailed`.
    """
    actor.expect(Right.SEE_JOBS)
    if state and state not in STATES:
        raise UsageError(f"no job is {state[:40]!r}", hint=f"One is {', '.join(STATES)}.")
    if kind and kind not in kinds.names():
        raise UsageError(
            f"there is no kind of job {plain(kind)[:40]!r}",
            hint=f"Known: {', '.join(kinds.names())}.",
        )
    if after and not is_id(after):
        raise UsageError("after is no job's id", hint="Take the next of the page before.")
    limit = max(1, min(limit, PAGE_MAX))
    query = JobRow.select().order_by(JobRow.id.desc()).limit(limit + 1)
    for condition in _conditions(actor, state, kind, after):
        query = query.where(condition)
    with hub.database.transaction():
        found = [job_of(row) for row in query]
    more = len(found) > limit
    return Page(found[:limit], found[limit - 1].id if more else "")


def count(hub: Hub, actor: Actor) -> dict[str, int]:
    """Return how many jobs of what is `actor`'s are in each state. Raises `Refused`."""
    actor.expect(Right.SEE_JOBS)
    counts: dict[str, int] = {}
    with hub.database.transaction():
        for state in (*OPEN, *ENDED):
            query = JobRow.select().where(JobRow.state == state)
            for condition in _conditions(actor, "", "", ""):
                query = query.where(condition)
            counts[state] = query.count()
    return counts


def failed_of_late(hub: Hub, actor: Actor) -> int:
    """Return how many jobs of what is `actor`'s failed within `FAILED_DAYS`. Raises `Refused`."""
    actor.expect(Right.SEE_JOBS)
    since = in_words(hub.clock() - timedelta(days=FAILED_DAYS))
    query = JobRow.select().where(JobRow.ended_at >= since)
    for condition in _conditions(actor, "failed", "", ""):
        query = query.where(condition)
    with hub.database.transaction():
        return int(query.count())


def log_of(hub: Hub, actor: Actor, job: str) -> list[str]:
    """Return what a job said, line by line. Raises as `get`."""
    actor.expect(Right.SEE_JOBS)
    with hub.database.transaction():
        row = JobLogRow.get_or_none(JobLogRow.job == _row(actor, job).id)
        return [] if row is None else str(row.text).splitlines()


def cancel(hub: Hub, actor: Actor, job: str) -> Job:
    """End a job: at once where it waits, else as soon as its worker hears of it.

    Nothing happens to one that has ended. Raises as `get`, and `Refused` for who may not start
    such a job either.
    """
    actor.expect(Right.SEE_JOBS)
    with hub.database.writing():
        row = _row(actor, job)
        actor.expect(kinds.find(row.kind).right)
        if row.state not in OPEN or row.cancel_by:
            return job_of(row)
        row.cancel_by = actor.login
        if row.state == "queued":
            row.state, row.ended_at = "cancelled", in_words(hub.clock())
        row.save()
        audit.note(hub, "job-cancelled", reason=f"{row.kind} {row.id}", actor=actor.login)
        return job_of(row)


def again(hub: Hub, actor: Actor, job: str) -> Job:
    """Start a job that failed or was cancelled once more, as a new one. Raises as `start`."""
    old = get(hub, actor, job)
    actor.expect(kinds.find(old.kind).right)
    if old.state not in {"failed", "cancelled"}:
        raise Refused(
            f"the job {old.id} is {old.state}: only one that failed or was cancelled is run again",
            hint="Look at it: hub jobs show.",
        )
    once = f"again {old.id}"
    with hub.database.writing():
        if known := _same(once):
            return known
        new = _put(hub, actor, old.kind, old.arguments, once)
        audit.note(hub, "job-again", reason=f"{old.kind} {old.id}, as {new.id}", actor=actor.login)
    wakes_of(hub).wake()
    return new


def wait(
    hub: Hub,
    job: str,
    seconds: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Job:
    """Return a job once it has ended, or as it is after so many seconds. Raises `Missing`."""
    until = monotonic() + seconds
    while True:
        with hub.database.transaction():
            row = JobRow.get_or_none(JobRow.id == job)
        if row is None:
            raise _missing(job)
        if row.state in ENDED or monotonic() >= until:
            return job_of(row)
        sleep(WAIT_POLL_SECONDS)


def _check(arguments: Mapping[str, Any]) -> None:
    try:
        size = len(msgspec.json.encode(dict(arguments)))
    except (TypeError, ValueError) as error:
        raise UsageError(f"a job's arguments have to be JSON: {error}") from error
    if size > ARGUMENTS_BYTES_MAX:
        raise UsageError(f"a job's arguments have {size} bytes, at most {ARGUMENTS_BYTES_MAX}")


def _expect_room(actor: Actor) -> None:
    waiting = JobRow.select().where(_is_open())
    if waiting.count() >= QUEUED_MAX:
        raise Refused(f"{QUEUED_MAX} jobs wait already", hint="Wait until some have ended.")
    if waiting.where(JobRow.login == actor.login).count() >= QUEUED_OF_ACTOR_MAX:
        raise Refused(
            f"{QUEUED_OF_ACTOR_MAX} jobs of {actor.login} wait already",
            hint="Wait until some have ended, or cancel them.",
        )


def _row(actor: Actor, job: str) -> JobRow:
    row = JobRow.get_or_none(JobRow.id == job) if is_id(job) else None
    if row is None or not _sees(actor, row):
        raise _missing(job)
    return row


def _missing(job: str) -> Missing:
    return Missing(
        f"there is no job {plain(job)[:60]!r}", hint="See which there are: hub jobs list."
    )


def _sees(actor: Actor, row: JobRow) -> bool:
    own = bool(row.login == actor.login)
    if actor.publisher:
        return own or bool(row.publisher == actor.publisher)
    return own or actor.townships is None


def _conditions(actor: Actor, state: str, kind: str, after: str) -> list[Any]:
    found: list[Any] = []
    if actor.publisher:
        found.append((JobRow.login == actor.login) | (JobRow.publisher == actor.publisher))
    elif actor.townships is not None:
        found.append(JobRow.login == actor.login)
    if state:
        found.append(_is_open() if state == "open" else JobRow.state == state)
    if kind:
        found.append(JobRow.kind == kind)
    if after:
        found.append(JobRow.id < after)
    return found


def _is_open() -> Any:
    return JobRow.state << list(OPEN)
