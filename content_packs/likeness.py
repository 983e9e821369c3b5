"""Finds, among old texts, the one that a new text is most like.

A text is cut into windows of 32 bytes wherever a gear hash says so; its sketch is the least of
their hashes. Two texts share about the part of their sketches that they share of their windows
(bottom-k min-hash: Broder, On the resemblance and containment of documents, 1997). So what was
renamed and changed, or has a template in common, is found without looking at each pair.
"""

from collections import defaultdict

import numpy as np

from content_packs.chunker import gear_hashes

_SKETCH_MAX = 64
_LOWEST_PASSING = np.uint32(1 << 27)  # a window about every 32 bytes
_MIXER = np.uint32(0x9E3779B1)
_SHARED_MIN = 4  # hashes: below this two texts are alike by chance
_TEXTS_OF_HASH_MAX = 64  # what all texts have in common tells nothing


def sketch(text: bytes) -> frozenset[int]:
    """Return the least hashes of the windows of `text`."""
    hashes = gear_hashes(text)[31:]
    mixed = np.unique(hashes[hashes < _LOWEST_PASSING] * _MIXER)
    return frozenset(mixed[:_SKETCH_MAX].tolist())


class Likeness:
    """Texts by what is in them, each under a number of the caller's."""

    def __init__(self) -> None:
        self._texts: dict[int, list[int]] = defaultdict(list)

    def add(self, number: int, text: bytes) -> None:
        """Remember a text."""
        for value in sketch(text):
            known = self._texts[value]
            if len(known) < _TEXTS_OF_HASH_MAX:
                known.append(number)

    def most_alike(self, text: bytes) -> int | None:
        """Return the number of the text that shares most with `text`, None if none does."""
        shared: dict[int, int] = defaultdict(int)
        rarity: dict[int, float] = defaultdict(float)
        for value in sketch(text):
            known = self._texts.get(value, ())
            for number in known:
                shared[number] += 1
                rarity[number] += 1 / len(known)
        if not shared:
            return None
        best = max(shared, key=lambda number: (shared[number] + rarity[number], -number))
        return best if shared[best] >= _SHARED_MIN else None
