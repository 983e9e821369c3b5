"""A page of a long list; of what is set for a class, in the order of the days, with today in it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Generic, TypeVar

from flask import request

from content_packs.values import Value
from sync_node.lan.teacher.limits import TASKS_BEFORE_DAYS
from sync_node.school.assignments import Assignment

_T = TypeVar("_T")


class Leaf(Value, Generic[_T], frozen=True):
    """The entries that are shown. `earlier`, `later`: where those pages begin, None for no page."""

    shown: Sequence[_T]
    earlier: int | None
    later: int | None


def leaf(entries: Sequence[_T], start: int, size: int) -> Leaf[_T]:
    """Return `size` entries from the `start`-th."""
    start = max(0, min(start, len(entries) - 1))
    end = start + size
    return Leaf(
        entries[start:end],
        max(0, start - size) if start else None,
        end if end < len(entries) else None,
    )


def start_asked() -> int:
    """Return `?from=` of this request, 0 without it."""
    return request.args.get("from", 0, type=int)


def window(
    tasks: Sequence[Assignment], today: date, *, start: int | None, size: int
) -> Leaf[Assignment]:
    """Return `size` tasks from the `start`-th; without it from those that were due a week ago.

    What has no day stands where it was set.
    """
    ordered = sorted(tasks, key=_when)
    first = len(ordered) - size
    if start is None:
        since = (today - timedelta(days=TASKS_BEFORE_DAYS)).isoformat()
        start = min(first, sum(_when(task) < since for task in ordered))
    return leaf(ordered, start, size)


def _when(task: Assignment) -> str:
    return task.due_on.isoformat() if task.due_on else task.created_at[:10]
