"""The tables of node.db. Owner: the engine; the school's site only reads.

All of it is derived from trust/, manifests/ and store/ but for what says so below. Rows never leave
the modules that query them.
"""

from typing import Any

from peewee import (
    BooleanField,
    CompositeKey,
    DatabaseProxy,
    IntegerField,
    Model,
    TextField,
)

SCHEMA = 3  # node.db with another number is rebuilt

database_proxy = DatabaseProxy()


class _Row(Model):
    class Meta:
        database = database_proxy
        legacy_table_names = False  # pack_row, not packrow


class PackRow(_Row):
    """A pack that is or was offered on a followed channel.

    `offer` is the `Offer` as JSON, empty where none is; `offered_version` and `offered_manifest`
    repeat it. `retired`: no followed channel offers it any more; the site doesn't show it.
    `held_version`: a person rolled back to it, away from `rolled_back_from` (not derived): it stays
    until a version newer than `rolled_back_from` is offered. Without `rolled_back_from` it is what
    a teacher pinned (`teachers_pins`).
    """

    pack: Any = TextField(primary_key=True)
    channel: Any = TextField()
    offered_version: Any = IntegerField(null=True)
    offered_manifest: Any = TextField(default="")
    offer: Any = TextField(default="")
    retired: Any = BooleanField(default=False)
    held_version: Any = IntegerField(null=True)
    rolled_back_from: Any = IntegerField(null=True)


class VersionRow(_Row):
    """A version whose verified manifest lies at manifests/<manifest>.json.

    `offer` is the `Offer` that it came by, as JSON (not derived); empty where that is forgotten.
    """

    pack: Any = TextField()
    version: Any = IntegerField()
    manifest: Any = TextField()
    offer: Any = TextField(default="")

    class Meta:
        """Its key."""

        primary_key = CompositeKey("pack", "version")


class LessonRow(_Row):
    """The active version of a lesson: that it stands here means that the lesson can be opened.

    `activated_at` is an RFC 3339 time in UTC. `previous_version` is what a rollback goes back to.
    """

    pack: Any = TextField()
    lesson: Any = TextField()
    version: Any = IntegerField()
    previous_version: Any = IntegerField(null=True)
    activated_at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("pack", "lesson")


class TickRow(_Row):
    """What one tick of the engine did, or several that were alike or are long ago (not derived).

    Times are RFC 3339 in UTC; `seconds` were spent in the ticks, `ticks` in number. As JSON:
    `links`, by source, `[bytes in, bytes out, requests, cuts]`; `kinds`, by kind of content, the
    bytes that came for it; `opened`, `[pack, version, lessons]` each.
    """

    started_at: Any = TextField()
    ended_at: Any = TextField()
    seconds: Any = IntegerField(default=0)
    ticks: Any = IntegerField(default=1)
    bytes_in: Any = IntegerField()
    bytes_out: Any = IntegerField()
    requests: Any = IntegerField()
    cuts: Any = IntegerField(default=0)
    outcome: Any = TextField()
    detail: Any = TextField(default="")
    links: Any = TextField(default="{}")
    kinds: Any = TextField(default="{}")
    opened: Any = TextField(default="[]")


class StateRow(_Row):
    """A single value by its key, such as the entity tag of the last timestamp seen."""

    key: Any = TextField(primary_key=True)
    value: Any = TextField()


ALL = (PackRow, VersionRow, LessonRow, TickRow, StateRow)
