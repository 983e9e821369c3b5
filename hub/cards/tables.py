"""The tables of cards. Times are RFC 3339 in UTC; what is secret in a seed stands in none."""

from typing import Any

from peewee import AutoField, BigIntegerField, IntegerField, JSONField, TextField

from hub.models import Row


class CardSeedRow(Row):
    """A seed. `card` is its number, `node` the one to be replaced; `code` the hash of its code."""

    card: Any = AutoField()
    school: Any = TextField()
    node: Any = TextField(default="")
    digest: Any = TextField(default="")
    code: Any = TextField()
    wifi: Any = TextField()
    channels: Any = JSONField(default=list)
    made_by: Any = TextField(default="")
    made_at: Any = TextField()
    expires_at: Any = TextField()


class CardReceiptRow(Row):
    """What a laptop said of a card. `digest` is that of its line; `at` by the laptop's clock."""

    digest: Any = TextField(primary_key=True)
    card: Any = IntegerField()
    at: Any = TextField()
    result: Any = TextField()
    trouble: Any = TextField(default="")
    image: Any = TextField()
    system: Any = IntegerField()
    satchel: Any = TextField(default="")
    arch: Any = TextField()
    packs: Any = JSONField(default=list)
    device_size: Any = BigIntegerField()
    device_model: Any = TextField(default="")
    device_serial: Any = TextField(default="")
    seconds: Any = BigIntegerField(default=0)
    label: Any = TextField(default="")
    taken_by: Any = TextField(default="")
    taken_at: Any = TextField()
