"""The keys beyond TUF's four roles and the channels': `service`, `seal`, `escrow`, and `status`.

All of them are named in the signed targets: the first three in the field `satchel`, the key of the
status list by delegation. A hub of an earlier time has none; they come with its next renewal.
"""

import copy
from dataclasses import replace

from tuf.api.metadata import Targets

from content_packs.hub_keys import (
    FIELD,
    STATUS_PATTERN,
    STATUS_ROLE,
    HubKeys,
    keyid_of,
)
from content_packs.hub_keys import read as read_keys
from content_packs.key_files import raw_of
from hub.channels import delegate
from hub.edition import Edition
from hub.keys import SEAL, SERVICE, KeyStore


def lacks(edition: Edition) -> bool:
    """Say whether the targets in force don't name all of them, but escrow, which is optional."""
    found = edition.hub_keys
    return not (found.service and found.seal and edition.status)


def with_further_keys(targets: Targets, keys: KeyStore) -> dict[str, Targets]:
    """Return the roles that change when `targets` names what it lacks; keys are made durably.

    Raises `StorageFailed`, `KeyLocked`.
    """
    parent = copy.deepcopy(targets)
    changed = {"targets": parent}
    found = read_keys(parent.unrecognized_fields)
    if not found.service:
        keys.create(SERVICE)
        found = replace(found, service=service_key(keys, SERVICE))
    if not found.seal:
        keys.create_seal(SEAL)
        found = replace(found, seal=seal_key(keys, SEAL))
    name_keys(parent, found)
    delegations = parent.delegations
    if not delegations or STATUS_ROLE not in (delegations.roles or {}):
        delegate(parent, STATUS_ROLE, STATUS_PATTERN, keys.create(STATUS_ROLE).public_key)
        changed[STATUS_ROLE] = Targets()
    return changed


def name_keys(targets: Targets, keys: HubKeys) -> None:
    """Let `targets` name these further keys and no others."""
    targets.unrecognized_fields[FIELD] = keys.to_field()


def service_key(keys: KeyStore, name: str) -> dict[str, bytes]:
    """Return the public half of a service key by its keyid. Raises `KeyAbsent`, `KeyLocked`."""
    raw = raw_of(keys.signing_key(name).public_key())
    return {keyid_of(raw): raw}


def seal_key(keys: KeyStore, name: str) -> dict[str, bytes]:
    """Return the public half of a seal key by its keyid. Raises `KeyAbsent`, `KeyLocked`."""
    raw = raw_of(keys.seal(name).public_key())
    return {keyid_of(raw): raw}
