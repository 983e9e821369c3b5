"""The tables of records in hub.db. Times are RFC 3339 in UTC; rows never leave."""

from typing import Any

from peewee import AutoField, CompositeKey, IntegerField, TextField

from hub.models import Row

NO_BATCH = 0


class RecordBatchRow(Row):
    """Records that came together: `records` in number, of the times from `first_at` to `last_at`.

    `frame` is a zstd frame of their lines, in base64: no database needs to know bytes, and they are
    a tenth of what they were.
    """

    number: Any = AutoField()
    school: Any = TextField()
    node: Any = TextField()
    taken_at: Any = TextField()
    records: Any = IntegerField()
    first_at: Any = TextField()
    last_at: Any = TextField()
    frame: Any = TextField()


class RecordRow(Row):
    """That a record of a school is here, by its id, and in which batch.

    In `NO_BATCH` it was here: it is forgotten, and says a time that wouldn't keep it out.
    """

    school: Any = TextField()
    id: Any = TextField()
    batch: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "id")
