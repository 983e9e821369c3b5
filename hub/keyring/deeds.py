"""What people may change about the hub's keys; each has its line in the audit log.

What is signed has it also where the hub is killed on the way (`hub.signed_deeds`).
"""

from pathlib import Path

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
    return encrypting.encrypt(hub, by=actor.login)


def install(hub: Hub, actor: Actor, path: Path) -> Installed:
    """Put signed metadata in force. Raises as `installing.install`, and `Refused`."""
    actor.expect(Right.OPERATE)
    return installing.install(hub, path, by=actor.login)


def rotate(hub: Hub, actor: Actor, role: str, *, escrow: dict[str, bytes] | None = None) -> Rotated:
    """Give a role a new key. Raises as `rotating.rotate`, and `Refused`."""
    actor.expect(Right.OPERATE)
    return rotating.rotate(hub, role, escrow=escrow, by=actor.login)


def revoke(
    hub: Hub, actor: Actor, role_or_keyid: str, *, escrow: dict[str, bytes] | None = None
) -> Rotated:
    """Let a key count for nothing any more. Raises as `rotating.revoke`, and `Refused`."""
    actor.expect(Right.OPERATE)
    return rotating.revoke(hub, role_or_keyid, escrow=escrow, by=actor.login)
