"""The tables of the audit log's chain in hub.db; its lines are `hub.fleet.tables.AuditRow`."""

from typing import Any

from peewee import IntegerField, TextField

from hub.models import Row


class AuditHeadRow(Row):
    """Where a chain is: number and digest of its last line.

    `before`: the last line's `id` of those that were written before there was a chain.
    """

    chain: Any = TextField(primary_key=True)
    number: Any = IntegerField()
    digest: Any = TextField()
    before: Any = IntegerField()


class AuditCheckpointRow(Row):
    """Where both chains were, signed by the service key; `number` is the time in seconds."""

    number: Any = IntegerField(primary_key=True)
    document: Any = TextField()
