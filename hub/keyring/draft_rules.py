"""What a draft may be, before anybody reads what it says or signs it.

People compare keyids, and sign what those stand for. So a keyid has to be that of its key, and what
isn't shown has to be as `hub keys export-unsigned` writes it: how many keys of a role must sign,
and which paths a role is asked for. A hub that somebody else has taken over could else have a root
signed with honest names on keys of its own.
"""

from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import Key, SSlibKey
from tuf.api.metadata import DelegatedRole, Role, Root, Targets

from content_packs import hub_keys, names
from content_packs.errors import InvalidContent
from content_packs.hub_keys import STATUS_PATTERN, STATUS_ROLE
from content_packs.offers import ROLE_PREFIX, targets_pattern
from hub.limits import ROOT_KEYS, ROOT_THRESHOLD

_HINT = (
    "Don't sign it: no hub exports this. Export it anew, and bring it here by a way of your own."
)


def check(signed: Root | Targets, *, what: str) -> None:
    """Raise `InvalidContent` unless `signed` is such as a hub exports; `what` names its file."""
    if isinstance(signed, Root):
        _check_root(signed, what)
    else:
        _check_targets(signed, what)


def pattern_of(role: str) -> str:
    """Return the paths that targets delegate to a role, a channel's or `status`."""
    return (
        STATUS_PATTERN if role == STATUS_ROLE else targets_pattern(role.removeprefix(ROLE_PREFIX))
    )


def _check_root(root: Root, what: str) -> None:
    _check_keys(root.keys, what)
    _check_apart(root.roles.values(), what)
    for name, role in root.roles.items():
        _check_count(role, name, what, (ROOT_THRESHOLD, ROOT_KEYS) if name == "root" else (1, 1))
    if not root.consistent_snapshot:
        raise InvalidContent(f"{what}: is without consistent snapshots", hint=_HINT)


def _check_targets(targets: Targets, what: str) -> None:
    delegations = targets.delegations
    if delegations is None or delegations.roles is None or targets.targets:
        raise InvalidContent(f"{what}: delegates no roles, or has targets of its own", hint=_HINT)
    _check_keys(delegations.keys, what)
    _check_apart(delegations.roles.values(), what)
    for name, role in delegations.roles.items():
        _check_delegated(name, role, what)
    hub_keys.read(targets.unrecognized_fields, what=what)


def _check_delegated(name: str, role: DelegatedRole, what: str) -> None:
    if name != STATUS_ROLE:
        channel = name.removeprefix(ROLE_PREFIX)
        if channel == name:
            raise InvalidContent(f"{what}: the role {name[:80]!r} is no channel's", hint=_HINT)
        names.check_name(channel, what=f"{what}: channel")
    _check_count(role, name, what, (1, 1))
    if role.paths != [pattern_of(name)] or role.path_hash_prefixes or not role.terminating:
        raise InvalidContent(
            f"{what}: the role {name} is asked for {str(role.paths)[:80]}, expected "
            f"{pattern_of(name)} alone, terminating",
            hint=_HINT,
        )


def _check_count(role: Role, name: str, what: str, expected: tuple[int, int]) -> None:
    found = role.threshold, len(role.keyids)
    if found != expected:
        raise InvalidContent(
            f"{what}: {name} takes {found[0]} of {found[1]} keys, expected {expected[0]} of "
            f"{expected[1]}",
            hint=_HINT,
        )


def _check_apart(roles: Iterable[Role], what: str) -> None:
    """Refuse a key of two roles: who gets one would get the other."""
    keyids = [keyid for role in roles for keyid in role.keyids]
    for keyid in set(keyids):
        if keyids.count(keyid) > 1:
            raise InvalidContent(f"{what}: the key {keyid[:16]} is of two roles", hint=_HINT)


def _check_keys(keys: Mapping[str, Key], what: str) -> None:
    for keyid, key in keys.items():
        try:
            raw = bytes.fromhex(key.keyval["public"])
            honest: Key = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(raw))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidContent(f"{what}: {keyid[:80]!r} is no Ed25519 key", hint=_HINT) from error
        if key != honest or keyid != honest.keyid:
            raise InvalidContent(
                f"{what}: {keyid[:80]!r} isn't the keyid of its key, {honest.keyid}", hint=_HINT
            )
