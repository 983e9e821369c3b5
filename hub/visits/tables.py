"""The tables of visits. Times are RFC 3339 in UTC, empty where it didn't come to that."""

from typing import Any

from peewee import BigIntegerField, CompositeKey, IntegerField, TextField

from hub.models import Row


class VisitRow(Row):
    """A visit. `job`: which writes its stick; `file`: where that lies packed, by name."""

    visit: Any = TextField(primary_key=True)
    title: Any = TextField()
    courier: Any = TextField(default="")
    state: Any = TextField()
    made_by: Any = TextField()
    made_at: Any = TextField()
    job: Any = TextField(default="")
    written_at: Any = TextField(default="")
    written_bytes: Any = BigIntegerField(default=0)
    file: Any = TextField(default="")
    ended_at: Any = TextField(default="")


class VisitStopRow(Row):
    """A school on it. `why`: its reasons, in words; `returned_by`: `stick`, or who said so."""

    visit: Any = TextField()
    node: Any = TextField()
    place: Any = IntegerField()
    why: Any = TextField(default="")
    returned_at: Any = TextField(default="")
    returned_by: Any = TextField(default="")
    note: Any = TextField(default="")

    class Meta:
        """Its key."""

        primary_key = CompositeKey("visit", "node")
