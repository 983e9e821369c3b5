"""The table of what was forgotten, in hub.db; rows never leave."""

from typing import Any

from peewee import CompositeKey, TextField

from hub.models import Row


class ForgottenRow(Row):
    """That all of a school from before a moment is forgotten; of all schools, where it is empty.

    `what`: `records` or `use`. Times are RFC 3339 in UTC.
    """

    what: Any = TextField()
    school: Any = TextField()
    before: Any = TextField()
    forgotten_at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("what", "school")
