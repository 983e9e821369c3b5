"""The tables of what is used, in hub.db; rows never leave."""

from typing import Any

from peewee import CompositeKey, IntegerField, Model, TextField

from hub.models import database_proxy


class _Row(Model):
    class Meta:
        database = database_proxy
        legacy_table_names = False


class UseRow(_Row):
    """What a school's pupils did in a month with a lesson; with a pack, where `lesson` is empty.

    With all packs, where `pack` is empty, too. `pupils` is how many there were; `marks` tell
    whether the next one is among them, `MARK_DIGITS` for each, by a digest that is another one in
    each row: they name nobody, and can't be put together to what one pupil did. `opened` counts
    items, each once a day and pupil; `done` lessons likewise.
    """

    school: Any = TextField()
    month: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    pupils: Any = IntegerField()
    marks: Any = TextField()
    opened: Any = IntegerField()
    done: Any = IntegerField()
    answers: Any = IntegerField()
    correct: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "month", "pack", "lesson")


class UseDayRow(_Row):
    """What a school's pupils did in a day; `marks` as those of `UseRow`."""

    school: Any = TextField()
    day: Any = TextField()
    pupils: Any = IntegerField()
    marks: Any = TextField()
    opened: Any = IntegerField()
    answers: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "day")
