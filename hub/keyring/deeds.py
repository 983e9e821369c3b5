"""What people change about the hub's keys, each with its line in the audit log.

The line comes right after the deed: signed metadata is files, and no transaction holds both.
"""

from pathlib import Path

from hub.fleet import audit
from hub.hub import Hub
from hub.keyring import encrypting, installing, rotating
from hub.keyring.encrypting import Encrypted
from hub.keyring.installing import Installed
from hub.keyring.rotating import Rotated
from hub.people.actor import Actor
from hub.people.rights import Right


def encrypt(hub: Hub, actor: Actor) -> Encrypted:
    """Encrypt the keys that aren't. Raises as `encrypting.encrypt`, and `Refused`."""
    actor.expect(Right.OPERATE)
    found = encrypting.encrypt(hub)
    if found.encrypted:
        _note(hub, actor, "keys-encrypted", ", ".join(found.encrypted))
    return found


def install(hub: Hub, actor: Actor, path: Path) -> Installed:
    """Put signed metadata in force. Raises as `installing.install`, and `Refused`."""
    actor.expect(Right.OPERATE)
    found = installing.install(hub, path)
    if not found.already:
        _note(hub, actor, "metadata-installed", f"{found.role} {found.version}")
    return found


def rotate(hub: Hub, actor: Actor, role: str, *, escrow: dict[str, bytes] | None = None) -> Rotated:
    """Give a role a new key. Raises as `rotating.rotate`, and `Refused`."""
    actor.expect(Right.OPERATE)
    found = rotating.rotate(hub, role, escrow=escrow)
    _note(hub, actor, "key-rotated", _in_words(found))
    return found


def revoke(
    hub: Hub, actor: Actor, role_or_keyid: str, *, escrow: dict[str, bytes] | None = None
) -> Rotated:
    """Let a key count for nothing any more. Raises as `rotating.revoke`, and `Refused`."""
    actor.expect(Right.OPERATE)
    found = rotating.revoke(hub, role_or_keyid, escrow=escrow)
    _note(hub, actor, "key-revoked", _in_words(found))
    return found


def _in_words(found: Rotated) -> str:
    keys = " to ".join(", ".join(one[:16] for one in side) for side in (found.before, found.after))
    waits = f", waits for {found.needs}" if found.needs else ""
    return f"{found.role}: {keys}{waits}"


def _note(hub: Hub, actor: Actor, event: audit.Event, reason: str) -> None:
    with hub.database.writing():
        audit.note(hub, event, reason=reason, actor=actor.login)
