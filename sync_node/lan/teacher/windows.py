"""A part of what is set for a class: a page of it, in the order of the days, with today in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sync_node.lan.teacher.limits import TASKS_BEFORE_DAYS
from sync_node.school.assignments import Assignment


@dataclass(frozen=True)
class Window:
    """The tasks that are shown. `earlier`, `later`: where those pages begin, None for no page."""

    tasks: tuple[Assignment, ...]
    earlier: int | None
    later: int | None


def window(tasks: Sequence[Assignment], today: date, *, start: int | None, size: int) -> Window:
    """Return `size` tasks from the `start`-th; without it from those that were due a week ago.

    What has no day stands where it was set.
    """
    ordered = sorted(tasks, key=_when)
    first = len(ordered) - size
    if start is None:
        since = (today - timedelta(days=TASKS_BEFORE_DAYS)).isoformat()
        start = min(first, sum(_when(task) < since for task in ordered))
    start = max(0, min(start, len(ordered) - 1))
    end = start + size
    return Window(
        tuple(ordered[start:end]),
        max(0, start - size) if start else None,
        end if end < len(ordered) else None,
    )


def _when(task: Assignment) -> str:
    return task.due_on.isoformat() if task.due_on else task.created_at[:10]
