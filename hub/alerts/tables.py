"""The tables of alerts. Times are RFC 3339 in UTC; rows never leave this room."""

from typing import Any

from peewee import BooleanField, CompositeKey, IntegerField, JSONField, TextField

from hub.models import Row


class AlertRow(Row):
    """Something that is or was wrong; `until` is empty while it is.

    `words`: code, figures and words as a list in JSON; an earlier hub wrote words alone.
    """

    id: Any = TextField(primary_key=True)
    reason: Any = TextField()
    subject: Any = TextField()
    words: Any = TextField(default="")
    since: Any = TextField()
    until: Any = TextField(default="")


class AlertRouteRow(Row):
    """To whom alerts are told: `kind` is `email` or `webhook`; `reasons`: which, all if none.

    `failures` counts those since it went well; `problem` says what the last one was.
    """

    id: Any = TextField(primary_key=True)
    kind: Any = TextField()
    address: Any = TextField()
    secret: Any = TextField(default="")
    language: Any = TextField(default="en")
    reasons: Any = JSONField(default=list)
    added_by: Any = TextField()
    added_at: Any = TextField()
    told_at: Any = TextField(default="")
    failures: Any = IntegerField(default=0)
    problem: Any = TextField(default="")


class AlertToldRow(Row):
    """That a route was told of an alert; `ended`: of its end, too."""

    route: Any = TextField()
    alert: Any = TextField()
    ended: Any = BooleanField(default=False)

    class Meta:
        """Its key."""

        primary_key = CompositeKey("route", "alert")
