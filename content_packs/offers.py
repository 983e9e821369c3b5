"""Offers: what a channel holds out to nodes, inside TUF metadata.

A channel is a delegated, terminating TUF role `c-<channel>` whose targets are named
`<channel>/<pack>/<version>`. A target's length and hash are those of the version's manifest in its
stored form; its `custom` is an `Offer`. The content below it is covered by the manifest's digests.
"""

from typing import Any

import msgspec

from content_packs import staging
from content_packs.digests import check_digest
from content_packs.errors import InvalidContent
from content_packs.limits import (
    LAYOUT_STORED_BYTES_MAX,
    MANIFEST_STORED_BYTES_MAX,
    PACK_BYTES_MAX,
    WITHDRAWN_VERSIONS_MAX,
)
from content_packs.names import check_name, check_version
from content_packs.staging import Staged

ROLE_PREFIX = "c-"


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=False, omit_defaults=True):
    """One version of a pack on a channel.

    `manifest` and `layout` are digests; `manifest_stored` and `layout_stored` the bytes that those
    have in the repository; `size` the bytes of all files. `rollout` is the percentage of nodes that
    should take it; `activate_at` and `needed_by` are RFC 3339 times in UTC, or empty. `withdrawn`:
    other versions of the pack that nobody is to go on with, the newest first. `staged`: a rollout
    is under way, or ended early, and says which nodes take it as well; beside it, the channel
    offers the version that all others have. `system`: for which machines it is a system, empty for
    lessons.
    """

    pack: str
    version: int
    manifest: str
    manifest_stored: int
    layout: str
    layout_stored: int
    size: int
    rollout: int = 100
    activate_at: str = ""
    needed_by: str = ""
    withdrawn: tuple[int, ...] = ()
    staged: Staged | None = None
    system: str = ""


def role_of(channel: str) -> str:
    """Return the name of the TUF role that signs `channel`."""
    return ROLE_PREFIX + channel


def target_of(channel: str, offer: Offer) -> str:
    """Return the TUF target name of an offer."""
    return f"{channel}/{offer.pack}/{offer.version}"


def targets_pattern(channel: str) -> str:
    """Return the path pattern that is delegated to a channel's role."""
    return f"{channel}/*/*"


def to_custom(offer: Offer) -> dict[str, Any]:
    """Return the `custom` object of an offer's target."""
    built: dict[str, Any] = msgspec.to_builtins(offer)
    return built


def from_target(channel: str, name: str, custom: object) -> Offer:
    """Return the offer in a verified target. Raises `InvalidContent`.

    A reader ignores fields it doesn't know: an older node goes on following a newer hub.
    """
    what = f"channel {channel}: target {name[:160]!r}"
    try:
        offer = msgspec.convert(custom, Offer)
    except msgspec.ValidationError as error:
        raise InvalidContent(f"{what}: {error}") from error
    check_name(offer.pack, what=f"{what}: pack")
    check_version(offer.version, what=f"{what}: version")
    check_digest(offer.manifest, what=f"{what}: manifest")
    check_digest(offer.layout, what=f"{what}: layout")
    for field, found, most in (
        ("manifest_stored", offer.manifest_stored, MANIFEST_STORED_BYTES_MAX),
        ("layout_stored", offer.layout_stored, LAYOUT_STORED_BYTES_MAX),
        ("size", offer.size, PACK_BYTES_MAX),
        ("rollout", offer.rollout, 100),
    ):
        if not 0 <= found <= most:
            raise InvalidContent(f"{what}: {field} is {found}, expected 0 to {most}")
    if len(offer.withdrawn) > WITHDRAWN_VERSIONS_MAX:
        raise InvalidContent(
            f"{what}: {len(offer.withdrawn)} withdrawn versions, at most {WITHDRAWN_VERSIONS_MAX}"
        )
    for version in offer.withdrawn:
        check_version(version, what=f"{what}: withdrawn")
    if offer.system:
        check_name(offer.system, what=f"{what}: system")
    if offer.staged is not None:
        staging.check(offer.staged, what=what)
    if name != target_of(channel, offer):
        raise InvalidContent(f"{what}: its custom says {target_of(channel, offer)!r}")
    return offer
