"""The tables of where nodes stand, day by day; of calendars and saved filters.

Times are RFC 3339 in UTC, empty where there is none; days are those of UTC, `2026-12-24`.
`NodeStateRow` is derived: `hub nodes rebuild-states` makes it anew from reports and days.
"""

from typing import Any

from peewee import CompositeKey, IntegerField, JSONField, TextField

from hub.models import Row


class CalendarRow(Row):
    """A school calendar. `weekdays`: digits, 0 for Monday; `closures`: `[first, last, title]`."""

    calendar: Any = TextField(primary_key=True)
    title: Any = TextField(default="")
    weekdays: Any = TextField()
    closures: Any = JSONField(default=list)
    changed_at: Any = TextField()


class SavedQueryRow(Row):
    """A filter that a person saved under a name."""

    owner: Any = TextField()
    name: Any = TextField()
    query: Any = TextField()
    saved_at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("owner", "name")


class NodeStateRow(Row):
    """Where a node stands, as lists show it; of a school without one, a row with an empty `node`.

    `found_by`: all words that it is found by, in lower case. `groups`: ` one two `. `urgency`: who
    needs a person first. `packs`: `states.PackStanding`s. `edition`: the snapshot's version that
    this was judged against. `link_...`: what its link carries in a day, as of the day `link_on`.
    """

    school: Any = TextField()
    node: Any = TextField(default="")
    district: Any = TextField()
    township: Any = TextField(default="")
    title: Any = TextField(default="")
    found_by: Any = TextField()
    groups: Any = TextField(default="")
    state: Any = TextField()
    urgency: Any = IntegerField()
    trouble: Any = TextField(default="")
    reason: Any = TextField(default="")
    heard_at: Any = TextField(default="")
    heard_by: Any = TextField(default="")
    reported_at: Any = TextField(default="")
    expected_at: Any = TextField(default="")
    overdue_at: Any = TextField(default="")
    silence_median: Any = IntegerField(default=0)
    silence_p95: Any = IntegerField(default=0)
    silence_rare: Any = IntegerField(default=0)
    rhythm_learnt: Any = IntegerField(default=0)
    behind: Any = IntegerField(default=0)
    packs_behind: Any = IntegerField(default=0)
    lessons_ready: Any = IntegerField(default=0)
    lessons_total: Any = IntegerField(default=0)
    link_mean: Any = IntegerField(default=0)
    link_spread: Any = IntegerField(default=0)
    link_days: Any = IntegerField(default=0)
    link_on: Any = TextField(default="")
    done_p50: Any = TextField(default="")
    done_p90: Any = TextField(default="")
    records: Any = IntegerField(default=0)
    records_oldest: Any = TextField(default="")
    disk_free: Any = IntegerField(default=0)
    disk_total: Any = IntegerField(default=0)
    disk_trouble: Any = TextField(default="")
    stations: Any = IntegerField(default=0)
    power_cuts: Any = IntegerField(default=0)
    undervoltage: Any = IntegerField(default=0)
    software: Any = TextField(default="")
    unreached: Any = IntegerField(default=0)
    courier: Any = IntegerField(default=0)
    superseded: Any = IntegerField(default=0)
    rolled_back: Any = IntegerField(default=0)
    paused: Any = IntegerField(default=0)
    alarm: Any = IntegerField(default=0)
    claim: Any = IntegerField(default=0)
    packs: Any = JSONField(default=list)
    edition: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "node")


class NodeDayRow(Row):
    """What a day brought. `hours`: a bit for each hour in which the hub heard of the node.

    `bytes_in`: what came over links that day, as the node's own counter went on; `bytes_counted`
    where that stands. `goodput` in bytes a second, `minutes_up` a day, as the node measures its
    link; the rest as it stood when it was last heard of that day.
    """

    node: Any = TextField()
    day: Any = TextField()
    hours: Any = IntegerField(default=0)
    contacts: Any = IntegerField(default=0)
    bytes_in: Any = IntegerField(default=0)
    bytes_counted: Any = IntegerField(default=0)
    goodput: Any = IntegerField(default=0)
    minutes_up: Any = IntegerField(default=0)
    behind: Any = IntegerField(default=0)
    disk_free: Any = IntegerField(default=0)
    lessons_ready: Any = IntegerField(default=0)
    lessons_total: Any = IntegerField(default=0)
    records: Any = IntegerField(default=0)

    class Meta:
        """Its key."""

        primary_key = CompositeKey("node", "day")
