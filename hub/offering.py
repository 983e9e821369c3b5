"""A channel's signed role: making offers, putting them in, taking them out, committing an edition.

Of a pack a channel has at most one plain offer, and beside it staged ones, which rollouts bring
(content_packs/staging). Who decides what is offered is `releasing`, or a rollout.
"""

import copy
from collections.abc import Iterable

import msgspec
from tuf.api.metadata import TargetFile, Targets

from content_packs import offers, systems
from content_packs.digests import digest_of
from content_packs.errors import Refused
from content_packs.limits import WITHDRAWN_VERSIONS_MAX
from content_packs.offers import Offer
from content_packs.staging import Staged
from hub import signed_deeds
from hub.contents import check_bundles, read_layout, read_manifest
from hub.edition import Edition
from hub.hub import Hub
from hub.signed_deeds import Deed
from hub.signing import Signing
from hub.versions import Version, withdrawn_versions


def check_releasable(version: Version) -> None:
    """Raise `Refused` for a version that was withdrawn for good."""
    if version.withdrawn_at:
        raise Refused(
            f"{version.pack} {version.version} was withdrawn on {version.withdrawn_at}",
            hint="Publish a newer version, and release that.",
        )


def make_offer(  # noqa: PLR0913 - the terms by name
    hub: Hub,
    version: Version,
    *,
    rollout: int,
    activate_at: str,
    needed_by: str,
    staged: Staged | None = None,
) -> Offer:
    """Return an offer of content that is really there. Raises `Damaged`, `StorageFailed`."""
    manifest, stored_manifest = read_manifest(hub.objects, version.pack, version.manifest)
    laid_out, stored_layout = read_layout(hub.objects, manifest, version.layout)
    check_bundles(hub.objects, laid_out)
    return Offer(
        pack=version.pack,
        version=version.version,
        manifest=version.manifest,
        manifest_stored=len(stored_manifest),
        layout=version.layout,
        layout_stored=len(stored_layout),
        size=version.size,
        rollout=rollout,
        activate_at=activate_at,
        needed_by=needed_by,
        withdrawn=_newest(withdrawn_versions(hub, version.pack) - {version.version}),
        staged=staged,
        system=manifest.system.arch if manifest.system else "",
    )


def target_of(hub: Hub, channel: str, offer: Offer) -> TargetFile:
    """Return the target that says an offer.

    Raises `Refused` for a system on a channel of lessons, or the reverse; `Damaged`.
    """
    check_channel(channel, offer)
    _, stored = read_manifest(hub.objects, offer.pack, offer.manifest)
    return TargetFile(
        len(stored),
        {"sha256": digest_of(stored)},
        offers.target_of(channel, offer),
        {"custom": offers.to_custom(offer)},
    )


def check_channel(channel: str, offer: Offer) -> None:
    """Raise `Refused` unless the channel is one for what is offered: systems have one of their own.

    Who may sign for a channel of lessons, or publish them, has no say in what boxes run on.
    """
    if systems.may_stand(channel, offer.system):
        return
    name = f"{offer.pack} {offer.version}"
    if offer.system:
        raise Refused(
            f"{name} is a system for boxes, which goes on the channel {systems.CHANNEL!r} only, "
            f"not on {channel!r}",
            hint=f"Release it there: hub release {offer.pack} --version {offer.version} "
            f"--channel {systems.CHANNEL}",
        )
    raise Refused(
        f"{name} is no system, and the channel {channel!r} is for systems only",
        hint="Release it on a channel of lessons.",
    )


def check_only_system(edition: Edition, channel: str, offer: Offer) -> None:
    """Raise `Refused` where a channel offers another pack as the system of the same machines."""
    found = [*edition.offers_on(channel), *edition.staged_on(channel)] if offer.system else []
    for other in found:
        if other.pack != offer.pack and other.system == offer.system:
            raise Refused(
                f"{channel} offers {other.pack} {other.version} as the system for {offer.system}; "
                f"{offer.pack} would be a second one",
                hint=f"Withdraw it first: hub withdraw {other.pack} --version {other.version} "
                f"--channel {channel}",
            )


def telling(edition: Edition, pack: str, version: int) -> dict[str, Targets]:
    """Return the channels that offer another version of a pack, saying that this one is withdrawn.

    A school may have pinned it: its box goes on by that word.
    """
    changed = {}
    for name, role in edition.channels.items():
        new = copy.deepcopy(role)
        for offer in (edition.offer_of(name, pack), *edition.staged_of(name, pack)):
            if offer is None or offer.version == version or version in offer.withdrawn:
                continue
            target = role.targets[offers.target_of(name, offer)]
            said = msgspec.structs.replace(offer, withdrawn=_newest({*offer.withdrawn, version}))
            custom = {"custom": offers.to_custom(said)}
            told = TargetFile(target.length, target.hashes, target.path, custom)
            new.targets[told.path] = told
            changed[offers.role_of(name)] = new
    return changed


def with_offer(
    role: Targets, before: Iterable[Offer | None], channel: str, after: TargetFile | None
) -> Targets:
    """Return a channel's role with `after` in place of the offers `before`."""
    new = copy.deepcopy(role)
    for offer in before:
        if offer is not None:
            new.targets.pop(offers.target_of(channel, offer), None)
    if after is not None:
        new.targets[after.path] = after
    return new


def commit(hub: Hub, edition: Edition, changed: dict[str, Targets], deed: Deed) -> None:
    """Put an edition with the changed roles in force, and write the deed into the audit log.

    Raises `KeyAbsent`, `KeyLocked`, `ClockBehind`, `StorageFailed`.
    """
    signing = Signing(hub.data.metadata, hub.keys, hub.clock())
    signed_deeds.begin(hub, edition, deed)
    signed_deeds.settle(hub, signing.commit(edition, changed))


def _newest(versions: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(versions, reverse=True)[:WITHDRAWN_VERSIONS_MAX])
