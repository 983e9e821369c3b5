"""Giving a role a new key, because the old one is old or because somebody has it.

The new key is made first, durably. What names it is signed here where the keys for that are here;
else the new key waits, and the caller learns which draft people have to sign. Run again, it goes on
with the key that waits.

A service key that is rotated stays named beside the new one: what it signed goes on holding. One
that is revoked doesn't. The private half of a seal key is kept in either case: batches that were
sealed to it months ago still come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from tuf.api.metadata import Metadata, Root

from content_packs import durable
from content_packs.errors import Missing, Refused, UsageError
from content_packs.offers import ROLE_PREFIX
from hub import signed_deeds, taking_over
from hub.edition import Edition
from hub.expiry import lifetime_of
from hub.fleet.audit import Event
from hub.hub import Hub
from hub.keyring.drafts import (
    NOTHING,
    Changes,
    next_root,
    next_targets,
    unsigned,
    waiting_below_targets,
)
from hub.keyring.installing import install_root
from hub.keys import ESCROW, ROOT_NAMES, SEAL, SERVICE, next_of
from hub.limits import ROOT_THRESHOLD
from hub.settling import changing
from hub.signed_deeds import Deed
from hub.signing import Signing, free_number
from hub.taking_over import TOP_LEVEL, in_force

_KEYID_DIGITS_MIN = 8  # fewer name nothing
_KEYID_DIGITS = 16  # of those that the audit log names

Needs: TypeAlias = Literal["", "root", "targets"]


@dataclass(frozen=True)
class Rotated:
    """A role whose keys change: those it had, and those it has or will have.

    `needs`: whose signature is still wanted before the change is in force; empty: it is.
    """

    role: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    needs: Needs
    revoked: bool

    def deed(self, by: str) -> Deed:
        """Return what the audit log says of it."""
        sides = (self.before, self.after)
        keys = " to ".join(", ".join(one[:_KEYID_DIGITS] for one in side) for side in sides)
        waits = f", waits for {self.needs}" if self.needs else ""
        event: Event = "key-revoked" if self.revoked else "key-rotated"
        return Deed(event, f"{self.role}: {keys}{waits}", by)


def rotate(hub: Hub, role: str, *, escrow: dict[str, bytes] | None = None, by: str = "") -> Rotated:
    """Give a role a new key; `escrow` is that of the district, which a hub can't make.

    `by`: who does it, for the audit log.
    Raises `Missing` for a role that isn't there, `Refused` for root, `KeyAbsent`, `KeyLocked`,
    `Busy`, `Damaged`, `StorageFailed`.
    """
    with changing(hub, f"giving {role} a new key") as edition:
        named = _role(edition, role)
        if named == ESCROW and escrow is None:
            raise UsageError(
                "escrow: its key is made by the district, not by a hub",
                hint="Make it where it will be kept: hub keys make-escrow FOLDER. Then bring its "
                "public half: hub keys rotate escrow --public escrow.pub",
            )
        return _change(hub, edition, named, Changes(escrow=escrow), revoked=False, by=by)


def revoke(
    hub: Hub, role_or_keyid: str, *, escrow: dict[str, bytes] | None = None, by: str = ""
) -> Rotated:
    """Let a key count for nothing any more; a role that has no other gets a new one.

    `role_or_keyid` may be the first digits of a keyid. `by`: who does it. Raises as `rotate`.
    """
    with changing(hub, f"revoking {role_or_keyid}") as edition:
        role, keyids = _meant(edition, role_or_keyid)
        if role == ESCROW:
            return _change(hub, edition, role, Changes(escrow=escrow or {}), revoked=True, by=by)
        if role != SERVICE:
            return _change(hub, edition, role, NOTHING, revoked=True, by=by)
        here = taking_over.keyid_here(hub.keys, SERVICE)
        changes = Changes(drop=tuple(keyids))
        return _change(hub, edition, role, changes, revoked=True, by=by, keep=here not in keyids)


def export_unsigned(hub: Hub, role: str, file: Path, changes: Changes) -> bytes:
    """Write the next root or targets to `file`, for people to sign; return it.

    Raises `UsageError` for another role, as `drafts` does, `Busy`, `Damaged`, `StorageFailed`.
    """
    with changing(hub, f"exporting {role}") as edition:
        if role == "root":
            draft = unsigned(next_root(edition, hub.keys, changes, hub.clock()))
        elif role == "targets":
            targets = next_targets(edition, hub.keys, changes, waiting_below_targets(hub.keys))
            targets.version = free_number(hub.data.metadata, "targets")
            targets.expires = hub.clock().replace(microsecond=0) + lifetime_of("targets")
            draft = unsigned(targets)
        else:
            raise UsageError(
                f"{role[:80]}: is signed by the hub itself", hint="Name root or targets."
            )
    durable.write(file, draft)
    return draft


def _change(  # noqa: PLR0913  # what is being changed, how, and by whom
    hub: Hub,
    edition: Edition,
    role: str,
    changes: Changes,
    *,
    revoked: bool,
    by: str,
    keep: bool = False,
) -> Rotated:
    """Make a new key for `role`, unless it keeps its own, and put it in force if that can be."""
    before = tuple(in_force(edition)[role])
    if role == SEAL:
        hub.keys.create_seal(next_of(SEAL))
    elif role != ESCROW and not keep:
        hub.keys.create(next_of(role))
    names = [role] if hub.keys.has(next_of(role)) else []
    if role in TOP_LEVEL:
        return _with_root(hub, edition, Rotated(role, before, (), "", revoked), by)
    targets = next_targets(edition, hub.keys, changes, names)
    draft = tuple(in_force(replace(edition, targets=targets))[role])
    if not hub.keys.has("targets"):
        return _waiting(hub, Rotated(role, before, draft, "targets", revoked), by)
    again = {role} & edition.targets_roles().keys()
    signing = Signing(hub.data.metadata, hub.keys, hub.clock())
    rotated = Rotated(role, before, draft, "", revoked)
    signed_deeds.begin(hub, edition, rotated.deed(by))
    edition = signing.commit(edition, {"targets": targets}, again=again)
    taking_over.settle(hub.keys, edition)
    taking_over.record(hub, edition)
    signed_deeds.settle(hub, edition)
    return rotated


def _waiting(hub: Hub, rotated: Rotated, by: str) -> Rotated:
    """Write down that a new key waits for people to sign what names it."""
    signed_deeds.note(hub, rotated.deed(by))
    return rotated


def _with_root(hub: Hub, edition: Edition, wanted: Rotated, by: str) -> Rotated:
    """Put the new key of a role in force if enough of root's keys are here."""
    root = next_root(edition, hub.keys, NOTHING, hub.clock())
    rotated = replace(wanted, after=tuple(root.roles[wanted.role].keyids))
    metadata: Metadata[Root] = Metadata(root)
    counting = set(edition.root.roles["root"].keyids)
    for name in filter(hub.keys.has, ROOT_NAMES):
        signer = hub.keys.signer(name)
        if signer.public_key.keyid in counting:
            metadata.sign(signer, append=True)
    if len(metadata.signatures) < ROOT_THRESHOLD:
        return _waiting(hub, replace(rotated, needs="root"), by)
    install_root(hub, edition, metadata, rotated.deed(by), what=f"root {root.version}")
    return rotated


def _role(edition: Edition, role: str) -> str:
    """Return the role that a person means: a channel may go by its own name."""
    known = in_force(edition)
    for name in (role, f"{ROLE_PREFIX}{role}"):
        if name in known:
            return _not_root(name)
    roles = ", ".join(name for name in known if name != "root")
    raise Missing(f"there is no role {role[:80]!r}; there is {roles}")


def _meant(edition: Edition, role_or_keyid: str) -> tuple[str, list[str]]:
    """Return a role and its keys that a person means."""
    known: Mapping[str, list[str]] = in_force(edition)
    found = [
        (role, keyid)
        for role, keyids in known.items()
        for keyid in keyids
        if len(role_or_keyid) >= _KEYID_DIGITS_MIN and keyid.startswith(role_or_keyid)
    ]
    if len(found) == 1:
        role, keyid = found[0]
        return _not_root(role), [keyid]
    role = _role(edition, role_or_keyid)
    return role, known[role]


def _not_root(role: str) -> str:
    if role == "root":
        raise Refused(
            "root's own keys are changed by people who hold two of them, not by a hub",
            hint="1. Offline, make new ones in an empty folder: hub keys make-root FOLDER. "
            "2. Here: hub keys export-unsigned root FILE --drop OLD-KEYID --public NEW.pub. "
            "3. Offline: hub keys sign FILE with two of the old keys and two of the new set. "
            "4. Here: hub keys install FILE.",
        )
    return role
