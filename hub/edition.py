"""An edition: all that the repository's signed metadata says at one moment.

Which edition is in force is decided by `timestamp.json` alone: it names the snapshot, and that the
targets, the channels and the status list, each by number, length and hash. Other files that lie
beside them say nothing. An edition is read whole and checked as a client would, but for expiry: the
hub never signs on top of what it can't verify.

One exception: a new root can come to lie here before what it wants signed by other keys is signed
anew. What the root before it vouches for is then taken as ours, and named in `lapsed`: it is the
first thing to sign.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from securesystemslib.signer import Signature
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from content_packs import hub_keys, offers, staging
from content_packs.hub_keys import STATUS_ROLE, HubKeys
from content_packs.limits import METADATA_BYTES_MAX
from content_packs.offers import Offer
from hub.errors import Damaged
from hub.limits import ROOT_VERSIONS_MAX
from hub.own_files import read_own

_S = TypeVar("_S", bound=Signed)
_HINT = "Restore the folder `repository` from a backup, or from any copy of it that is whole."
_ROOT_FILE = re.compile(r"([1-9][0-9]{0,9})\.root\.json")


@dataclass(frozen=True)
class Edition:
    """The verified metadata in force; `channels` by their names. Not to be changed in place.

    `status` is the role of the list of revoked nodes, None on a hub that never had one. `lapsed`
    are the roles whose signatures don't hold under the newest root, but under the one before.
    """

    root: Root
    timestamp: Timestamp
    snapshot: Snapshot
    targets: Targets
    channels: dict[str, Targets]
    status: Targets | None = None
    lapsed: frozenset[str] = frozenset()

    @property
    def hub_keys(self) -> HubKeys:
        """The public halves of the hub's further keys. Raises `InvalidContent`."""
        return hub_keys.read(self.targets.unrecognized_fields)

    def targets_roles(self) -> dict[str, Targets]:
        """Return `targets` and the roles that it delegates to, by role name."""
        of_channels = {offers.role_of(name): signed for name, signed in self.channels.items()}
        of_status = {STATUS_ROLE: self.status} if self.status else {}
        return {"targets": self.targets, **of_channels, **of_status}

    def roles(self) -> dict[str, Signed]:
        """Return every role by its name, `root` first."""
        return {
            "root": self.root,
            "timestamp": self.timestamp,
            "snapshot": self.snapshot,
            **self.targets_roles(),
        }

    def offers_on(self, channel: str) -> list[Offer]:
        """Return what a channel offers to all its nodes, by pack.

        What a rollout offers to some of them is in `staged_on`. Raises `InvalidContent`,
        `KeyError`.
        """
        return [offer for offer in self._offers_on(channel) if offer.staged is None]

    def staged_on(self, channel: str) -> list[Offer]:
        """Return what rollouts offer on a channel, by pack. Raises `InvalidContent`, `KeyError`."""
        return [offer for offer in self._offers_on(channel) if offer.staged is not None]

    def offers_for(self, channel: str, node: str) -> list[Offer]:
        """Return what a channel offers to a node, by pack: rollouts that have reached it count.

        `node`: empty for a box that isn't enrolled. Raises `InvalidContent`, `KeyError`.
        """
        found = {offer.pack: offer for offer in self.offers_on(channel)}
        for offer in self.staged_on(channel):
            plain = found.get(offer.pack)
            reached = offer.staged is not None and staging.reaches(offer.staged, node)
            if reached and (plain is None or plain.version < offer.version):
                found[offer.pack] = offer  # of several the newest, too
        return [found[pack] for pack in sorted(found)]

    def offer_of(self, channel: str, pack: str) -> Offer | None:
        """Return what a channel offers of a pack to all. Raises `InvalidContent`, `KeyError`."""
        return next((offer for offer in self.offers_on(channel) if offer.pack == pack), None)

    def staged_of(self, channel: str, pack: str) -> list[Offer]:
        """Return what rollouts offer of a pack, one that runs and earlier ones that ended early.

        The newest version comes last. Raises `InvalidContent`, `KeyError`.
        """
        found = [offer for offer in self.staged_on(channel) if offer.pack == pack]
        return sorted(found, key=lambda offer: offer.version)

    def _offers_on(self, channel: str) -> list[Offer]:
        targets = self.channels[channel].targets
        return [
            offers.from_target(channel, name, targets[name].custom or {})
            for name in sorted(targets)
        ]

    def target_of(self, channel: str, offer: Offer) -> TargetFile:
        """Return the signed target of an offer."""
        return self.channels[channel].targets[offers.target_of(channel, offer)]


def file_name(role: str, version: int) -> str:
    """Return the name of a role's immutable metadata file."""
    return f"{version}.{role}.json"


def read_edition(folder: Path) -> Edition:
    """Return the edition in force in the metadata folder. Raises `Damaged`."""
    root = _Roots(folder)
    timestamp = _load(folder / "timestamp.json", Timestamp, root)
    snapshot = _load_named(folder, Snapshot, root, "snapshot", timestamp.snapshot_meta)
    targets = _load_named(folder, Targets, root, "targets", _named_in(snapshot, "targets"))
    delegated = {
        role: _load_named(folder, Targets, targets, role, _named_in(snapshot, role))
        for role in (targets.delegations.roles or () if targets.delegations else ())
    }
    status = delegated.pop(STATUS_ROLE, None)
    channels = {role.removeprefix(offers.ROLE_PREFIX): delegated[role] for role in delegated}
    in_order = dict(sorted(channels.items()))
    lapsed = frozenset(root.lapsed)
    return Edition(root.newest, timestamp, snapshot, targets, in_order, status, lapsed)


def root_versions(folder: Path) -> list[int]:
    """Return the versions of the roots in the metadata folder, the oldest first."""
    found = (_ROOT_FILE.fullmatch(path.name) for path in folder.glob("*.root.json"))
    return sorted(int(match[1]) for match in found if match)


class _Roots:
    """The newest root and, until all is signed as it wants, the one before it."""

    def __init__(self, folder: Path) -> None:
        numbers = root_versions(folder)
        if not numbers or len(numbers) > ROOT_VERSIONS_MAX:
            raise Damaged(
                f"{folder}: {len(numbers)} root.json files, expected 1 or more", hint=_HINT
            )
        self._folder = folder
        self.newest = _load(folder / file_name("root", numbers[-1]), Root, None)
        self.lapsed: set[str] = set()

    def verify_delegate(self, role: str, payload: bytes, signatures: dict[str, Signature]) -> None:
        """Verify a role by the newest root, or by the one before; note which that was for."""
        try:
            self.newest.verify_delegate(role, payload, signatures)
        except RepositoryError:
            before = self._before()
            if before is None:
                raise
            before.verify_delegate(role, payload, signatures)
            self.lapsed.add(role)

    def _before(self) -> Root | None:
        """Return the root that vouched for the newest, if it is here."""
        path = self._folder / file_name("root", self.newest.version - 1)
        return _load(path, Root, None) if path.is_file() else None


_Delegator: TypeAlias = Targets | _Roots


def _named_in(snapshot: Snapshot, role: str) -> MetaFile:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise Damaged(f"snapshot {snapshot.version}: doesn't name {role}.json", hint=_HINT)
    return meta


def _load_named(
    folder: Path, kind: type[_S], delegator: _Delegator, role: str, meta: MetaFile
) -> _S:
    """Return the role that another file names by version, length and hash."""
    path = folder / file_name(role, meta.version)
    data = read_own(path, METADATA_BYTES_MAX, hint=_HINT)
    try:
        meta.verify_length_and_hashes(data)
    except RepositoryError as error:
        raise Damaged(f"{path}: {error}", hint=_HINT) from error
    signed = _verified(data, kind, delegator, role, path)
    if signed.version != meta.version:
        raise Damaged(f"{path}: says version {signed.version}", hint=_HINT)
    return signed


def _load(path: Path, kind: type[_S], delegator: _Delegator | None) -> _S:
    return _verified(
        read_own(path, METADATA_BYTES_MAX, hint=_HINT), kind, delegator, kind.type, path
    )


def _verified(
    data: bytes, kind: type[_S], delegator: _Delegator | None, role: str, path: Path
) -> _S:
    """Return what is signed in `data`; root (no delegator) has to be signed by itself."""
    try:
        metadata = Metadata.from_bytes(data)
        signed = metadata.signed
        if not isinstance(signed, kind):
            raise Damaged(f"{path}: is {signed.type} metadata, expected {kind.type}", hint=_HINT)
        by = delegator or signed
        if isinstance(by, Root | Targets | _Roots):
            by.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError) as error:
        raise Damaged(f"{path}: {error}", hint=_HINT) from error
    return signed
