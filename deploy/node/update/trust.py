"""What root believes about a system: that the channel `system` of the hub that it knows offers it.

    pinned root → newer roots → targets → the role c-system → the offer → the manifest → its files

The pinned root lies on the boot partition, where only root writes; the rest is the node's copy of
the signed metadata, of which nothing is believed for being there. What expires isn't asked: a box
has no clock that root could trust, and a system only ever goes forward (`updating.py`).
"""

from collections.abc import Iterable
from typing import NamedTuple

from deploy.node.update import signed
from deploy.node.update.faults import Invalid, Refused, Untrusted
from deploy.node.update.limits import ROOTS_MAX

CHANNEL = "system"
ROLE = f"c-{CHANNEL}"
PATTERN = f"{CHANNEL}/*/*"


class Wanted(NamedTuple):
    """What the node asks for: a version of a pack, by the digest of its manifest."""

    pack: str
    version: int
    manifest: str


class Seen(NamedTuple):
    """The newest versions of the metadata by which a system was written."""

    targets: int = 0
    channel: int = 0


class Believed(NamedTuple):
    """An offer that holds: for which machine it is, by which root and which metadata."""

    arch: str
    root: bytes
    seen: Seen


def check_pinned(root: bytes, *, what: str) -> signed.Metadata:
    """Return a root that is signed by itself. Raises `Invalid`, `Untrusted`."""
    found = signed.read(root, "root", what=what)
    signed.check(found, _role(found, "root"))
    return found


def believe(  # noqa: PLR0913, PLR0917 - each is a file
    pinned: bytes,
    newer: Iterable[bytes],
    targets: bytes,
    channel: bytes,
    wanted: Wanted,
    seen: Seen = Seen(),  # noqa: B008 - a plain value
) -> Believed:
    """Return what the metadata says of a wanted system.

    `newer`: roots by version, those past the pinned one. Raises `Untrusted` for what isn't signed
    as it has to be, `Refused` for metadata older than what was seen, or a system that isn't on
    offer; `Invalid`.
    """
    root, root_bytes = _newest(pinned, newer)
    found = signed.read(targets, "targets", what="targets.json")
    signed.check(found, _role(root, "targets"))
    offering = signed.read(channel, "targets", what=f"{ROLE}.json")
    signed.check(offering, _delegated(found))
    now = Seen(
        signed.number(found.signed, "version", what=found.what),
        signed.number(offering.signed, "version", what=offering.what),
    )
    if now.targets < seen.targets or now.channel < seen.channel:
        raise Refused(
            f"targets {now.targets} and {ROLE} {now.channel} are older than {seen.targets} and "
            f"{seen.channel}, by which a system was written before"
        )
    return Believed(_arch(offering, wanted), root_bytes, now)


def _newest(pinned: bytes, newer: Iterable[bytes]) -> tuple[signed.Metadata, bytes]:
    """Go from the pinned root to the newest: each is signed by the one before it, and itself."""
    found, data = check_pinned(pinned, what="the pinned root"), pinned
    for count, following in enumerate(newer):
        if count >= ROOTS_MAX:
            raise Invalid(f"more than {ROOTS_MAX} roots")
        version = signed.number(found.signed, "version", what=found.what)
        after = signed.read(following, "root", what=f"{version + 1}.root.json")
        if signed.number(after.signed, "version", what=after.what) != version + 1:
            raise Untrusted(f"{after.what}: has another version")
        signed.check(after, _role(found, "root"))
        signed.check(after, _role(after, "root"))
        found, data = after, following
    return found, data


def _role(root: signed.Metadata, name: str) -> signed.Role:
    roles = signed.table(root.signed, "roles", what=root.what)
    return signed.role_of(root, name, roles.get(name), root.signed.get("keys"))


def _delegated(targets: signed.Metadata) -> signed.Role:
    """Return who signs the channel `system`, and nothing else that may be named like it."""
    delegations = targets.signed.get("delegations")
    if not isinstance(delegations, dict) or not isinstance(delegations.get("roles"), list):
        raise Refused(f"{targets.what}: has no channels")
    named = [
        each for each in delegations["roles"] if isinstance(each, dict) and each.get("name") == ROLE
    ]
    if len(named) != 1 or named[0].get("paths") != [PATTERN]:
        raise Refused(f"{targets.what}: has no channel {CHANNEL!r} for {PATTERN}")
    return signed.role_of(targets, ROLE, named[0], delegations.get("keys"))


def _arch(offering: signed.Metadata, wanted: Wanted) -> str:
    """Return for which machine the wanted system is, as its offer says."""
    name = f"{CHANNEL}/{wanted.pack}/{wanted.version}"
    found = signed.table(offering.signed, "targets", what=offering.what).get(name)
    if not isinstance(found, dict):
        raise Refused(f"{offering.what}: doesn't offer {wanted.pack} {wanted.version}")
    what = f"{offering.what}: {name}"
    custom = signed.table(found, "custom", what=what)
    said = Wanted(
        signed.text(custom, "pack", what=what),
        signed.number(custom, "version", what=what),
        signed.text(custom, "manifest", what=what),
    )
    if said != wanted:
        raise Refused(f"{what}: offers {said}, asked for was {wanted}")
    if not (arch := custom.get("system")) or not isinstance(arch, str):
        raise Refused(f"{what}: isn't offered as a system")
    return arch


def version_of(root: bytes) -> int:
    """Return the version of a root that was checked."""
    return signed.number(signed.read(root, "root", what="root").signed, "version", what="root")
