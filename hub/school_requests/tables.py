"""The table of schools' requests in hub.db. Times are RFC 3339 in UTC; rows never leave."""

from typing import Any

from peewee import AutoField, IntegerField, Model, TextField

from hub.models import database_proxy


class RequestRow(Model):
    """A wish or an offer; `id` is the school's. `text`: a wish's words, or a material's title.

    `state` is the school's word: `open`, `withdrawn`, `here`; `answer` the hub's: empty, `answered`
    or `declined`. `file`, of an offer: empty, `asked`, `arrived` (not looked at yet), `whole`, or
    `damaged`; `file_bytes` have come since it was asked for in the answers
    `file_asked`. `said`: the number of the answers in which it changed last.
    """

    number: Any = AutoField()
    school: Any = TextField()
    id: Any = TextField()
    what: Any = TextField()
    node: Any = TextField()
    state: Any = TextField()
    pack: Any = TextField(default="")
    lesson: Any = TextField(default="")
    text: Any = TextField(default="")
    kind: Any = TextField(default="")
    media_type: Any = TextField(default="")
    size: Any = IntegerField(default=0)
    digest: Any = TextField(default="")
    seconds: Any = IntegerField(default=0)
    language: Any = TextField(default="")
    asked_at: Any = TextField()
    taken_at: Any = TextField()
    answer: Any = TextField(default="")
    answer_text: Any = TextField(default="")
    answer_pack: Any = TextField(default="")
    answered_at: Any = TextField(default="")
    file: Any = TextField(default="")
    file_asked: Any = IntegerField(default=0)
    file_bytes: Any = IntegerField(default=0)
    said: Any = IntegerField(default=0)

    class Meta:
        """Its place."""

        database = database_proxy
        legacy_table_names = False
