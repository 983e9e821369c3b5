"""Encrypting the keys of a hub that was made before keys were.

Each file is written anew and takes the old one's place by a rename. Old bytes can stay on the disk
where a file was: a disk that may be stolen is to be encrypted, too, or the keys rotated.
"""

from dataclasses import dataclass
from pathlib import Path

from hub import signed_deeds
from hub.hub import Hub
from hub.settling import changing
from hub.signed_deeds import Deed


@dataclass(frozen=True)
class Encrypted:
    """The keys that were encrypted now, and the passphrase's file if it was made, too."""

    encrypted: tuple[str, ...]
    passphrase_made: Path | None


def encrypt(hub: Hub, *, by: str = "") -> Encrypted:
    """Encrypt the keys that aren't, but root's; make a passphrase where there is none.

    `by`: who does it, for the audit log.
    Raises `UsageError`, `KeyAbsent`, `Busy`, `Damaged`, `StorageFailed`.
    """
    with changing(hub, "encrypting keys") as edition:
        names = hub.keys.unencrypted()
        made = False
        if names:
            deed = Deed("keys-encrypted", ", ".join(names), by, encrypts=tuple(names))
            signed_deeds.begin(hub, edition, deed)
            made = hub.passphrases.find_or_make()[1]
            for name in names:
                hub.keys.encrypt(name)
            signed_deeds.settle(hub, edition)
    return Encrypted(tuple(names), hub.data.passphrase if made else None)
