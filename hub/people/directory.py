"""Who works at this hub: added, changed, disabled, given a new link by an administrator.

Nobody is ever removed, so that the audit log's names stay somebody's. One administrator who may
sign in is always left. A role's limits come with it: an operator has townships, a publisher the
name that packs are published under, and nobody else has either.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from content_packs.errors import Missing, Refused, UsageError
from content_packs.names import check_name
from hub.clock import in_words
from hub.fleet import audit
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people import sessions
from hub.people.actor import Actor
from hub.people.limits import (
    LINK_LIFETIME,
    LOGIN_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    PEOPLE_MAX,
    TOWNSHIP_CHARACTERS_MAX,
    TOWNSHIPS_OF_PERSON_MAX,
)
from hub.people.rights import ROLES, Right, Role
from hub.people.secrets_kept import digest_of, new_token
from hub.people.tables import ApiTokenRow, PersonDeviceRow, PersonLinkRow, PersonRow

Randomness = Callable[[int], bytes]
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]*")
_NOT_PEOPLE = {"hub", "command"}  # the audit log calls the hub itself so, and who runs commands


@dataclass(frozen=True)
class Person:
    """Somebody who works here. `ready`: they have set a password. Times are RFC 3339 in UTC."""

    login: str
    name: str
    role: Role
    townships: tuple[str, ...]
    publisher: str
    ready: bool
    second_step: bool
    added_at: str
    disabled_at: str


@dataclass(frozen=True)
class Link:
    """A link by which a person sets a password, once: `place` below the console's address.

    It can't be shown again.
    """

    login: str
    place: str
    expires_at: str


@dataclass(frozen=True)
class Terms:
    """What somebody is to be. `townships` for an operator, `publisher` for a publisher."""

    role: str
    townships: Sequence[str] = ()
    publisher: str = ""


@dataclass(frozen=True)
class Wanted:
    """Whom a list is to hold: `text` stands in their login or name."""

    text: str = ""
    role: str = ""


def people(hub: Hub, actor: Actor) -> list[Person]:
    """Return everybody, by login. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.MANAGE_PEOPLE)
    with hub.database.transaction():
        return [_person(row) for row in PersonRow.select().order_by(PersonRow.login)]


def page(
    hub: Hub, actor: Actor, wanted: Wanted, *, after: str = "", most: int
) -> tuple[list[Person], str]:
    """Return those behind the login `after`, by login, and whom to go on after, empty for nobody.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.MANAGE_PEOPLE)
    query = PersonRow.select().where(PersonRow.login > after).order_by(PersonRow.login)
    if text := wanted.text.strip():
        query = query.where(PersonRow.login.contains(text) | PersonRow.name.contains(text))
    if wanted.role:
        query = query.where(PersonRow.role == wanted.role)
    with hub.database.transaction():
        found = [_person(row) for row in query.limit(most + 1)]
    return found[:most], found[most - 1].login if len(found) > most else ""


def person(hub: Hub, actor: Actor, login: str) -> Person:
    """Return somebody. Raises `Refused`, `Missing`, `StorageFailed`."""
    actor.expect(Right.MANAGE_PEOPLE)
    with hub.database.transaction():
        return _person(_expect(login))


def known_townships(hub: Hub) -> list[str]:
    """Return the townships that schools are in, by name. Raises `StorageFailed`."""
    named = SchoolRow.select(SchoolRow.township).where(SchoolRow.township != "").distinct()
    with hub.database.transaction():
        return sorted(row.township for row in named)


def add(  # noqa: PLR0913  # all are needed
    hub: Hub, actor: Actor, login: str, name: str, terms: Terms, *, randomness: Randomness
) -> tuple[Person, Link]:
    """Add somebody, with a link to set a password by.

    Raises `Refused` for a login that there is, `UsageError`, `StorageFailed`.
    """
    actor.expect(Right.MANAGE_PEOPLE)
    login = _checked_login(login)
    name = _checked_text(name or login, "the name", NAME_CHARACTERS_MAX)
    role, townships, publisher = _checked(terms)
    with hub.database.writing():
        if PersonRow.get_or_none(PersonRow.login == login) is not None:
            raise Refused(f"there is a {login} already", hint="hub people list shows everybody.")
        if PersonRow.select().count() >= PEOPLE_MAX:
            raise Refused(f"there are {PEOPLE_MAX} people already")
        row = PersonRow.create(
            person=str(uuid.UUID(bytes=randomness(16), version=4)),
            login=login,
            name=name,
            role=role,
            townships=townships,
            publisher=publisher,
            added_at=in_words(hub.clock()),
        )
        link = _new_link(hub, row, randomness)
        reason = f"{login}: {_in_words(role, townships, publisher)}"
        audit.note(hub, "person-added", actor=actor.login, reason=reason)
        return _person(row), link


def change(hub: Hub, actor: Actor, login: str, terms: Terms, *, name: str = "") -> Person:
    """Give somebody another role, other limits, or another name; it counts from now on.

    Raises `Refused` for the last administrator, `Missing`, `UsageError`, `StorageFailed`.
    """
    actor.expect(Right.MANAGE_PEOPLE)
    role, townships, publisher = _checked(terms)
    new_name = _checked_text(name, "the name", NAME_CHARACTERS_MAX) if name else ""
    with hub.database.writing():
        row = _expect(login)
        if row.role == "administrator" and role != "administrator":
            _expect_another_administrator(row)
        before = _in_words(row.role, row.townships, row.publisher)
        row.role, row.townships, row.publisher = role, townships, publisher
        row.name = new_name or row.name
        row.save()
        reason = f"{row.login}: {before}, now {_in_words(role, townships, publisher)}"
        audit.note(hub, "person-changed", actor=actor.login, reason=reason)
        return _person(row)


def disable(hub: Hub, actor: Actor, login: str) -> bool:
    """Let somebody in no more: sessions end, tokens and links are good no more, at once.

    Return whether they could before. Raises `Refused` for the last administrator, `Missing`.
    """
    actor.expect(Right.MANAGE_PEOPLE)
    with hub.database.writing():
        row = _expect(login)
        if row.disabled_at:
            return False
        _expect_another_administrator(row)
        row.disabled_at = in_words(hub.clock())
        row.save()
        _shut_out(hub, row)
        audit.note(hub, "person-disabled", actor=actor.login, reason=row.login)
        return True


def enable(hub: Hub, actor: Actor, login: str) -> bool:
    """Let somebody in again, by the password of before; say if they couldn't. Raises `Missing`."""
    actor.expect(Right.MANAGE_PEOPLE)
    with hub.database.writing():
        row = _expect(login)
        if not row.disabled_at:
            return False
        row.disabled_at = ""
        row.save()
        audit.note(hub, "person-enabled", actor=actor.login, reason=row.login)
        return True


def reset(hub: Hub, actor: Actor, login: str, *, second_step: bool, randomness: Randomness) -> Link:
    """Take somebody's password away, and return a link to set another by.

    Sessions end; tokens are good no more: whoever had the account may have made them.
    `second_step`: the second factor goes, too. Raises `Missing`, `Refused` for who is disabled.
    """
    actor.expect(Right.MANAGE_PEOPLE)
    with hub.database.writing():
        row = _expect(login)
        if row.disabled_at:
            raise Refused(f"{row.login} is disabled", hint=f"First: hub people enable {row.login}")
        row.password = ""
        if second_step:
            row.totp = ""
        row.save()
        _shut_out(hub, row)
        link = _new_link(hub, row, randomness)
        reason = row.login + (", with the second step" if second_step else "")
        audit.note(hub, "person-reset", actor=actor.login, reason=reason)
        return link


def _expect(login: str) -> PersonRow:
    found: PersonRow | None = PersonRow.get_or_none(PersonRow.login == login.strip().lower())
    if found is None:
        raise Missing(f"there is nobody called {login[:64]!r}", hint="See: hub people list")
    return found


def _expect_another_administrator(row: PersonRow) -> None:
    others = PersonRow.select().where(
        (PersonRow.role == "administrator")
        & (PersonRow.disabled_at == "")
        & (PersonRow.person != row.person)
    )
    if row.role == "administrator" and not row.disabled_at and not others.exists():
        raise Refused(
            f"{row.login} is the last administrator: nobody could let anybody in any more",
            hint="Add another first.",
        )


def _shut_out(hub: Hub, row: PersonRow) -> None:
    sessions.end_all(row.person)
    PersonDeviceRow.delete().where(PersonDeviceRow.person == row.person).execute()
    PersonLinkRow.delete().where(PersonLinkRow.person == row.person).execute()
    ApiTokenRow.update(revoked_at=in_words(hub.clock())).where(
        (ApiTokenRow.person == row.person) & (ApiTokenRow.revoked_at == "")
    ).execute()


def _new_link(hub: Hub, row: PersonRow, randomness: Randomness) -> Link:
    token = new_token(randomness)
    expires_at = in_words(hub.clock() + LINK_LIFETIME)
    PersonLinkRow.delete().where(PersonLinkRow.person == row.person).execute()
    PersonLinkRow.insert(
        digest=digest_of(token), person=row.person, expires_at=expires_at
    ).execute()
    return Link(row.login, f"/console/welcome/{token}", expires_at)


def _checked(terms: Terms) -> tuple[Role, list[str], str]:
    """Return role, townships and publisher. Raises `UsageError` for what doesn't go together."""
    role = next((each for each in ROLES if each == terms.role), None)
    if role is None:
        raise UsageError(
            f"there is no role {terms.role[:40]!r}", hint=f"Known: {', '.join(ROLES)}."
        )
    given = (_checked_text(each, "a township", TOWNSHIP_CHARACTERS_MAX) for each in terms.townships)
    townships = sorted(set(given))
    if len(townships) > TOWNSHIPS_OF_PERSON_MAX:
        raise UsageError(f"more than {TOWNSHIPS_OF_PERSON_MAX} townships")
    if bool(townships) != (role == "operator"):
        raise UsageError(
            "an operator has to have a township"
            if role == "operator"
            else f"only an operator has townships: {role} has none"
        )
    publisher = terms.publisher.strip()
    if bool(publisher) != (role == "publisher"):
        raise UsageError(
            "a publisher has to have the name that their packs are published under"
            if role == "publisher"
            else f"only a publisher publishes under a name: {role} doesn't"
        )
    if publisher:
        check_name(publisher, what="publisher")
    return role, townships, publisher


def _checked_login(login: str) -> str:
    found = login.strip().lower()
    if not _LOGIN.fullmatch(found) or len(found) > LOGIN_CHARACTERS_MAX or found in _NOT_PEOPLE:
        raise UsageError(
            f"the login {login[:64]!r} can't be one",
            hint=f"At most {LOGIN_CHARACTERS_MAX} of a-z, 0-9, dot, hyphen, underscore and @, "
            "beginning with a letter or a digit.",
        )
    return found


def _checked_text(text: str, what: str, most: int) -> str:
    found = " ".join(text.split())
    if not found or len(found) > most or not found.isprintable():
        raise UsageError(f"{what} has to be 1 to {most} characters on one line")
    return found


def _in_words(role: str, townships: Sequence[str], publisher: str) -> str:
    return " ".join(filter(None, (role, ", ".join(townships), publisher)))


def _person(row: PersonRow) -> Person:
    return Person(
        login=row.login,
        name=row.name,
        role=row.role,
        townships=tuple(row.townships),
        publisher=row.publisher,
        ready=bool(row.password),
        second_step=bool(row.totp),
        added_at=row.added_at,
        disabled_at=row.disabled_at,
    )
