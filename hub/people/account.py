"""What people do with their own account: password, second factor, sessions.

Whoever finds a browser signed in can't lock its owner out: each needs the password once more.
"""

from collections.abc import Callable

from hub.clock import in_words
from hub.fleet import audit
from hub.hub import Hub
from hub.people import passwords, second_factor, sessions, trying
from hub.people.errors import LinkSpent, WrongCode, WrongPassword
from hub.people.secrets_kept import digest_of
from hub.people.sessions import Session
from hub.people.tables import PersonDeviceRow, PersonLinkRow, PersonRow

Randomness = Callable[[int], bytes]


def login_of_link(hub: Hub, token: str) -> str:
    """Return the login that a link to set a password is for. Raises `LinkSpent`.

    Nobody guesses 256 bits: tries aren't counted.
    """
    with hub.database.transaction():
        return str(_of_link(hub, token).login)


def set_by_link(hub: Hub, token: str, address: str, password: str) -> str:
    """Set a password by a link, which is good no more; return the login.

    All sessions end. Raises `LinkSpent`, `UsageError` for an easy password.
    """
    login = login_of_link(hub, token)
    passwords.check(password, login)
    kept = passwords.hashed(password)
    with hub.database.writing():
        person = _of_link(hub, token)
        PersonLinkRow.delete().where(PersonLinkRow.person == person.person).execute()
        _set_password(person.person, kept, but="")
        audit.note(hub, "password-set", actor=person.login, origin=address, reason="by a link")
    return login


def change_password(hub: Hub, session: Session, now: str, new: str) -> None:
    """Change one's own password; all one's other sessions end.

    Raises `WrongPassword` where `now` isn't it, `UsageError`, `TooOften`.
    """
    _expect_password(hub, session, now)
    passwords.check(new, session.actor.login)
    kept = passwords.hashed(new)
    with hub.database.writing():
        _set_password(session.person, kept, but=session.id)
        audit.note(hub, "password-set", actor=session.actor.login, origin=session.address)


def end_others(hub: Hub, session: Session) -> int:
    """End all one's other sessions; return how many there were. Raises `StorageFailed`."""
    with hub.database.writing():
        gone = sessions.end_all(session.person, but=session.id)
        if gone:
            audit.note(
                hub, "signed-out", actor=session.actor.login, origin=session.address,
                reason=f"{gone} other sessions",
            )  # fmt: skip
        return gone


def has_second_step(hub: Hub, session: Session) -> bool:
    """Return whether a code is asked for when they sign in. Raises `StorageFailed`."""
    with hub.database.transaction():
        return bool(PersonRow.get_by_id(session.person).totp)


def switch_second_step_on(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub, session: Session, *, password: str, secret: str, code: str, randomness: Randomness
) -> None:
    """Ask for a code from now on; `code` shows that the app has the secret.

    Raises `WrongPassword`, `WrongCode`, `UsageError`, `TooOften`, `KeyLocked`.
    """
    _expect_password(hub, session, password)
    step = second_factor.step_of(second_factor.check_secret(secret), code, hub.clock(), after=0)
    if step is None:
        raise WrongCode
    sealed = second_factor.seal(hub, session.person, secret, randomness)
    with hub.database.writing():
        PersonRow.update(totp=sealed, totp_step=step).where(
            PersonRow.person == session.person
        ).execute()
        audit.note(hub, "second-step-on", actor=session.actor.login, origin=session.address)


def switch_second_step_off(hub: Hub, session: Session, *, password: str) -> None:
    """Ask for no code any more. Raises `WrongPassword`, `TooOften`."""
    _expect_password(hub, session, password)
    with hub.database.writing():
        PersonRow.update(totp="").where(PersonRow.person == session.person).execute()
        audit.note(hub, "second-step-off", actor=session.actor.login, origin=session.address)


def _of_link(hub: Hub, token: str) -> PersonRow:
    """Return whose link it is, inside the caller's transaction. Raises `LinkSpent`."""
    now = in_words(hub.clock())
    link = PersonLinkRow.get_or_none(
        (PersonLinkRow.digest == digest_of(token)) & (PersonLinkRow.expires_at > now)
    )
    person = sessions.enabled(link.person) if link is not None else None
    if person is None:
        raise LinkSpent
    return person


def _set_password(person: str, kept: str, *, but: str) -> None:
    PersonRow.update(password=kept).where(PersonRow.person == person).execute()
    sessions.end_all(person, but=but)
    if not but:
        PersonDeviceRow.delete().where(PersonDeviceRow.person == person).execute()


def _expect_password(hub: Hub, session: Session, password: str) -> None:
    """Raise `WrongPassword` unless it is theirs, `TooOften` for too many wrong ones."""
    allowances = trying.of_session(session.person)
    with hub.database.writing():
        wait = trying.take(hub, allowances)
        kept = PersonRow.get_by_id(session.person).password
    if wait:
        trying.too_often(wait)
    if not passwords.verify(kept, password):
        raise WrongPassword
    with hub.database.writing():
        trying.give_back(hub, allowances)
