"""The tables of hub.db: what the signed repository doesn't say by itself.

What is offered now stands in the repository alone. Times are RFC 3339 in UTC. Rows never leave the
modules that query them.
"""

from typing import Any

from peewee import (
    AutoField,
    CompositeKey,
    DatabaseProxy,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

database_proxy = DatabaseProxy()


class Row(Model):
    """A row of hub.db. Its table is named after it: `PackRow` is in `pack_row`."""

    class Meta:
        """Which database it is in."""

        database = database_proxy
        legacy_table_names = False  # pack_row, not packrow


class PackRow(Row):
    """A pack, and the publisher that it belongs to: the one of its first version."""

    pack: Any = TextField(primary_key=True)
    publisher: Any = TextField()


class VersionRow(Row):
    """A version whose content is in the repository, whole.

    `manifest` and `layout` are digests; `size` the bytes of all files, `new_bytes` those that it
    brought into the repository. `title` is its localised title. `withdrawn_at` is empty unless it
    may not be released any more. `published_by`: the login of who published it, empty where that
    wasn't kept. `dropped_at` is empty while its content is here: retention takes it away.
    """

    pack: Any = TextField()  # of a PackRow, as the migration says
    version: Any = IntegerField()
    manifest: Any = TextField()
    layout: Any = TextField()
    size: Any = IntegerField()
    new_bytes: Any = IntegerField()
    title: Any = JSONField()
    published_at: Any = TextField()
    withdrawn_at: Any = TextField(default="")
    published_by: Any = TextField(default="")
    dropped_at: Any = TextField(default="")

    class Meta:
        """Its key."""

        primary_key = CompositeKey("pack", "version")


class ReleaseRow(Row):
    """That a version was released on a channel, in the order of `id`.

    `actor`: the login of who did, empty where that isn't known.
    """

    id: Any = AutoField()
    channel: Any = TextField()
    pack: Any = TextField()
    version: Any = IntegerField()
    released_at: Any = TextField()
    actor: Any = TextField(default="")


class DeltaRow(Row):
    """A delta from one version of a pack to another, or that one isn't worth making.

    `stored` are its bytes in the repository, 0 where it isn't worth it; `fetched` those of the
    whole update with it, `without` those without it.
    """

    pack: Any = TextField()
    older: Any = IntegerField()
    newer: Any = IntegerField()
    stored: Any = IntegerField()
    fetched: Any = IntegerField()
    without: Any = IntegerField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("pack", "older", "newer")


class KeyRow(Row):
    """A key that is or was in force: since when, and until when, empty while it is."""

    keyid: Any = TextField(primary_key=True)
    role: Any = TextField()
    since: Any = TextField()
    until: Any = TextField(default="")


class PublisherKeyRow(Row):
    """A publisher's key: `public` its raw bytes in hex, `packs` a pattern of names of packs.

    `removed_at` is empty while it counts.
    """

    keyid: Any = TextField(primary_key=True)
    publisher: Any = TextField()
    public: Any = TextField()
    packs: Any = TextField()
    added_at: Any = TextField()
    removed_at: Any = TextField(default="")


ALL = (PackRow, VersionRow, ReleaseRow, DeltaRow, KeyRow, PublisherKeyRow)
