"""The session of whoever asks for a page, as this room knows it: with its id and its person."""

from content_packs.errors import Refused
from hub.console.ground import Console
from hub.people.sessions import Session


def own_session(console: Console) -> Session:
    """Return the session of this request. Raises `Refused` where there is none."""
    found = console.session
    if not isinstance(found, Session):
        raise Refused("nobody is signed in", hint="Sign in.")
    return found
