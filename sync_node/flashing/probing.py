"""Does a card have the size that it says it has? Many that are sold don't.

Such a card takes what is written past its true size, and drops it, or writes it over what stands
elsewhere. So each place gets bytes of its own, in rising order, and all are read back afterwards:
places spread evenly find what is dropped; places a power of two apart find what comes round again,
since a card of 8 GB that says 64 ignores the upper bits of a place.
"""

import hashlib

from content_packs.command_line import megabytes
from content_packs.errors import Refused
from content_packs.limits import MIB
from sync_node.flashing.card import Card
from sync_node.flashing.limits import MAP_BLOCK_BYTES, PROBE_BYTES, PROBE_PLACES

_LOWEST = 4 * MIB  # behind the table of partitions, whatever is there


def places(size: int) -> list[int]:
    """Return where a card of so many bytes is tried, in rising order."""
    last = (size - PROBE_BYTES) // PROBE_BYTES * PROBE_BYTES
    found = {last}
    step = max(last // PROBE_PLACES, PROBE_BYTES)
    found |= {at // PROBE_BYTES * PROBE_BYTES for at in range(_LOWEST, last, step)}
    power = MAP_BLOCK_BYTES
    while power + _LOWEST < last:
        found.add(power + _LOWEST)
        power *= 2
    return sorted(at for at in found | {_LOWEST} if 0 <= at <= last)


def probe(card: Card, nonce: bytes) -> None:
    """Overwrite some of a card and read it back; `nonce` is new for each.

    Raises `Refused` for a card that doesn't hold what it says, `StorageFailed` for one that fails.
    """
    tried = places(card.size)
    for at in tried:
        card.write(at, _pattern(nonce, at))
    card.settle()
    for at in tried:
        if card.read(at, PROBE_BYTES) != _pattern(nonce, at):
            raise Refused(
                f"{card.name}: says it has {megabytes(card.size)}, but what was written at "
                f"{megabytes(at)} isn't there",
                hint="It is a forged card, or a broken one. Throw it away.",
            )


def _pattern(nonce: bytes, at: int) -> bytes:
    seed = hashlib.sha256(nonce + at.to_bytes(8)).digest()
    return hashlib.shake_256(seed).digest(PROBE_BYTES)
