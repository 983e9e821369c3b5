"""Which version of each pack this node is to have: offers, rollouts, holds, retirement.

- Of a pack's offers on the followed channels the newest counts whose rollout reaches this node: by
  its number, or, once the box is enrolled, by its name in a staged offer (content_packs/staging).
- An offer may name an older version than the active one: the hub withdrew a bad version.
- A pack that no followed channel offers is retired: hidden, its files kept until space is needed.
  So is one that isn't among the packs that this node is to have, where they are named. A system is
  none of them, and comes in any case (system/taking.py).
- A pack that a person rolled back stays until a newer version than the one left is offered.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from content_packs import staging, systems
from content_packs.digests import digest_of
from content_packs.errors import Refused
from content_packs.offers import Offer
from content_packs.values import Value
from sync_node.models import PackRow, VersionRow


class Followed(Value, frozen=True):
    """A pack that is offered, and whether a rollback holds it at `held_version`."""

    pack: str
    channel: str
    offer: Offer
    held_version: int | None


def choose(
    offered: Mapping[str, Iterable[Offer]], rollout_number: int, node: str = ""
) -> dict[str, tuple[str, Offer | None]]:
    """Return, for each pack offered, its channel and the offer that counts. Pure.

    The offer is None where no rollout reaches this node yet. `node`: its id, empty for a box that
    isn't enrolled.
    """
    chosen: dict[str, tuple[str, Offer | None]] = {}
    for channel, offers in offered.items():
        for offer in offers:
            chosen.setdefault(offer.pack, (channel, None))
            best = chosen[offer.pack][1]
            if not reaches(offer, rollout_number, node):
                continue
            if best is None or offer.version > best.version:
                chosen[offer.pack] = (channel, offer)
    return chosen


def reaches(offer: Offer, rollout_number: int, node: str = "") -> bool:
    """Say whether an offer's rollout reaches the node with this number, or with this id.

    Each version shuffles the nodes anew, so that not always the same ones go first.
    """
    if offer.staged is not None and staging.reaches(offer.staged, node):
        return True
    shuffled = digest_of(f"{rollout_number} {offer.pack} {offer.version}".encode())
    return int(shuffled, 16) % 100 < offer.rollout


def apply(
    offered: Mapping[str, Iterable[Offer]],
    rollout_number: int,
    *,
    packs: Sequence[str] | None = None,
    node: str = "",
) -> bool:
    """Put the offers into node.db, within the caller's transaction; say whether any changed.

    `packs`: those that this node is to have, None for all. `node`: its id, empty while it has none.
    """
    chosen = choose(offered, rollout_number, node)
    if packs is not None:
        chosen = {
            pack: found
            for pack, found in chosen.items()
            if pack in set(packs) or found[0] == systems.CHANNEL
        }
    changed = False
    for row in list(PackRow.select()):
        if row.pack not in chosen and not row.retired:
            PackRow.update(retired=True, offer="", offered_version=None, offered_manifest="").where(
                PackRow.pack == row.pack
            ).execute()
            changed = True
    for pack, (channel, offer) in chosen.items():
        changed |= _apply_one(pack, channel, offer)
    return changed


def _apply_one(pack: str, channel: str, offer: Offer | None) -> bool:
    if offer and offer.staged:  # who else it reaches is nothing to keep, and no news for this node
        offer = msgspec.structs.replace(offer, staged=None)
    row = PackRow.get_or_none(PackRow.pack == pack)
    if row is None:
        row = PackRow.create(pack=pack, channel=channel)
    before = (row.channel, row.offer, row.retired)
    row.channel, row.retired = channel, False
    row.offer = msgspec.json.encode(offer).decode() if offer else ""
    row.offered_version = offer.version if offer else None
    row.offered_manifest = offer.manifest if offer else ""
    if offer and row.rolled_back_from is not None and offer.version > row.rolled_back_from:
        row.held_version = row.rolled_back_from = None
    row.save()
    return before != (row.channel, row.offer, row.retired)


def followed() -> list[Followed]:
    """Return the packs that are offered, in the order in which they are needed."""
    found = [
        Followed(row.pack, row.channel, decode_offer(row.offer), row.held_version)
        for row in PackRow.select().where(PackRow.offer != "")
    ]
    # An empty `needed_by` comes after all times.
    return sorted(found, key=lambda f: (f.offer.needed_by or "~", f.pack))


def decode_offer(text: str) -> Offer:
    """Return the offer that a row holds as JSON."""
    return msgspec.json.decode(text, type=Offer)


def remember_version(offer: Offer) -> None:
    """Remember that the manifest of an offer is held, and the offer: a rollback may need it again.

    Raises `Refused` where this version was offered before with other content.
    """
    row = VersionRow.get_or_none(
        (VersionRow.pack == offer.pack) & (VersionRow.version == offer.version)
    )
    words = msgspec.json.encode(offer).decode()
    if row is None:
        VersionRow.create(
            pack=offer.pack, version=offer.version, manifest=offer.manifest, offer=words
        )
    elif row.manifest != offer.manifest:
        raise Refused(
            f"{offer.pack}: version {offer.version} is offered again with other content",
            hint="A version never changes: the hub has to publish it under a new number.",
        )
    elif row.offer != words:
        VersionRow.update(offer=words).where(
            (VersionRow.pack == offer.pack) & (VersionRow.version == offer.version)
        ).execute()


def offer_of(pack: str, version: int) -> Offer | None:
    """Return the offer that a version came by; None where that is forgotten."""
    row = VersionRow.get_or_none((VersionRow.pack == pack) & (VersionRow.version == version))
    return decode_offer(row.offer) if row and row.offer else None
