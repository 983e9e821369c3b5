"""Which offers may bring a system, and to whom. Pure.

1. A system comes by the channel `system` and by no other; nothing else comes by that one.
2. It comes to a box with slots, of the machine that it is for; to others it isn't offered at all.
3. A pack that stands on `system` stands nowhere else, whatever other channels say of it.
4. Versions that aren't newer than what runs, or that failed, aren't fetched.
"""

from collections.abc import Iterable, Mapping

import msgspec

from content_packs import systems
from content_packs.errors import Refused
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from sync_node.config import Config
from sync_node.limits import CHANNELS_MAX
from sync_node.system.box_slots import BoxSlots


def following(config: Config, box: BoxSlots | None) -> Config:
    """Return the configuration of a node that follows systems, too, if its box can take one."""
    if box is None or systems.CHANNEL in config.channels or len(config.channels) >= CHANNELS_MAX:
        return config
    return msgspec.structs.replace(config, channels=(*config.channels, systems.CHANNEL))


def permitted(offered: Mapping[str, Iterable[Offer]], arch: str) -> dict[str, tuple[Offer, ...]]:
    """Return the offers that count for a box of this machine; empty for a box without slots."""
    found = {
        channel: tuple(each for each in offers if systems.may_stand(channel, each.system))
        for channel, offers in offered.items()
    }
    ours = tuple(each for each in found.get(systems.CHANNEL, ()) if arch and each.system == arch)
    taken = {each.pack for each in found.get(systems.CHANNEL, ())}
    for channel, offers in found.items():
        found[channel] = tuple(each for each in offers if each.pack not in taken)
    if systems.CHANNEL in found:
        found[systems.CHANNEL] = ours
    return found


def is_of_use(channel: str, offer: Offer, box: BoxSlots | None) -> bool:
    """Say whether an offer is to be fetched: lessons always, a system where it can be started."""
    if channel != systems.CHANNEL:
        return True
    return box is not None and box.takes(offer.version)


def check(channel: str, offer: Offer, manifest: Manifest) -> None:
    """Raise `Refused` unless a manifest is what its offer says: a system, or lessons."""
    said = manifest.system.arch if manifest.system else ""
    if said == offer.system and systems.may_stand(channel, said):
        return
    name = f"{offer.pack} {offer.version}"
    is_what = f"a system for {said}" if said else "no system"
    expected = f"a system for {offer.system}" if offer.system else "lessons"
    raise Refused(
        f"{name}: by its manifest it is {is_what}, the channel {channel!r} offered {expected}",
        hint="Nothing of it is taken. The hub has to publish and release it anew.",
    )
