"""The keys that count, those that wait to take over, and where each is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from content_packs.errors import SatchelError
from hub.clock import in_words
from hub.edition import Edition, read_edition
from hub.expiry import lifetime_of
from hub.hub import Hub
from hub.keys import ROOT_NAMES, KeyStore, next_of
from hub.limits import RENEW_BELOW
from hub.taking_over import in_force, keyid_here, since, waiting

Place: TypeAlias = Literal["encrypted", "open", "offline"]


@dataclass(frozen=True)
class KeyView:
    """A key. `place`: on this machine, encrypted or open to whoever has the file, or elsewhere.

    `since`: since when it counts, as far as this hub knows; empty for one that waits. `expires`:
    when what it signed last lapses, `due`: from when on that is signed anew; empty for keys that
    sign no metadata.
    """

    role: str
    keyid: str
    place: Place
    since: str
    expires: str
    due: str


def list_keys(hub: Hub) -> list[KeyView]:
    """Return the keys. Raises `Damaged`, `StorageFailed`."""
    edition = read_edition(hub.data.metadata)
    known = since(hub)
    places = _places(hub.keys, edition)
    found = [
        KeyView(
            role, keyid, places.get(keyid, "offline"), known.get(keyid, ""), *_ends(edition, role)
        )
        for role, keyids in in_force(edition).items()
        for keyid in keyids
    ]
    return [*found, *_waiting(hub.keys, edition)]


def _waiting(keys: KeyStore, edition: Edition) -> Iterator[KeyView]:
    named = in_force(edition)
    for role in waiting(keys):
        name = next_of(role)
        keyid = _keyid(keys, name)
        if keyid not in named.get(role, ()):
            yield KeyView(name, keyid, _place(keys, name), "", "", "")


def _places(keys: KeyStore, edition: Edition) -> dict[str, Place]:
    """Return where each key is; one that can't be opened is taken for the only one it can be."""
    named = in_force(edition)
    places = {}
    for name in keys.names():
        role = "root" if name in ROOT_NAMES else name.removesuffix(next_of(""))
        keyid = _keyid(keys, name)
        if not keyid and len(named.get(role, ())) == 1 and name == role:
            keyid = named[role][0]
        if keyid:
            places[keyid] = _place(keys, name)
    return places


def _place(keys: KeyStore, name: str) -> Place:
    return "encrypted" if keys.is_encrypted(name) else "open"


def _keyid(keys: KeyStore, name: str) -> str:
    """Return the keyid of a key that is here, empty where it can't be opened."""
    try:
        return keyid_here(keys, name)
    except SatchelError:
        return ""


def _ends(edition: Edition, role: str) -> tuple[str, str]:
    signed = edition.roles().get(role)
    if signed is None:
        return "", ""
    due: datetime = signed.expires - lifetime_of(role) * RENEW_BELOW
    return in_words(signed.expires), in_words(due)
