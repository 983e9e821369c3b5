"""The table of uploads. Times are RFC 3339 in UTC. Rows never leave this room."""

from typing import Any

from peewee import BigIntegerField, Model, TextField

from hub.models import database_proxy


class UploadRow(Model):
    """A file on its way in, and what became of it.

    `received` bytes are durable. `state` is `receiving`, `whole`, `published`, `taken` (a stick) or
    `failed`; the file is here but for `published` and `taken`. `job` publishes it, or takes it in;
    `result` says what came of that.
    """

    id: Any = TextField(primary_key=True)
    login: Any = TextField()
    publisher: Any = TextField()
    name: Any = TextField()
    size: Any = BigIntegerField()
    received: Any = BigIntegerField()
    state: Any = TextField()
    job: Any = TextField()
    result: Any = TextField()
    created_at: Any = TextField()
    changed_at: Any = TextField()
    expires_at: Any = TextField()

    class Meta:
        """Its database and name."""

        database = database_proxy
        legacy_table_names = False
