"""Deltas: what brings a node from an earlier version of a pack to a later one, made ahead of time.

Which there should be: to the newest version of a pack and to each that a channel offers, from each
of the `DELTAS_FROM_MAX` versions before it and from each that a channel offers. A publish makes
those that nodes are about to ask for, a release sees to it that they are there; `hub serve` and
`hub deltas` make the others (`delta_files`). Nothing signed names a delta: without it, nodes fetch
blocks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content_packs import repository
from hub.edition import read_edition
from hub.hub import Hub
from hub.limits import DELTAS_FROM_MAX
from hub.models import DeltaRow
from hub.versions import Version, all_versions, expect_version, versions_of


@dataclass(frozen=True)
class Delta:
    """A delta from one version of a pack to another. `stored`: its bytes; 0: it isn't worth it.

    `fetched`: the bytes of the whole update for a node that uses it, with those blocks that only
    the new version has; `without`: for a node that doesn't.
    """

    pack: str
    older: int
    newer: int
    stored: int
    fetched: int
    without: int


@dataclass(frozen=True)
class Wanted:
    """A delta that there should be."""

    pack: str
    older: Version
    newer: Version


def wanted(hub: Hub, pack: str | None = None) -> list[Wanted]:
    """Return the deltas that there should be, of one pack or of all; the most useful first.

    Raises `Missing` if there is no such pack, `Damaged`, `StorageFailed`.
    """
    if pack is not None:
        found = [(pack, _expect_versions(hub, pack))]
    else:
        found = [(name, versions) for name, _, versions in all_versions(hub)]
    offered = _offered(hub)
    return [one for name, versions in found for one in _wanted(name, versions, offered)]


def needed_first(hub: Hub, pack: str, version: int) -> list[Wanted]:
    """Return the deltas to a version that nodes will ask for as soon as it is released.

    They come from the version before it, and from those that channels offer now.
    """
    to_it = [one for one in wanted(hub, pack) if one.newer.version == version]
    offered = {older for name, older in _offered(hub) if name == pack}
    return [one for n, one in enumerate(to_it) if n == 0 or one.older.version in offered]


def from_offered(hub: Hub, channel: str, pack: str, version: int) -> list[Wanted]:
    """Return the delta to a version from the one that a channel offers now, if it goes forward.

    Raises `Damaged`, `StorageFailed`.
    """
    edition = read_edition(hub.data.metadata)
    offer = edition.offer_of(channel, pack) if channel in edition.channels else None
    found = {one.version: one for one in versions_of(hub, pack)}
    if offer is None or version not in found or offer.version >= version:
        return []
    return [Wanted(pack, found[offer.version], found[version])]


def missing(hub: Hub, among: Iterable[Wanted]) -> list[Wanted]:
    """Return those that are neither there nor known not to be worth it. Raises `StorageFailed`."""
    return [one for one in among if find(hub, one) is None]


def known(hub: Hub, among: Iterable[Wanted]) -> list[Delta]:
    """Return those that are there, and those that aren't worth it. Raises `StorageFailed`."""
    return [found for one in among if (found := find(hub, one))]


def _expect_versions(hub: Hub, pack: str) -> list[Version]:
    versions = versions_of(hub, pack)
    if not versions:
        expect_version(hub, pack, 1)  # says that there is no such pack
    return versions


def _offered(hub: Hub) -> set[tuple[str, int]]:
    edition = read_edition(hub.data.metadata)
    return {
        (offer.pack, offer.version)
        for channel in edition.channels
        for offer in (*edition.offers_on(channel), *edition.staged_on(channel))
    }


def _wanted(pack: str, versions: list[Version], offered: set[tuple[str, int]]) -> Iterator[Wanted]:
    """Yield what is wanted of one pack; `versions` are the newest first."""
    for n, newer in enumerate(versions):
        if newer.withdrawn_at or (n and (pack, newer.version) not in offered):
            continue
        before = versions[n + 1 :]
        near = before[:DELTAS_FROM_MAX]
        far = [one for one in before[DELTAS_FROM_MAX:] if (pack, one.version) in offered]
        for older in (*near, *far):
            yield Wanted(pack, older, newer)


def place_of(one: Wanted) -> str:
    """Return the place of a delta in the repository."""
    return repository.delta_path(one.pack, one.older.manifest, one.newer.manifest)


def find(hub: Hub, one: Wanted) -> Delta | None:
    """Return what is known of a delta; None if its file isn't there as it has to be."""
    with hub.database.transaction():
        row = DeltaRow.get_or_none(
            (DeltaRow.pack == one.pack)
            & (DeltaRow.older == one.older.version)
            & (DeltaRow.newer == one.newer.version)
        )
    if row is None or (row.stored and hub.objects.known_size(place_of(one)) != row.stored):
        return None
    return Delta(row.pack, row.older, row.newer, row.stored, row.fetched, row.without)


def remember(hub: Hub, made: Delta) -> None:
    """Say, durably, what a delta weighs, or that it isn't worth it. Raises `StorageFailed`."""
    key = (DeltaRow.pack == made.pack) & (DeltaRow.older == made.older)
    with hub.database.transaction():
        DeltaRow.delete().where(key & (DeltaRow.newer == made.newer)).execute()
        DeltaRow.insert(
            pack=made.pack,
            older=made.older,
            newer=made.newer,
            stored=made.stored,
            fetched=made.fetched,
            without=made.without,
        ).execute()
