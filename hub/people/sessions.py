"""Sessions of people who signed in: found by a token, ended by time, by hand or by a new password.

The token is new at each sign-in, so that one that somebody planted before is worth nothing after.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.clock import in_words
from hub.hub import Hub
from hub.people.actor import Actor, Via
from hub.people.limits import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    SESSION_SEEN_EVERY,
    SESSIONS_OF_PERSON_MAX,
)
from hub.people.secrets_kept import digest_of, new_token
from hub.people.tables import PersonRow, PersonSessionRow


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in. `csrf`: what each of their forms has to hold. `id`: its digest."""

    id: str
    person: str
    actor: Actor
    csrf: str
    address: str
    created_at: str
    seen_at: str


@dataclass(frozen=True)
class OpenSession:
    """Where somebody is signed in: the address last seen, since when, and when last."""

    id: str
    address: str
    created_at: str
    seen_at: str


def actor_of(row: PersonRow, via: Via) -> Actor:
    """Return a person as somebody who acts, with what is theirs."""
    townships = frozenset(row.townships) if row.role == "operator" else None
    publisher = row.publisher if row.role == "publisher" else ""
    return Actor(row.login, row.role, via, townships, publisher)


def enabled(person: str) -> PersonRow | None:
    """Return the row of a person who may sign in; inside the caller's transaction."""
    found: PersonRow | None = PersonRow.get_or_none(
        (PersonRow.person == person) & (PersonRow.disabled_at == "")
    )
    return found


def find(hub: Hub, token: str, address: str) -> Session | None:
    """Return the session of a token that came from an address, None where there is none.

    Raises `StorageFailed`.
    """
    now = hub.clock()
    with hub.database.transaction():
        row = PersonSessionRow.get_or_none(PersonSessionRow.digest == digest_of(token))
        person = _good(row, now) if row else None
    if row is None or person is None:
        return None
    if in_words(now - SESSION_SEEN_EVERY) >= row.seen_at:
        with hub.database.writing():
            PersonSessionRow.update(seen_at=in_words(now), address=address).where(
                PersonSessionRow.digest == row.digest
            ).execute()
    return Session(
        row.digest, person.person, actor_of(person, "console"), row.csrf, address, row.created_at,
        row.seen_at,
    )  # fmt: skip


def begin(hub: Hub, person: PersonRow, address: str, randomness: Callable[[int], bytes]) -> str:
    """Begin a session inside the caller's transaction; return its token.

    Those that ended are forgotten, and a person's oldest past their bound.
    """
    now = hub.clock()
    token = new_token(randomness)
    digest = digest_of(token)
    idle = in_words(now - SESSION_IDLE)
    over = (PersonSessionRow.expires_at <= in_words(now)) | (PersonSessionRow.seen_at <= idle)
    PersonSessionRow.delete().where(over).execute()
    PersonSessionRow.insert(
        digest=digest,
        person=person.person,
        csrf=new_token(randomness),
        address=address,
        created_at=in_words(now),
        seen_at=in_words(now),
        expires_at=in_words(now + SESSION_LIFETIME),
    ).execute()
    _forget_oldest(person.person, but=digest)
    return token


def end_one(person: str, session: str) -> bool:
    """End a session of a person's by its id, inside the caller's transaction; say if it was."""
    theirs = (PersonSessionRow.person == person) & (PersonSessionRow.digest == session)
    return bool(PersonSessionRow.delete().where(theirs).execute())


def end_all(person: str, *, but: str = "") -> int:
    """End a person's sessions inside the caller's transaction, but one; return how many."""
    theirs = (PersonSessionRow.person == person) & (PersonSessionRow.digest != but)
    return int(PersonSessionRow.delete().where(theirs).execute())


def of_person(hub: Hub, person: str) -> list[OpenSession]:
    """Return a person's sessions, the newest first. Raises `StorageFailed`."""
    now = hub.clock()
    rows = (
        PersonSessionRow.select()
        .where(
            (PersonSessionRow.person == person)
            & (PersonSessionRow.expires_at > in_words(now))
            & (PersonSessionRow.seen_at > in_words(now - SESSION_IDLE))
        )
        .order_by(PersonSessionRow.created_at.desc(), PersonSessionRow.digest)
    )
    with hub.database.transaction():
        return [OpenSession(row.digest, row.address, row.created_at, row.seen_at) for row in rows]


def _good(row: PersonSessionRow, now: datetime) -> PersonRow | None:
    """Return whose session it is, None where it ended or the person may not sign in."""
    if row.expires_at <= in_words(now) or row.seen_at <= in_words(now - SESSION_IDLE):
        return None
    return enabled(row.person)


def _forget_oldest(person: str, *, but: str) -> None:
    """Forget a person's sessions past their bound, never the one that begins.

    It may have begun in the second in which all others did, so that no time tells it apart.
    """
    others = (PersonSessionRow.person == person) & (PersonSessionRow.digest != but)
    oldest = (
        PersonSessionRow.select()
        .where(others)
        .order_by(
            PersonSessionRow.created_at.desc(),
            PersonSessionRow.seen_at.desc(),
            PersonSessionRow.digest,
        )
        .offset(SESSIONS_OF_PERSON_MAX - 1)
        .limit(SESSIONS_OF_PERSON_MAX)
    )
    gone = [row.digest for row in oldest]
    if gone:
        PersonSessionRow.delete().where(PersonSessionRow.digest.in_(gone)).execute()
