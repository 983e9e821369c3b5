"""The next root, and the next targets where their key is offline: drafts for people to sign.

A draft holds what is in force, with the keys that wait to take over in place of those they take
over from, and what the caller adds and drops. It is written without signatures.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import Key, SSlibKey
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization.json import JSONSerializer

from content_packs import key_files
from content_packs.errors import Refused, UsageError
from content_packs.hub_keys import HubKeys, keyid_of
from content_packs.key_files import raw_of
from content_packs.limits import HUB_KEYS_MAX
from hub.channels import delegate
from hub.edition import Edition
from hub.expiry import lifetime_of
from hub.further_keys import name_keys, seal_key, service_key
from hub.keyring.draft_rules import pattern_of
from hub.keys import SEAL, SERVICE, KeyStore, next_of
from hub.limits import ROOT_KEYS
from hub.taking_over import TOP_LEVEL, waiting


@dataclass(frozen=True)
class Changes:
    """What a draft changes besides the keys that wait: keyids to drop, root keys to add.

    `escrow` takes the place of the escrow keys that are named now; None leaves them.
    """

    drop: Sequence[str] = ()
    add: Sequence[Ed25519PublicKey] = ()
    escrow: dict[str, bytes] | None = None


NOTHING = Changes()


def changes_of(role: str, public: Sequence[Path], drop: Sequence[str]) -> Changes:
    """Return the changes to root or targets that were asked for.

    `public` are files of public keys: root's, or the one of escrow. Raises `InvalidContent`,
    `Missing`, `UsageError`.
    """
    if role == "root":
        add = [
            key_files.verifying_from(key_files.read_bounded(path), what=str(path))
            for path in public
        ]
        return Changes(drop, add)
    if len(public) > 1:
        raise UsageError("--public: targets name one escrow key", hint="Name one file.")
    return Changes(drop, escrow=escrow_of(public[0] if public else None))


def escrow_of(public: Path | None) -> dict[str, bytes] | None:
    """Return the escrow key in a public key's file as targets name it, None for none.

    Raises `InvalidContent`, `Missing`.
    """
    if public is None:
        return None
    key = key_files.sealed_to_from(key_files.read_bounded(public), what=str(public))
    return {keyid_of(raw_of(key)): raw_of(key)}


def next_root(edition: Edition, keys: KeyStore, changes: Changes, now: datetime) -> Root:
    """Return the root to be signed next.

    Raises `UsageError` for keys to drop that it doesn't name, `Refused` for a key to add that this
    hub signs with and where it would not have `ROOT_KEYS` keys of its own, `KeyLocked`.
    """
    if edition.lapsed:
        raise Refused(
            f"not signed yet as root {edition.root.version} wants it: "
            f"{', '.join(sorted(edition.lapsed))}",
            hint="Finish that first: bring the keys that it needs, then run: hub refresh",
        )
    root = copy.deepcopy(edition.root)
    root.version += 1
    root.expires = now.replace(microsecond=0) + lifetime_of("root")
    for keyid in changes.drop:
        root.revoke_key(_one_of(root.roles["root"].keyids, keyid, "root"), "root")
    for public in changes.add:
        _check_kept_elsewhere(edition, raw_of(public))
        root.add_key(SSlibKey.from_crypto(public), "root")
    if len(root.roles["root"].keyids) != ROOT_KEYS:
        raise Refused(
            f"root {root.version} would have {len(root.roles['root'].keyids)} keys of its own, "
            f"expected {ROOT_KEYS}",
            hint="For each key that is added with --public, name one with --drop KEYID. "
            "See them: hub keys list",
        )
    for role in TOP_LEVEL:
        if keys.has(next_of(role)):
            _give_only(root, role, keys.public(next_of(role)))
    return root


def next_targets(
    edition: Edition, keys: KeyStore, changes: Changes, names: Sequence[str]
) -> Targets:
    """Return targets that name the keys that wait for `names`.

    Version and expiry are the caller's.

    Raises `UsageError` for keys to drop that they don't name, `Refused`, `KeyLocked`, `KeyAbsent`.
    """
    targets = copy.deepcopy(edition.targets)
    further = edition.hub_keys
    for name in names:
        if name == SERVICE:
            named = {**further.service, **service_key(keys, next_of(SERVICE))}
            further = replace(further, service=named)
        elif name == SEAL:
            further = replace(further, seal=seal_key(keys, next_of(SEAL)))
        elif name not in TOP_LEVEL:
            delegate(targets, name, pattern_of(name), keys.public(next_of(name)))
    if changes.escrow is not None:
        _check_districts(further, changes.escrow)
        further = replace(further, escrow=changes.escrow)
    name_keys(targets, _without(further, changes.drop))
    return targets


def waiting_below_targets(keys: KeyStore) -> list[str]:
    """Return the roles and purposes that targets name, and that a key waits for."""
    return [name for name in waiting(keys) if name not in TOP_LEVEL]


def unsigned(signed: Root | Targets) -> bytes:
    """Return the file of a draft, with white space for people who look into it."""
    metadata: Metadata[Any] = Metadata(signed)
    return metadata.to_bytes(JSONSerializer())


def _check_kept_elsewhere(edition: Edition, raw: bytes) -> None:
    """Refuse a key for root that is on the hub: whoever takes the hub would have it."""
    root, delegations = edition.root, edition.targets.delegations
    here = [root.keys[keyid] for role in TOP_LEVEL for keyid in root.roles[role].keyids]
    here += delegations.keys.values() if delegations else ()
    signing = {key.keyval["public"] for key in here}
    if raw.hex() in signing or keyid_of(raw) in edition.hub_keys.service:
        raise Refused(
            f"--public: the key {keyid_of(raw)[:16]} is one that this hub signs with",
            hint="Root's keys are made offline, and stay there: hub keys make-root FOLDER",
        )


def _check_districts(further: HubKeys, escrow: dict[str, bytes]) -> None:
    """Refuse a key for escrow that the hub has the private half of."""
    for keyid in escrow.keys() & further.seal.keys():
        raise Refused(
            f"--public: {keyid[:16]} is the hub's own seal key, not the district's",
            hint="The district makes its key where it will be kept: hub keys make-escrow FOLDER",
        )


def _give_only(root: Root, role: str, key: Key) -> None:
    for keyid in list(root.roles[role].keyids):
        if keyid != key.keyid:
            root.revoke_key(keyid, role)
    root.add_key(key, role)


def _without(further: HubKeys, drop: Sequence[str]) -> HubKeys:
    named = {**further.service, **further.escrow}
    dropped = {_one_of(list(named), keyid, "targets") for keyid in drop}
    service = {keyid: raw for keyid, raw in further.service.items() if keyid not in dropped}
    escrow = {keyid: raw for keyid, raw in further.escrow.items() if keyid not in dropped}
    if not 1 <= len(service) <= HUB_KEYS_MAX:
        raise Refused(
            f"targets would name {len(service)} service keys, expected 1 to {HUB_KEYS_MAX}",
            hint="Revoke those that nothing is signed by any more: hub keys revoke KEYID",
        )
    return replace(further, service=service, escrow=escrow)


def _one_of(keyids: Sequence[str], wanted: str, role: str) -> str:
    found = [keyid for keyid in keyids if keyid.startswith(wanted)]
    if len(found) != 1 or not wanted:
        raise UsageError(
            f"{wanted[:80]!r}: {len(found)} keys of {role} begin so, expected one",
            hint="See their keyids: hub keys list",
        )
    return found[0]
