"""Whom a pack is for: its `stage` says so, `teachers` standing beside the stages of schools.

A lesson plan keeps its grade and its subject, and stands apart by a facet that there is anyhow. It
is order, not secrecy: who knows its address may open it, as everything that a pack holds.
"""

from collections.abc import Iterable

from content_packs.code_lists import FOR_TEACHERS
from sync_node.catalogue_model import PackCard
from sync_node.shelves import Shelf


def for_pupils(cards: Iterable[PackCard]) -> tuple[PackCard, ...]:
    """Return the packs that are for pupils."""
    return tuple(card for card in cards if card.facets.stage != FOR_TEACHERS)


def shelves_for_pupils(counts: dict[Shelf, int]) -> dict[Shelf, int]:
    """Return the shelves that are for pupils."""
    return {shelf: count for shelf, count in counts.items() if shelf.stage != FOR_TEACHERS}
