"""The tables of jobs in hub.db. Times are RFC 3339 in UTC; rows never leave this package."""

from typing import Any

from peewee import BigIntegerField, IntegerField, JSONField, TextField

from hub.models import Row


class JobRow(Row):
    """A job. `id` is a UUID that rises with time.

    `once`: no second one with this text waits or runs; empty where that doesn't matter. `actor`:
    who asked for it, whole; `login` and `publisher` of that, to search by. `attempts` counts how
    often it was begun: who holds an older number has lost it. `deaths`: how often it ended without
    a word. `cancel_by`: who wants it to end. `done` of `total` (0 where nobody knows) in the unit
    of its kind.
    """

    id: Any = TextField(primary_key=True)
    kind: Any = TextField()
    arguments: Any = JSONField()
    actor: Any = JSONField()
    login: Any = TextField()
    publisher: Any = TextField()
    once: Any = TextField()
    state: Any = TextField()
    priority: Any = IntegerField()
    not_before: Any = TextField(default="")
    attempts: Any = IntegerField(default=0)
    deaths: Any = IntegerField(default=0)
    lease_by: Any = TextField(default="")
    lease_until: Any = TextField(default="")
    cancel_by: Any = TextField(default="")
    done: Any = BigIntegerField(default=0)
    total: Any = BigIntegerField(default=0)
    words: Any = TextField(default="")
    result: Any = JSONField(default=dict)
    problem: Any = TextField(default="")
    hint: Any = TextField(default="")
    created_at: Any = TextField()
    started_at: Any = TextField(default="")
    ended_at: Any = TextField(default="")


class JobLogRow(Row):
    """What a job said, line by line; beside it, so that a list of jobs needn't read it."""

    job: Any = TextField(primary_key=True)
    text: Any = TextField()


class ChoreRow(Row):
    """When a chore is to be done next."""

    chore: Any = TextField(primary_key=True)
    due_at: Any = TextField()
