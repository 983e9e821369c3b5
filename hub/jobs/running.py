"""Running one job, from its claim to its end: in a process of its own, or right here."""

import importlib
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from content_packs.errors import SatchelError
from content_packs.faults import FaultyFolder
from hub.errors import Busy
from hub.hub import Hub
from hub.jobs import claiming, kinds, places
from hub.jobs.claiming import Claim
from hub.jobs.context import JobContext, Lost
from hub.jobs.limits import MEMORY_BYTES_MAX, RESULT_BYTES_MAX
from hub.jobs.model import Job, job_of
from hub.jobs.tables import JobRow

Run = Callable[[Hub, JobContext], Mapping[str, Any] | None]

_A_FAULT = "a fault of this program; the log says where"


def load(target: str) -> Run:
    """Return the function that a kind names as `module:function`."""
    module, _, name = target.partition(":")
    found: Run = getattr(importlib.import_module(module), name)
    return found


def run(hub: Hub, mine: Claim, target: str) -> None:
    """Do a job that was claimed, and write down how it ended. Raises `StorageFailed`."""
    context = JobContext(hub, mine)
    try:
        result = _checked(load(target)(hub, context))
        context.flush()
        claiming.finish(hub, mine, result)
    except Lost:
        return
    except Busy as error:
        claiming.died(hub, mine, error.message, error.hint)
    except SatchelError as error:
        _say(context, _faults(error))
        claiming.fail(hub, mine, error.message, error.hint)
    except MemoryError:
        claiming.fail(hub, mine, f"it needs more than {MEMORY_BYTES_MAX} bytes of memory")
    except Exception:  # noqa: BLE001  # the boundary: whatever it is, people see that it failed
        _say(context, traceback.format_exc().splitlines())
        claiming.fail(hub, mine, _A_FAULT, "Please report it, with the log.")


def run_waiting(hub: Hub) -> list[Job]:
    """Do all jobs that may be begun, here and now, one after the other; return them, ended.

    Without a process of their own, and its bounds: for tests, and for a person at a terminal.
    Raises `StorageFailed`.
    """
    ended = []
    while (mine := claiming.claim(hub, "here")) is not None:
        run(hub, mine, kinds.find(mine.job.kind).run)
        places.remove_left(hub)
        ended.append(mine.job.id)
    with hub.database.transaction():
        rows = {row.id: row for row in JobRow.select().where(JobRow.id << ended)}
        return [job_of(rows[one]) for one in ended]


def _checked(result: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found = dict(result or {})
    if len(msgspec.json.encode(found)) > RESULT_BYTES_MAX:
        raise ValueError(f"a job's result has more than {RESULT_BYTES_MAX} bytes")
    return found


def _faults(error: SatchelError) -> list[str]:
    if isinstance(error, FaultyFolder):
        return [f"{fault.severity}: {fault}" for fault in error.faults]
    return []


def _say(context: JobContext, lines: list[str]) -> None:
    """Write down what a failed job has to say, if it still may."""
    try:
        for line in lines:
            context.log(line)
        context.flush()
    except Lost:
        return
