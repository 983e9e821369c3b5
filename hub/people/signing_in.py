"""Signing in and out.

Whatever is wrong, the answer and the time it takes are the same: nobody learns which logins there
are. Why a sign-in was refused stands in the audit log alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.people import passwords, second_factor, sessions, trying
from hub.people.errors import SignInRefused
from hub.people.limits import DEVICES_OF_PERSON_MAX, LOGIN_CHARACTERS_MAX
from hub.people.secrets_kept import digest_of, new_token
from hub.people.sessions import Session
from hub.people.tables import PersonDeviceRow, PersonRow

Randomness = Callable[[int], bytes]


class Noting(Protocol):
    """What writes refusals down: `hub.fleet.audit.Refusals`, some of many."""

    def note(  # noqa: D102  # as there
        self, hub: Hub, event: audit.Event, *, origin: str, reason: str
    ) -> None: ...


@dataclass(frozen=True)
class Given:
    """What somebody typed, and where from. `device`: the browser's token of before, if any."""

    login: str
    password: str
    code: str
    address: str
    device: str = ""


@dataclass(frozen=True)
class Entered:
    """Tokens for the browser: of the session, and of the device for next time."""

    session: str
    device: str


def sign_in(hub: Hub, given: Given, randomness: Randomness, refusals: Noting) -> Entered:
    """Begin a session, with a new token.

    Raises `SignInRefused`, `TooOften`, `KeyLocked` where a second factor can't be opened,
    `StorageFailed`.
    """
    login = given.login.strip().lower()[:LOGIN_CHARACTERS_MAX]
    found, allowances = _counted(hub, login, given, refusals)
    kept = found.password if found is not None and not found.disabled_at else ""
    is_right = passwords.verify(kept, given.password)
    step = _step(hub, found, given.code) if found is not None and is_right else None
    if found is None or step is None:
        why = _why(found, is_right=is_right)
        refusals.note(hub, "sign-in-refused", origin=given.address, reason=f"{login[:64]}: {why}")
        raise SignInRefused
    return _enter(hub, found, step, given, randomness, allowances)


def sign_out(hub: Hub, session: Session) -> None:
    """End a session. Raises `StorageFailed`."""
    with hub.database.writing():
        sessions.end_one(session.person, session.id)
        audit.note(hub, "signed-out", actor=session.actor.login, origin=session.address)


def _counted(
    hub: Hub, login: str, given: Given, refusals: Noting
) -> tuple[PersonRow | None, tuple[trying.Allowance, ...]]:
    """Return whose login it is, and what this try was counted as. Raises `TooOften`."""
    with hub.database.writing():
        found: PersonRow | None = PersonRow.get_or_none(PersonRow.login == login)
        device = _device(found, given.device)
        allowances = (
            trying.of_device(device) if device else trying.of_stranger(login, given.address)
        )
        wait = trying.take(hub, allowances)
    if wait:
        reason = f"{login[:64]}: too many tries"
        refusals.note(hub, "sign-in-refused", origin=given.address, reason=reason)
        trying.too_often(wait)
    return found, allowances


def _device(found: PersonRow | None, token: str) -> str:
    """Return the digest of a device that the login signed in from before, empty for none."""
    if not found or not token:
        return ""
    digest = digest_of(token)
    known = PersonDeviceRow.get_or_none(
        (PersonDeviceRow.digest == digest) & (PersonDeviceRow.person == found.person)
    )
    return digest if known is not None else ""


def _step(hub: Hub, found: PersonRow, code: str) -> int | None:
    """Return the step of the code that was used, the last one where none is asked for."""
    if not found.totp:
        return int(found.totp_step)
    secret = second_factor.opened(hub, found.person, found.totp)
    return second_factor.step_of(secret, code, hub.clock(), after=found.totp_step)


def _why(found: PersonRow | None, *, is_right: bool) -> str:
    if found is None:
        return "no such login"
    if found.disabled_at:
        return "disabled"
    if is_right:
        return "wrong or used code"
    return "wrong password" if found.password else "no password is set yet"


def _enter(  # noqa: PLR0913, PLR0917  # what sign_in found
    hub: Hub,
    found: PersonRow,
    step: int,
    given: Given,
    randomness: Randomness,
    allowances: tuple[trying.Allowance, ...],
) -> Entered:
    dated = passwords.is_dated(found.password)
    kept = passwords.hashed(given.password) if dated else found.password
    with hub.database.writing():
        same = (
            (PersonRow.person == found.person)
            & (PersonRow.password == found.password)
            & (PersonRow.totp == found.totp)
            & (PersonRow.totp_step == found.totp_step)
            & (PersonRow.disabled_at == "")
        )
        if not PersonRow.update(password=kept, totp_step=step).where(same).execute():
            raise SignInRefused  # another sign-in used the code, or the account changed meanwhile
        trying.give_back(hub, allowances)
        session = sessions.begin(hub, found, given.address, randomness)
        device = _keep_device(hub, found.person, given.device, randomness)
        audit.note(hub, "signed-in", actor=found.login, origin=given.address)
    return Entered(session, device)


def _keep_device(hub: Hub, person: str, token: str, randomness: Randomness) -> str:
    """Return the token of a device that a person signs in from, from now on a known one."""
    now = in_words(hub.clock())
    digest = digest_of(token)
    mine = (PersonDeviceRow.digest == digest) & (PersonDeviceRow.person == person)
    if token and PersonDeviceRow.update(seen_at=now).where(mine).execute():
        return token
    made = new_token(randomness)
    PersonDeviceRow.insert(digest=digest_of(made), person=person, seen_at=now).execute()
    theirs = PersonDeviceRow.select().where(PersonDeviceRow.person == person)
    newest = theirs.order_by(PersonDeviceRow.seen_at.desc())
    for row in newest.offset(DEVICES_OF_PERSON_MAX).limit(DEVICES_OF_PERSON_MAX):
        PersonDeviceRow.delete().where(PersonDeviceRow.digest == row.digest).execute()
    return made
