"""The tables of what is used, in hub.db; rows never leave."""

from typing import Any

from peewee import CompositeKey, IntegerField, TextField

from hub.models import Row


class UseRow(Row):
    """What a school's pupils did in a month with a pack; with all packs, where `pack` is empty.

    `pupils` is how many there were. `opened` counts items, each once a day and pupil; `done`
    lessons likewise.
    """

    school: Any = TextField()
    month: Any = TextField()
    pack: Any = TextField()
    pupils: Any = IntegerField()
    opened: Any = IntegerField()
    done: Any = IntegerField()
    answers: Any = IntegerField()
    correct: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "month", "pack")


class LessonUseRow(Row):
    """The same of one lesson."""

    school: Any = TextField()
    month: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    pupils: Any = IntegerField()
    opened: Any = IntegerField()
    done: Any = IntegerField()
    answers: Any = IntegerField()
    correct: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "month", "pack", "lesson")


class UseDayRow(Row):
    """How many of a school's pupils learned on a day."""

    school: Any = TextField()
    day: Any = TextField()
    pupils: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "day")


class UseMarkRow(Row):
    """Which pupils a count has already, of a month or a day (`span`): `MARK_DIGITS` for each.

    Marks are digests that are others in each row: they name nobody, and can't be put together to
    what one pupil did. They lie by themselves, so that whoever adds counts up needn't read them.
    """

    school: Any = TextField()
    span: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    marks: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("school", "span", "pack", "lesson")
