"""Who does a job, and until when: what workers do to its row.

A claim counts as long as its lease: its worker renews that. A claim has a number; what is said
under an older one than the row's changes nothing, so that a worker that was thought dead, and
wasn't, can't speak for the job any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from content_packs.command_line import plain
from hub.clock import in_words
from hub.hub import Hub
from hub.jobs import kinds
from hub.jobs.limits import (
    AGAIN_SECONDS,
    ATTEMPTS_MAX,
    LEASE_SECONDS,
    LINE_CHARACTERS_MAX,
    LOG_BYTES_MAX,
    LOG_HEAD_BYTES,
)
from hub.jobs.model import Job, job_of, read
from hub.jobs.tables import JobLogRow, JobRow
from hub.people.actor import Actor

Standing = Literal["ours", "to be cancelled", "lost"]

_LEFT_OUT = "… lines left out …"


@dataclass(frozen=True)
class Claim:
    """A job that is a worker's. `number`: of the attempt; `actor`: who asked for the job."""

    job: Job
    number: int
    actor: Actor


def claim(hub: Hub, worker: str) -> Claim | None:
    """Return the most urgent job that may be begun, now this worker's. Raises `StorageFailed`."""
    with hub.database.transaction():  # most looks find nothing, and cost no write
        if _first(hub) is None:
            return None
    with hub.database.writing():
        row = _first(hub)
        if row is None:
            return None
        row.state = "running"
        row.attempts += 1
        row.started_at = row.started_at or in_words(hub.clock())
        row.lease_by = worker
        row.lease_until = _lease(hub)
        row.save()
        return Claim(job_of(row), row.attempts, read(row.actor))


def take_over(hub: Hub, job: str, number: int) -> Claim | None:
    """Return the claim that a worker made for this process; None if it is lost already."""
    with hub.database.transaction():
        row = JobRow.get_or_none(_mine(job, number))
        return None if row is None else Claim(job_of(row), number, read(row.actor))


def standing(hub: Hub, mine: Claim) -> Standing:
    """Return whether a claim still counts, and whether somebody wants the job to end."""
    with hub.database.transaction():
        row = JobRow.get_or_none(_mine(mine.job.id, mine.number))
    if row is None:
        return "lost"
    return "to be cancelled" if row.cancel_by else "ours"


def renew(hub: Hub, mine: Claim) -> None:
    """Say that the job is being done. Raises `StorageFailed`."""
    _update(hub, mine, lease_until=_lease(hub))


def tell(hub: Hub, mine: Claim, progress: tuple[int, int, str], lines: Iterable[str]) -> bool:
    """Write down how far it is and what it says; return whether the claim still counts."""
    done, total, words = progress
    with hub.database.writing():
        counts = _set(mine, done=done, total=total, words=plain(words)[:LINE_CHARACTERS_MAX])
        new = [plain(line)[:LINE_CHARACTERS_MAX] for line in lines]
        if counts and new:
            _add_to_log(mine.job.id, new)
    return counts


def finish(hub: Hub, mine: Claim, result: Mapping[str, Any]) -> bool:
    """Say that the job is done, and what came of it; return whether the claim still counted."""
    return _end(hub, mine, "done", result=dict(result))


def fail(hub: Hub, mine: Claim, problem: str, hint: str = "") -> bool:
    """Say that the job failed, and why; return whether the claim still counted."""
    return _end(hub, mine, "failed", problem=plain(problem), hint=plain(hint))


def cancelled(hub: Hub, mine: Claim) -> bool:
    """Say that the job was ended since somebody wanted that."""
    return _end(hub, mine, "cancelled")


def give_back(hub: Hub, mine: Claim) -> bool:
    """Have the job done by another, or later, since this worker ends. It counts as no failure."""
    return _update(hub, mine, state="queued", lease_by="", lease_until="")


def died(hub: Hub, mine: Claim, why: str, hint: str = "") -> bool:
    """Say that an attempt came to nothing: the job is tried again, or has failed for good."""
    with hub.database.writing():
        row = JobRow.get_or_none(_mine(mine.job.id, mine.number))
        if row is None:
            return False
        _after_death(hub, row, plain(why), plain(hint))
        return True


def sweep(hub: Hub) -> list[str]:
    """Take jobs away from workers that were silent for too long; return these jobs' ids.

    Raises `StorageFailed`.
    """
    expired = (JobRow.state == "running") & (JobRow.lease_until < in_words(hub.clock()))
    with hub.database.transaction():
        if not JobRow.select().where(expired).exists():
            return []
    with hub.database.writing():
        rows = list(JobRow.select().where(expired))
        for row in rows:
            _after_death(hub, row, "the worker that did it is gone")
        return [row.id for row in rows]


def _after_death(hub: Hub, row: JobRow, why: str, hint: str = "") -> None:
    now = hub.clock()
    row.deaths += 1
    row.lease_by = row.lease_until = ""
    lines = [f"{in_words(now)} {why}"]
    if row.cancel_by:
        row.state, row.ended_at = "cancelled", in_words(now)
    elif row.deaths >= ATTEMPTS_MAX:
        row.state, row.ended_at = "failed", in_words(now)
        row.problem, row.hint = f"{why} (attempt {row.deaths})", hint
    else:
        wait = AGAIN_SECONDS * 2 ** (row.deaths - 1)
        row.state, row.not_before = "queued", in_words(now + timedelta(seconds=wait))
        lines.append(f"to be tried again in {wait} seconds")
    row.save()
    _add_to_log(row.id, lines)


def _first(hub: Hub) -> JobRow | None:
    ready = (JobRow.state == "queued") & (JobRow.not_before <= in_words(hub.clock()))
    query = JobRow.select().where(ready).order_by(JobRow.priority.desc(), JobRow.id)
    found: JobRow | None = query.where(JobRow.kind << list(kinds.names())).first()
    return found


def _mine(job: str, number: int) -> Any:
    return (JobRow.id == job) & (JobRow.attempts == number) & (JobRow.state == "running")


def _lease(hub: Hub) -> str:
    return in_words(hub.clock() + timedelta(seconds=LEASE_SECONDS))


def _set(mine: Claim, **columns: Any) -> bool:
    changed = JobRow.update(**columns).where(_mine(mine.job.id, mine.number)).execute()
    return bool(changed)


def _update(hub: Hub, mine: Claim, **columns: Any) -> bool:
    with hub.database.writing():
        return _set(mine, **columns)


def _end(hub: Hub, mine: Claim, state: str, **columns: Any) -> bool:
    ended = {"state": state, "ended_at": in_words(hub.clock()), "lease_by": "", "lease_until": ""}
    return _update(hub, mine, **ended, **columns)


def _add_to_log(job: str, lines: list[str]) -> None:
    row = JobLogRow.get(JobLogRow.job == job)
    row.text = bounded(row.text + "".join(f"{line}\n" for line in lines))
    row.save()


def bounded(text: str) -> str:
    """Return a log of at most `LOG_BYTES_MAX`: its beginning and its end, in whole lines."""
    data = text.encode()
    if len(data) <= LOG_BYTES_MAX:
        return text
    head = data[:LOG_HEAD_BYTES].rpartition(b"\n")[0]
    room = LOG_BYTES_MAX - len(head) - len(_LEFT_OUT.encode()) - 2
    tail = data[-room:].partition(b"\n")[2]
    words = head.decode(errors="replace").splitlines()
    words = words if words and words[-1] == _LEFT_OUT else [*words, _LEFT_OUT]
    return "\n".join(words) + "\n" + tail.decode(errors="replace")
