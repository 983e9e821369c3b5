"""Tokens of people's programs: shown once, good until a day, for no more than their person may."""

from hub.clock import in_words
from hub.hub import Hub
from hub.people import sessions
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.people.secrets_kept import digest_of
from hub.people.tables import ApiTokenRow

PREFIX = "satchel_"


def find(hub: Hub, token: str) -> Actor | None:
    """Return who acts with a token, None where it isn't good. Raises `StorageFailed`.

    The day of its last use is written down, once a day.
    """
    if not token.startswith(PREFIX):
        return None
    now = in_words(hub.clock())
    with hub.database.transaction():
        row = ApiTokenRow.get_or_none(
            (ApiTokenRow.digest == digest_of(token))
            & (ApiTokenRow.revoked_at == "")
            & (ApiTokenRow.expires_at > now)
        )
        person = sessions.enabled(row.person) if row else None
    if row is None or person is None:
        return None
    today = now[:10]
    if row.used_on != today:
        with hub.database.writing():
            ApiTokenRow.update(used_on=today).where(ApiTokenRow.token == row.token).execute()
    actor = sessions.actor_of(person, "api")
    scopes = frozenset(map(Right, row.scopes)) if row.scopes else None
    return Actor(actor.login, actor.role, "api", actor.townships, actor.publisher, scopes)
