"""People of a test's hub, and how they sign in."""

import os
from dataclasses import dataclass, field

import pyotp

from hub.fleet.audit import Event
from hub.hub import Hub
from hub.people import second_factor, sessions, signing_in
from hub.people.directory import Link, Terms
from hub.people.sessions import Session
from hub.people.signing_in import Entered, Given

PEOPLE = {
    "ada": Terms("administrator"),
    "otto": Terms("operator", ("North", "River")),
    "peng": Terms("publisher", (), "river-press"),
    "tina": Terms("teacher"),
    "auda": Terms("auditor"),
}
HOME = "192.0.2.7"


def password_of(login: str) -> str:
    return f"four blue horses of {login}"


def token_of(link: Link) -> str:
    return link.place.rpartition("/")[2]


@dataclass
class Noted:
    """Keeps refusals in a list."""

    reasons: list[str] = field(default_factory=list)

    def note(self, hub: Hub, event: Event, *, origin: str, reason: str) -> None:
        del hub
        self.reasons.append(f"{event} {origin} {reason}")


def try_in(  # as somebody types
    hub: Hub,
    login: str,
    password: str = "",
    *,
    code: str = "",
    address: str = HOME,
    device: str = "",
    noted: Noted | None = None,
) -> Entered:
    given = Given(login, password or password_of(login), code, address, device)
    return signing_in.sign_in(hub, given, os.urandom, noted or Noted())


def session_of(hub: Hub, entered: Entered, address: str = HOME) -> Session:
    found = sessions.find(hub, entered.session, address)
    assert found is not None
    return found


def signed_in(hub: Hub, login: str) -> Session:
    return session_of(hub, try_in(hub, login))


def code_at(hub: Hub, secret: str, seconds: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(hub.clock().timestamp()) + seconds)


def new_secret() -> str:
    return second_factor.new_secret(os.urandom)
