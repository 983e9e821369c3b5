"""Tokens of people's programs: shown once, good until a day, for no more than their person may.

Whoever manages people makes them for anybody (`hub tokens make`), anybody for themselves in the
console. A program's token makes none but where it may manage people: else one that leaked would
live for ever.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from content_packs.errors import Missing, Refused, UsageError
from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.people import sessions
from hub.people.actor import Actor
from hub.people.limits import TOKEN_DAYS_MAX, TOKEN_NAME_CHARACTERS_MAX, TOKENS_OF_PERSON_MAX
from hub.people.rights import RIGHTS, Right
from hub.people.secrets_kept import digest_of, new_token
from hub.people.tables import ApiTokenRow, PersonRow

PREFIX = "satchel_"
_DAY = 10  # characters of a time


@dataclass(frozen=True)
class Token:
    """A token without what it is. `scopes`: the rights that it is limited to, none for no limit.

    `used_on`: the day of its last use, empty for never.
    """

    id: str
    login: str
    name: str
    scopes: tuple[str, ...]
    made_at: str
    expires_at: str
    used_on: str
    revoked_at: str


@dataclass(frozen=True)
class MadeToken:
    """A token that was just made. `secret`: what a program sends; it can't be shown again."""

    token: Token
    secret: str


def make(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub,
    actor: Actor,
    login: str,
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    randomness: Callable[[int], bytes],
) -> MadeToken:
    """Make a token for somebody: for oneself in the console, else who manages people.

    Raises `Missing`, `UsageError` for a name, days or a right that can't be, `Refused` for a right
    that the person or the actor hasn't got, or for too many tokens.
    """
    _expect_theirs(actor, login, making=True)
    words = " ".join(name.split())
    if not words or len(words) > TOKEN_NAME_CHARACTERS_MAX or not words.isprintable():
        raise UsageError(f"the name has to be 1 to {TOKEN_NAME_CHARACTERS_MAX} characters")
    if not 1 <= days <= TOKEN_DAYS_MAX:
        raise UsageError(f"{days} days: expected 1 to {TOKEN_DAYS_MAX}")
    wanted = _rights(scopes)
    with hub.database.writing():
        person = _expect(login)
        _check_rights(wanted, person, actor)
        now = hub.clock()
        if _live(person, in_words(now)).count() >= TOKENS_OF_PERSON_MAX:
            raise Refused(f"{person.login} has {TOKENS_OF_PERSON_MAX} tokens", hint="Revoke some.")
        secret = PREFIX + new_token(randomness)
        row = ApiTokenRow.create(
            token=str(uuid.UUID(bytes=randomness(16), version=4)),
            digest=digest_of(secret),
            person=person.person,
            name=words,
            scopes=[right.value for right in wanted],
            made_at=in_words(now),
            expires_at=in_words(now + timedelta(days=days)),
        )
        audit.note(hub, "token-made", actor=actor.login, reason=f"{person.login}: {words}")
        return MadeToken(_token(row, person.login), secret)


def tokens(hub: Hub, actor: Actor, login: str = "") -> list[Token]:
    """Return somebody's tokens, or everybody's, the newest first; revoked and expired ones, too.

    Raises `Refused`, `Missing`, `StorageFailed`.
    """
    _expect_theirs(actor, login)
    query = ApiTokenRow.select().order_by(ApiTokenRow.made_at.desc(), ApiTokenRow.token)
    with hub.database.transaction():
        if login:
            query = query.where(ApiTokenRow.person == _expect(login).person)
        logins = {row.person: row.login for row in PersonRow.select()}
        return [_token(row, logins[row.person]) for row in query]


def good(hub: Hub, actor: Actor, login: str = "") -> list[Token]:
    """Return those that are neither revoked nor past their day. Raises as `tokens`."""
    now = in_words(hub.clock())
    found = tokens(hub, actor, login)
    return [token for token in found if not token.revoked_at and token.expires_at > now]


def revoke(hub: Hub, actor: Actor, token: str) -> bool:
    """Let a token be good no more, by its id; say whether it was. Raises `Missing`."""
    with hub.database.writing():
        row = ApiTokenRow.get_or_none(ApiTokenRow.token == token)
        person = PersonRow.get_or_none(PersonRow.person == row.person) if row else None
        mine = person is not None and person.login == actor.login
        if row is None or person is None or not (mine or actor.may(Right.MANAGE_PEOPLE)):
            raise Missing(f"there is no token {token[:40]!r}", hint="See: hub tokens list")
        if row.revoked_at:
            return False
        row.revoked_at = in_words(hub.clock())
        row.save()
        audit.note(hub, "token-revoked", actor=actor.login, reason=f"{person.login}: {row.name}")
        return True


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
    today = now[:_DAY]
    if row.used_on != today:
        with hub.database.writing():
            ApiTokenRow.update(used_on=today).where(ApiTokenRow.token == row.token).execute()
    actor = sessions.actor_of(person, "api")
    scopes = frozenset(map(Right, row.scopes)) if row.scopes else None
    return Actor(actor.login, actor.role, "api", actor.townships, actor.publisher, scopes)


def _expect_theirs(actor: Actor, login: str, *, making: bool = False) -> None:
    """Raise `Refused` unless it is about themselves, in the console, or they manage people."""
    is_own = login == actor.login and not (making and actor.via == "api")
    if not is_own:
        actor.expect(Right.MANAGE_PEOPLE)


def _expect(login: str) -> PersonRow:
    found: PersonRow | None = PersonRow.get_or_none(
        (PersonRow.login == login.strip().lower()) & (PersonRow.disabled_at == "")
    )
    if found is None:
        raise Missing(f"there is nobody called {login[:64]!r}", hint="See: hub people list")
    return found


def _rights(scopes: Sequence[str]) -> list[Right]:
    known = {right.value: right for right in Right}
    for scope in scopes:
        if scope not in known:
            raise UsageError(
                f"there is no right {scope[:40]!r}", hint=f"Known: {', '.join(known)}."
            )
    return sorted({known[scope] for scope in scopes})


def _check_rights(wanted: Sequence[Right], person: PersonRow, actor: Actor) -> None:
    """Raise `Refused` for a token that may more than its person, or than who makes it."""
    for right in wanted:
        if right not in RIGHTS[person.role]:
            raise Refused(f"{person.login} hasn't got the right {right.value}")
    if actor.scopes is not None and not (wanted and set(wanted) <= actor.scopes):
        raise Refused(
            "a token can't make one that may more than it may itself",
            hint="Name some of its own rights.",
        )


def _live(person: PersonRow, now: str) -> Any:
    return ApiTokenRow.select().where(
        (ApiTokenRow.person == person.person)
        & (ApiTokenRow.revoked_at == "")
        & (ApiTokenRow.expires_at > now)
    )


def _token(row: ApiTokenRow, login: str) -> Token:
    return Token(
        id=row.token,
        login=login,
        name=row.name,
        scopes=tuple(row.scopes),
        made_at=row.made_at,
        expires_at=row.expires_at,
        used_on=row.used_on,
        revoked_at=row.revoked_at,
    )
