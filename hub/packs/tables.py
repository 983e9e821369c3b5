"""The tables of this room. Rows never leave it."""

from typing import Any

from peewee import Model, TextField

from hub.models import database_proxy


class PublishingSecretRow(Model):
    """A secret that hub processes share, made at its first use; base64."""

    name: Any = TextField(primary_key=True)
    secret: Any = TextField()

    class Meta:
        """Its database and name."""

        database = database_proxy
        legacy_table_names = False
