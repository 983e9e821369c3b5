"""Channels: each a delegated, terminating TUF role with a key of its own."""

import copy

from securesystemslib.signer import Key
from tuf.api.metadata import DelegatedRole, Delegations, Targets

from content_packs import names, offers
from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from hub.edition import Edition
from hub.hub import Hub
from hub.limits import CHANNELS_MAX
from hub.offering import commit
from hub.settling import changing
from hub.signed_deeds import Deed


def check_channel_name(channel: str) -> str:
    """Return `channel` if it can name one. Raises `UsageError`."""
    try:
        return names.check_name(channel, what="channel")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error


def with_channel(targets: Targets | None, channel: str, key: Key) -> dict[str, Targets]:
    """Return the roles that change when `channel`, signed for by `key`, joins `targets`."""
    role = offers.role_of(channel)
    parent = copy.deepcopy(targets) if targets else Targets()
    delegate(parent, role, offers.targets_pattern(channel), key)
    return {"targets": parent, role: Targets()}


def delegate(targets: Targets, role: str, pattern: str, key: Key) -> None:
    """Let `targets` delegate the paths of `pattern` to `role`, signed for by `key` and no other."""
    delegations = targets.delegations or Delegations(keys={}, roles={})
    roles = dict(delegations.roles or {})
    roles[role] = DelegatedRole(role, [key.keyid], threshold=1, terminating=True, paths=[pattern])
    used = {keyid for delegated in roles.values() for keyid in delegated.keyids}
    keys = {**delegations.keys, key.keyid: key}
    delegations.keys = {keyid: keys[keyid] for keyid in keys if keyid in used}
    delegations.roles = roles
    targets.delegations = delegations


def add_channel(hub: Hub, channel: str, *, actor: str = "") -> bool:
    """Add a channel with a new key; return False if it was there already.

    `actor`: the login of who adds it.
    Raises `UsageError`, `Refused`, `KeyAbsent` if the targets key isn't here, `StorageFailed`.
    """
    check_channel_name(channel)
    with changing(hub, f"adding the channel {channel}") as edition:
        if channel in edition.channels:
            return False
        if len(edition.channels) >= CHANNELS_MAX:
            raise Refused(f"there are {CHANNELS_MAX} channels already, the most a hub can have")
        hub.keys.signer("targets")
        key = hub.keys.create(offers.role_of(channel)).public_key
        changed = with_channel(edition.targets, channel, key)
        commit(hub, edition, changed, Deed("channel-added", channel, actor))
    return True


def expect_channel(edition: Edition, channel: str) -> None:
    """Raise `Missing` unless there is this channel."""
    if channel not in edition.channels:
        raise Missing(
            f"there is no channel {channel!r}; there is {', '.join(edition.channels)}",
            hint=f"Add it with: hub channels add {channel}",
        )
