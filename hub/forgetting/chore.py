"""Forgetting as a job of the kind `forget`: asked for by a person, or each day by hub.toml.

That of each day also finishes what was cut off before, whoever began it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from hub.forgetting import marks, service
from hub.forgetting.limits import RETRY_HOURS
from hub.forgetting.marks import ALL
from hub.forgetting.service import Forgettable, Wanted
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.context import JobContext
from hub.jobs.model import OF_HUB, Job
from hub.people.actor import Actor

KIND = "forget"


def ask_if_due(hub: Hub) -> None:
    """Start the job where something is older than hub.toml has it kept, or was left by a cut.

    Raises `SatchelError`.
    """
    if service.look(hub, OF_HUB, _by_policy(hub)).is_nothing and service.is_finished(hub):
        return
    for last in jobs.find(hub, OF_HUB, kind=KIND, state="failed", limit=1).items:
        if hub.clock() < datetime.fromisoformat(last.ended_at) + timedelta(hours=RETRY_HOURS):
            return
    jobs.start(hub, OF_HUB, KIND, {}, once=KIND)


def start(hub: Hub, actor: Actor, before: date, *, use: bool, school: str = ALL) -> Job:
    """Have it forgotten in the background. Raises as `service.wanted`."""
    service.wanted(hub, actor, before, use=use, school=school)
    asked = {"before": before.isoformat(), "use": use, "school": school}
    return jobs.start(hub, actor, KIND, asked)


def run_job(hub: Hub, context: JobContext) -> Mapping[str, Any]:
    """Forget what was asked for, or else what hub.toml says. Raises as `service.forget`.

    `finished`: records that a cut had left.
    """
    asked = context.arguments
    if "before" in asked:
        before = date.fromisoformat(str(asked["before"]))
        what = service.wanted(
            hub, context.actor, before, use=bool(asked["use"]), school=str(asked["school"])
        )
        gone = service.forget(hub, context.actor, what)
        return _said(gone, 0)
    finished = service.finish(hub, context.actor)
    gone = service.look(hub, context.actor, _by_policy(hub))
    if not gone.is_nothing:
        gone = service.forget(hub, context.actor, _by_policy(hub))
    return _said(gone, finished)


def _said(gone: Forgettable, finished: int) -> dict[str, Any]:
    return {
        "records": gone.records,
        "schools": gone.schools,
        "use_rows": gone.use_rows,
        "finished": finished,
    }


def _by_policy(hub: Hub) -> Wanted:
    return Wanted(marks.due(hub, "records"), marks.due(hub, "use"))
