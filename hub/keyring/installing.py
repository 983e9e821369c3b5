"""Putting a root or targets in force that were signed where their keys are.

The order for a root, each step durable before the next, so that a reader at any moment, and a hub
that was cut off at any moment, has what holds:
1. verify it: signed by the root in force and by itself, of the next version, and with keys for
   snapshot and timestamp that are here, or the hub could sign nothing any more;
2. an edition whose roles with a new key are signed by both keys, old and new (`signing`): it holds
   under both roots;
3. the root itself, by one rename;
4. the new keys take the place of the old ones (`taking_over`).
Where the old key is gone already, step 2 can't be; then what the new root wants is signed right
after it. Cut off in between, `edition` says what lapsed, and the next command signs that first.

Targets come with an edition of their own, in force by one rename as any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization.json import JSONSerializer

from content_packs import durable
from content_packs.errors import Refused, Untrusted
from content_packs.hub_keys import read as read_keys
from hub import signed_deeds, taking_over
from hub.clock import in_words
from hub.edition import Edition, file_name, read_edition
from hub.hub import Hub
from hub.keyring.offline import describe, read_draft
from hub.keys import SEAL, SERVICE, KeyStore, next_of
from hub.settling import changing
from hub.signed_deeds import Deed
from hub.signing import Signing
from hub.taking_over import TOP_LEVEL, keyid_here

_COMPACT = JSONSerializer(compact=True)


@dataclass(frozen=True)
class Installed:
    """What is in force now. `already`: it was before, and nothing was done.

    `lapsed`: roles that are still to be signed as the new root wants, and whose keys aren't here.
    """

    role: str
    version: int
    already: bool
    lapsed: tuple[str, ...] = ()


def install(hub: Hub, path: Path, *, by: str = "") -> Installed:
    """Put the signed root or targets in a file in force. `by`: who does, for the audit log.

    Raises `Untrusted` for one that isn't signed as it has to be, `Refused` for one that isn't the
    next, `InvalidContent`, `KeyAbsent`, `KeyLocked`, `Busy`, `Damaged`, `StorageFailed`.
    """
    metadata = read_draft(path)
    _check_expiry(metadata, hub.clock(), what=str(path))
    named = f"{metadata.signed.type} {metadata.signed.version}"
    deed = Deed("metadata-installed", named, by)
    with changing(hub, f"installing {path.name}") as edition:
        if isinstance(metadata.signed, Root):
            return install_root(hub, edition, metadata, deed, what=str(path))
        return install_targets(hub, edition, metadata, deed, what=str(path))


def install_root(
    hub: Hub, edition: Edition, metadata: Metadata[Root], deed: Deed, *, what: str
) -> Installed:
    """Put a signed root in force; the caller holds the hub's lock. Raises as `install`."""
    root, signing = metadata.signed, Signing(hub.data.metadata, hub.keys, hub.clock())
    if root.version == edition.root.version:
        _expect_same(edition.root, metadata, what)
        again = _finish(hub, edition, deed) if edition.lapsed else []
        return _installed(hub, "root", root.version, already=not again)
    _check_root(edition, metadata, what)
    _check_keys_here(hub.keys, root, what)
    changed = [
        role for role in TOP_LEVEL if root.roles[role].keyids != edition.root.roles[role].keyids
    ]
    signed_deeds.begin(hub, edition, replace(deed, root=True))
    if both := {role for role in changed if hub.keys.has(role)}:
        signing.commit(edition, {}, again=both)
    data = metadata.to_bytes(_COMPACT)
    durable.write(hub.data.metadata / file_name("root", root.version), data)
    edition = read_edition(hub.data.metadata)
    taking_over.settle(hub.keys, edition)
    signed_deeds.settle(hub, edition)
    if edition.lapsed:
        signing.renew(edition)
    return _installed(hub, "root", root.version, already=False)


def install_targets(
    hub: Hub, edition: Edition, metadata: Metadata[Targets], deed: Deed, *, what: str
) -> Installed:
    """Put signed targets in force; the caller holds the hub's lock. Raises as `install`."""
    targets = metadata.signed
    _verify(edition.root, "targets", metadata, what)
    if targets == edition.targets:
        return _installed(hub, "targets", targets.version, already=True)
    data = metadata.to_bytes(_COMPACT)
    _check_targets(hub, edition, targets, data, what)
    before, after = _delegated(edition.targets), _delegated(targets)
    again = {role for role, keyids in after.items() if keyids != before.get(role)}
    signing = Signing(hub.data.metadata, hub.keys, hub.clock())
    signed_deeds.begin(hub, edition, deed)
    edition = signing.commit(edition, {}, again=again, signed_elsewhere=data)
    taking_over.settle(hub.keys, edition)
    signed_deeds.settle(hub, edition)
    return _installed(hub, "targets", targets.version, already=False)


def _finish(hub: Hub, edition: Edition, deed: Deed) -> list[str]:
    """Sign what the root in force wants and doesn't have yet; return those roles."""
    signed_deeds.begin(hub, edition, deed)
    again = Signing(hub.data.metadata, hub.keys, hub.clock()).renew(edition)
    signed_deeds.settle(hub, read_edition(hub.data.metadata))
    return again


def _check_expiry(
    metadata: Metadata[Root] | Metadata[Targets], now: datetime, *, what: str
) -> None:
    signed = metadata.signed
    if signed.expires <= now:
        raise Refused(
            f"{what}: lapsed on {in_words(signed.expires)}",
            hint=f"Export it anew, and sign that: hub keys export-unsigned {signed.type} FILE",
        )


def _installed(hub: Hub, role: str, version: int, *, already: bool) -> Installed:
    edition = read_edition(hub.data.metadata)
    taking_over.record(hub, edition)
    return Installed(role, version, already, tuple(sorted(edition.lapsed)))


def _expect_same(root: Root, metadata: Metadata[Root], what: str) -> None:
    if metadata.signed != root:
        raise Refused(
            f"{what}: is another root {root.version} than the one in force",
            hint="Export a new one, and sign that: hub keys export-unsigned root FILE",
        )


def _check_root(edition: Edition, metadata: Metadata[Root], what: str) -> None:
    root, wanted = metadata.signed, edition.root.version + 1
    if root.version != wanted:
        raise Refused(
            f"{what}: is root {root.version}, the next is {wanted}",
            hint="Export a new one, and sign that: hub keys export-unsigned root FILE",
        )
    if edition.lapsed:
        raise Refused(
            f"{what}: the root before isn't finished: {', '.join(sorted(edition.lapsed))}",
            hint="Bring the keys that it needs, then run: hub refresh",
        )
    _verify(edition.root, "root", metadata, what)
    _verify(root, "root", metadata, what)


def _check_keys_here(keys: KeyStore, root: Root, what: str) -> None:
    """Refuse a root under which this hub could sign nothing any more."""
    for role in ("snapshot", "timestamp"):
        if not _keyids_here(keys, role) & set(root.roles[role].keyids):
            raise Refused(
                f"{what}: names a key for {role} that isn't on this hub",
                hint="Export it from this hub, and sign that: hub keys export-unsigned root FILE",
            )


def _check_targets(hub: Hub, edition: Edition, targets: Targets, data: bytes, what: str) -> None:
    if targets.version <= edition.targets.version:
        raise Refused(
            f"{what}: is targets {targets.version}, the hub has {edition.targets.version}",
            hint="Export it anew, and sign that: hub keys export-unsigned targets FILE",
        )
    place = hub.data.metadata / file_name("targets", targets.version)
    if place.is_file() and place.read_bytes() != data:
        raise Refused(
            f"{what}: there was another targets {targets.version} before",
            hint="Export it anew, and sign that: hub keys export-unsigned targets FILE",
        )
    further = read_keys(targets.unrecognized_fields, what=what)
    for name, named in ((SERVICE, further.service), (SEAL, further.seal)):
        if not _keyids_here(hub.keys, name) & named.keys():
            raise Refused(f"{what}: names no {name} key that is on this hub")
    before, after = _delegated(edition.targets), _delegated(targets)
    if before.keys() != after.keys():
        odd = min(before.keys() ^ after.keys())
        raise Refused(f"{what}: adds or leaves out the role {odd}, which the hub alone does")
    for role, keyids in after.items():
        if keyids != before[role] and not _keyids_here(hub.keys, role) & {*keyids}:
            raise Refused(f"{what}: names a key for {role} that isn't on this hub")


def _keyids_here(keys: KeyStore, role: str) -> set[str]:
    """Return the keyids of a role's key on this machine and of the one that waits."""
    return {keyid_here(keys, name) for name in (role, next_of(role)) if keys.has(name)}


def _delegated(targets: Targets) -> Mapping[str, list[str]]:
    roles = targets.delegations.roles if targets.delegations else None
    return {role: found.keyids for role, found in (roles or {}).items()}


def _verify(by: Root, role: str, metadata: Metadata[Root] | Metadata[Targets], what: str) -> None:
    """Raise `Untrusted`, and say which keys could still sign, unless `by` has it signed."""
    try:
        result = by.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError) as error:
        raise Untrusted(f"{what}: {error}") from error
    if not result.verified:
        still = ", ".join(sorted(keyid[:16] for keyid in result.unsigned))
        raise Untrusted(
            f"{what}: root {by.version} wants it signed by {result.threshold} of its keys for "
            f"{role}, and {len(result.signed)} did",
            hint=f"Sign it with more of them: hub keys sign FILE --key KEYFILE. "
            f"Those that haven't: {still}. It says {describe(metadata).content[:16]}.",
        )
