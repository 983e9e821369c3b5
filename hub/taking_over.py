"""Which keys are in force, and how a new one takes over from an old one.

What is in force is what the signed metadata names. A new key is made as `NAME.next`, durably,
before anything names it. While it waits, metadata of its role is signed by both, so that it holds
before and after. Once the metadata in force names it, it takes the place of the old one by a
rename, now or, after a cut, with the next command that changes anything.
"""

from collections.abc import Mapping

from content_packs.hub_keys import keyid_of
from content_packs.key_files import raw_of
from hub.clock import in_words
from hub.edition import Edition
from hub.hub import Hub
from hub.keys import ESCROW, SEAL, SERVICE, KeyStore, next_of
from hub.models import KeyRow

TOP_LEVEL = ("targets", "snapshot", "timestamp")  # besides root, which names them


def in_force(edition: Edition) -> dict[str, list[str]]:
    """Return the keyids that the metadata in force names, for each role and purpose."""
    delegations = edition.targets.delegations
    delegated = delegations.roles if delegations and delegations.roles else {}
    further = edition.hub_keys
    return {
        **{role: list(edition.root.roles[role].keyids) for role in ("root", *TOP_LEVEL)},
        **{role: list(found.keyids) for role, found in sorted(delegated.items())},
        SERVICE: sorted(further.service),
        SEAL: sorted(further.seal),
        ESCROW: sorted(further.escrow),
    }


def waiting(keys: KeyStore) -> list[str]:
    """Return the roles and purposes that a new key waits for."""
    end = next_of("")
    return [name.removesuffix(end) for name in keys.names() if name.endswith(end)]


def keyid_here(keys: KeyStore, name: str) -> str:
    """Return the keyid of a key on this machine, as metadata names it.

    Raises `KeyAbsent`, `KeyLocked`.
    """
    role = name.removesuffix(next_of(""))
    if role == SERVICE:
        return keyid_of(raw_of(keys.signing_key(name).public_key()))
    if role == SEAL:
        return keyid_of(raw_of(keys.seal(name).public_key()))
    return keys.public(name).keyid


def settle(keys: KeyStore, edition: Edition) -> None:
    """Let the keys take over that are in force already.

    Raises `KeyLocked`, `KeyAbsent`, `StorageFailed`.
    """
    named = in_force(edition)
    for name in waiting(keys):
        if keyid_here(keys, next_of(name)) in named.get(name, ()):
            keys.promote(name)


def record(hub: Hub, edition: Edition) -> None:
    """Add to the history which keys are in force, and which aren't any more.

    Raises `StorageFailed`.
    """
    named = {keyid: role for role, keyids in in_force(edition).items() for keyid in keyids}
    with hub.database.writing():
        known = {row.keyid: row.until for row in KeyRow.select()}
        if _as_known(named, known):
            return
        now = in_words(hub.clock())
        for keyid, role in named.items():
            if keyid not in known:
                KeyRow.insert(keyid=keyid, role=role, since=now).execute()
            elif known[keyid]:
                KeyRow.update(until="").where(KeyRow.keyid == keyid).execute()
        for keyid in known.keys() - named.keys():
            KeyRow.update(until=now).where((KeyRow.keyid == keyid) & (KeyRow.until == "")).execute()


def since(hub: Hub) -> dict[str, str]:
    """Return since when each key is in force, as far as this hub noticed."""
    with hub.database.transaction():
        return {row.keyid: row.since for row in KeyRow.select()}


def _as_known(named: Mapping[str, str], known: Mapping[str, str]) -> bool:
    return named.keys() == {keyid for keyid, until in known.items() if not until}
