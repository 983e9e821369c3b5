"""The tables of people in hub.db. Times are RFC 3339 in UTC; rows never leave the services.

No password, token or link stands here, only what they are checked with.
"""

from typing import Any

from peewee import IntegerField, JSONField, TextField

from hub.models import Row


class PersonRow(Row):
    """A person. `townships`: an operator's; `publisher`: a publisher's.

    `password` is argon2's text, empty until one is set; `totp` the second factor's secret, sealed,
    empty for none; `totp_step` the newest one that was used. `disabled_at` is empty while they may
    sign in.
    """

    person: Any = TextField(primary_key=True)
    login: Any = TextField(unique=True)
    name: Any = TextField()
    role: Any = TextField()
    townships: Any = JSONField(default=list)
    publisher: Any = TextField(default="")
    password: Any = TextField(default="")
    totp: Any = TextField(default="")
    totp_step: Any = IntegerField(default=0)
    added_at: Any = TextField()
    disabled_at: Any = TextField(default="")


class PersonSessionRow(Row):
    """A session, by the digest of its token. `csrf`: what each form of it has to hold."""

    digest: Any = TextField(primary_key=True)
    person: Any = TextField()
    csrf: Any = TextField()
    address: Any = TextField()
    created_at: Any = TextField()
    seen_at: Any = TextField()
    expires_at: Any = TextField()


class PersonDeviceRow(Row):
    """A browser that a person signed in with before, by the digest of its token."""

    digest: Any = TextField(primary_key=True)
    person: Any = TextField()
    seen_at: Any = TextField()


class PersonLinkRow(Row):
    """A link by which a person sets a password, once; a new one takes its place."""

    digest: Any = TextField(primary_key=True)
    person: Any = TextField(unique=True)
    expires_at: Any = TextField()


class ApiTokenRow(Row):
    """A token of a person's programs, by its digest. `scopes`: rights; an empty list for all.

    `used_on`: the day of its last use. `revoked_at` is empty while it is good.
    """

    token: Any = TextField(primary_key=True)
    digest: Any = TextField(unique=True)
    person: Any = TextField()
    name: Any = TextField()
    scopes: Any = JSONField(default=list)
    made_at: Any = TextField()
    expires_at: Any = TextField()
    used_on: Any = TextField(default="")
    revoked_at: Any = TextField(default="")


class TryRow(Row):
    """How far ahead of the clock tries of a name have used it up: milliseconds since 1970."""

    name: Any = TextField(primary_key=True)
    used_until: Any = IntegerField()
