"""A repository under our control, honest or not: what a hub publishes, made with python-tuf alone.

```
repository = Repository(tmp_path / "repository")
repository.publish(cpack_path)            # bundles, layout, manifest
repository.offer("main", "demo", 1)       # and sign
repository.sign(expires_in=...)           # every attack is some way to sign or not to sign
```
"""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from content_packs import hub_keys, layout, manifest, offers, protocol, repository
from content_packs.cpack import open_cpack
from content_packs.digests import digest_of
from content_packs.hub_keys import STATUS_PATTERN, STATUS_ROLE, STATUS_TARGET, HubKeys
from content_packs.laying_out import lay_out
from content_packs.layout import BundleReference, Layout
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from content_packs.protocol import StatusList
from tests.support.kept import Kept


def in_words(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


NOW = datetime(2026, 6, 1, tzinfo=UTC)
_COMPACT = JSONSerializer(compact=True)
_laid_out: Kept[tuple[Layout, BundleReference | None]] = Kept()  # versions that come first
_TOP = ("root", "timestamp", "snapshot", "targets")


@dataclass
class Published:
    """A version in the repository."""

    manifest: Manifest
    layout: Layout
    offer: Offer


@dataclass
class Repository:
    """A signed repository in the folder `root`. `now` is when it signs."""

    root: Path
    channels: tuple[str, ...] = ("main",)
    now: datetime = NOW
    keys: dict[str, CryptoSigner] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    published: dict[tuple[str, int], Published] = field(default_factory=dict)
    offered: dict[str, dict[tuple[str, int], Offer]] = field(default_factory=dict)
    signed_at: str | None = None  # None: now, as a hub says; empty: it says nothing
    target_names: dict[int, str] = field(default_factory=dict)  # a lie about a version's name
    roots: list[bytes] = field(default_factory=list)
    revoked: StatusList | None = None
    hub_keys: HubKeys = field(default_factory=HubKeys)  # beyond TUF's

    def __post_init__(self) -> None:
        for role in (*_TOP, *(offers.role_of(channel) for channel in self.channels)):
            self.keys[role] = CryptoSigner.generate_ed25519()
        for folder in ("metadata", "manifests", "layouts", "bundles"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.new_root()
        self.sign()

    @property
    def first_root(self) -> bytes:
        return self.roots[0]

    def new_root(self, *, lifetime: timedelta = timedelta(days=3650), signer: str = "root") -> None:
        """Sign a root with the keys of now; by the keys of the root before it, too."""
        version = len(self.roots) + 1
        root = Root(version=version, expires=self.now + lifetime, consistent_snapshot=True)
        for role in _TOP:
            root.add_key(self.keys[role].public_key, role)
        metadata = Metadata(root)
        metadata.sign(self.keys[signer])
        if "old root" in self.keys:
            metadata.sign(self.keys["old root"], append=True)
        self.roots.append(metadata.to_bytes(_COMPACT))
        self.write(f"metadata/{version}.root.json", self.roots[-1])

    def rotate(self, role: str) -> None:
        """Give a role a new key, and say so in a new root."""
        if role == "root":
            self.keys["old root"] = self.keys["root"]
        self.keys[role] = CryptoSigner.generate_ed25519()
        self.new_root()
        self.keys.pop("old root", None)

    def publish(self, cpack: Path, *earlier: tuple[str, int]) -> Offer:
        """Put a version's content in place, laid out over `earlier` versions; return its offer."""
        bundle = self.root / "bundles" / "new"
        with open_cpack(cpack) as opened:
            found = opened.manifest
            before = [(self.published[key].manifest, self.published[key].layout) for key in earlier]
            key = manifest.digest(found) if not before else ""
            if kept := _laid_out.find(key):
                (laid_out, reference), data = kept
                bundle.write_bytes(data)
            else:
                with bundle.open("wb") as out:
                    laid_out, reference = lay_out(found, opened.blocks.read, before, out)
        if key and not kept:
            _laid_out.keep(key, (laid_out, reference), bundle.read_bytes())
        if reference:
            bundle.rename(self.root / repository.bundle_path(reference.digest))
        return self.place(found, laid_out)

    def place(self, found: Manifest, laid_out: Layout) -> Offer:
        """Put a manifest and a layout in place, whatever they say."""
        digest = manifest.digest(found)
        layout_digest = digest_of(layout.encode(laid_out))
        stored = manifest.pack(found)
        stored_layout = layout.pack(laid_out)
        self.write(repository.manifest_path(found.pack, digest), stored)
        self.write(repository.layout_path(found.pack, layout_digest), stored_layout)
        offer = Offer(
            found.pack, found.version, digest, len(stored), layout_digest, len(stored_layout),
            found.size, system=found.system.arch if found.system else "",
        )  # fmt: skip
        self.published[found.pack, found.version] = Published(found, laid_out, offer)
        return offer

    def offer(self, channel: str, *offered: Offer) -> None:
        """Offer these and no others of their packs on a channel, and sign."""
        held = self.offered.setdefault(channel, {})
        for key in [key for key in held if key[0] in {offer.pack for offer in offered}]:
            del held[key]
        held.update({(offer.pack, offer.version): offer for offer in offered})
        self.sign()

    def withdraw(self, channel: str, pack: str) -> None:
        """Offer nothing of a pack any more, and sign."""
        held = self.offered[channel]
        for key in [key for key in held if key[0] == pack]:
            del held[key]
        self.sign()

    def sign(self, *, lifetime: timedelta = timedelta(days=30), **keys: str) -> None:
        """Sign everything anew. `keys` names, for a role, another role whose key signs it."""
        meta: dict[str, MetaFile] = {}
        for channel in self.channels:
            role = offers.role_of(channel)
            signed = Targets(self.next_version(role), expires=self.now + timedelta(days=365))
            for offer in self.offered.get(channel, {}).values():
                name = self.target_names.get(offer.version) or offers.target_of(channel, offer)
                signed.targets[name] = self.target(name, offer)
            meta[f"{role}.json"] = self.write_signed(role, signed, keys.get(role, role))
        targets = Targets(
            self.next_version("targets"),
            expires=self.now + timedelta(days=1800),
            unrecognized_fields={hub_keys.FIELD: self.hub_keys.to_field()},
        )
        targets.delegations = Delegations({}, {})
        for channel in self.channels:
            role = offers.role_of(channel)
            key = self.keys[role].public_key
            targets.delegations.keys[key.keyid] = key
            targets.delegations.roles[role] = DelegatedRole(
                role, [key.keyid], 1, terminating=True, paths=[offers.targets_pattern(channel)]
            )
        if self.revoked is not None:
            meta[f"{STATUS_ROLE}.json"] = self.sign_status(self.revoked, targets.delegations)
        meta["targets.json"] = self.write_signed("targets", targets, keys.get("targets", "targets"))
        snapshot = Snapshot(self.next_version("snapshot"), expires=self.now + timedelta(days=365))
        snapshot.meta = meta
        file = self.write_signed("snapshot", snapshot, keys.get("snapshot", "snapshot"))
        self.sign_timestamp(file, lifetime=lifetime, key=keys.get("timestamp", "timestamp"))

    def sign_status(self, revoked: StatusList, delegations: Delegations) -> MetaFile:
        """Put the list of revoked nodes in place, and delegate its role."""
        data = protocol.status_list_bytes(revoked)
        digest = digest_of(data)
        self.write(repository.status_path(digest), data)
        signed = Targets(self.next_version(STATUS_ROLE), expires=self.now + timedelta(days=365))
        signed.targets[STATUS_TARGET] = TargetFile(len(data), {"sha256": digest}, STATUS_TARGET)
        self.keys.setdefault(STATUS_ROLE, CryptoSigner.generate_ed25519())
        key = self.keys[STATUS_ROLE].public_key
        delegations.keys[key.keyid] = key
        role = DelegatedRole(STATUS_ROLE, [key.keyid], 1, terminating=True, paths=[STATUS_PATTERN])
        if delegations.roles is not None:
            delegations.roles[STATUS_ROLE] = role
        return self.write_signed(STATUS_ROLE, signed, STATUS_ROLE)

    def sign_timestamp(
        self, snapshot: MetaFile, *, lifetime: timedelta, key: str = "timestamp"
    ) -> None:
        signed_at = in_words(self.now) if self.signed_at is None else self.signed_at
        further: dict[str, Any] = {"signed_at": signed_at} if signed_at else {}
        timestamp = Timestamp(
            self.next_version("timestamp"),
            expires=self.now + lifetime,
            snapshot_meta=snapshot,
            unrecognized_fields=further,
        )
        self.write_signed("timestamp", timestamp, key)

    def target(self, name: str, offer: Offer) -> TargetFile:
        return TargetFile(
            offer.manifest_stored,
            {"sha256": "00" * 32},
            name,
            {"custom": offers.to_custom(offer)},
        )

    def next_version(self, role: str) -> int:
        self.versions[role] = self.versions.get(role, 0) + 1
        return self.versions[role]

    def write_signed(self, role: str, signed: Any, key: str) -> MetaFile:
        metadata = Metadata(signed)
        metadata.sign(self.keys[key])
        data = metadata.to_bytes(_COMPACT)
        name = f"{role}.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        self.write(f"metadata/{name}", data)
        return MetaFile(signed.version, len(data), {"sha256": digest_of(data)})

    def write(self, path: str, data: bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def copy_to(self, folder: Path) -> Path:
        """Copy the repository as it is now, as onto a stick."""
        return Path(shutil.copytree(self.root, folder))
