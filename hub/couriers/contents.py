"""What a stick for some schools should hold: the edition, and the content that they lack.

What a school lacks is known where its last report says that it holds a version of a pack whole:
then only bundles with chunks that this version doesn't have go, and the delta from it. Of a school
that never reported, or holds a version in part, nothing is known, and all of the offered version
goes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from content_packs import repository
from content_packs.courier import Parcel, Wanted
from content_packs.errors import Missing
from content_packs.hub_keys import STATUS_TARGET
from content_packs.offers import Offer
from content_packs.reports import PackReadiness, Report
from hub import deltas
from hub.contents import check_bundles, read_layout, read_manifest
from hub.deltas import Wanted as WantedDelta
from hub.edition import Edition, file_name, read_edition, root_versions
from hub.errors import Damaged
from hub.hub import Hub
from hub.versions import expect_version

_Held = int | None  # the version that a school holds whole; None: not known


@dataclass(frozen=True)
class School:
    """A node that a stick is for: its last report, which channels and packs it is to hold.

    None: any. `keyid`: of its key in force; a box that claimed by another stick, and had no answer
    yet, knows itself by nothing else.
    """

    node: str
    channels: tuple[str, ...] | None = None
    report: Report | None = None
    packs: tuple[str, ...] | None = None
    keyid: str = ""


@dataclass(frozen=True)
class Contents:
    """What a stick should hold. `timestamp` names all of `metadata`, and is of one moment with it.

    `parcels` stand in the order in which schools need them.
    """

    parcels: tuple[Parcel, ...]
    metadata: tuple[Wanted, ...]
    timestamp: bytes


ANYONE = School("")  # of whom nothing is known


def contents_for(hub: Hub, schools: Sequence[School]) -> Contents:
    """Return what a stick for these schools should hold; none named: for any.

    Raises `Damaged`, `Busy`, `StorageFailed`.
    """
    with hub.locked("reading what a stick should hold"):
        edition = read_edition(hub.data.metadata)
        timestamp = hub.data.place(repository.TIMESTAMP).read_bytes()
    metadata = tuple(_metadata(hub, edition))
    held = _wishes(edition, schools or [ANYONE])
    in_order = sorted(held, key=lambda offer: (offer.needed_by or "~", offer.pack, offer.version))
    parcels = [_parcel(hub, offer, held[offer]) for offer in in_order]
    return Contents(tuple(one for one in parcels if one.files), metadata, timestamp)


def held_version(report: Report | None, pack: str) -> _Held:
    """Return the version of a pack that a node says it holds whole; None: none, or not known."""
    found = next((one for one in report.packs if one.pack == pack), None) if report else None
    return found.version if found and _is_whole(found) else None


def _is_whole(found: PackReadiness) -> bool:
    return found.bytes_to_come == 0 and not found.retired and found.held_version is None


def _wishes(edition: Edition, schools: Iterable[School]) -> dict[Offer, set[_Held]]:
    """Return, for each offer that a school follows, which versions are held of its pack."""
    found: dict[Offer, set[_Held]] = {}
    for school in schools:
        for channel in edition.channels:
            if school.channels is not None and channel not in school.channels:
                continue
            for offer in edition.offers_for(channel, school.node):
                if school.packs is not None and offer.pack not in school.packs:
                    continue
                found.setdefault(offer, set()).add(held_version(school.report, offer.pack))
    return found


def _parcel(hub: Hub, offer: Offer, held: set[_Held]) -> Parcel:
    """Return what schools that hold these versions lack of an offer; nothing where they have it."""
    name = f"{offer.pack} {offer.version}"
    lacking = held - {offer.version}
    if not lacking:
        return Parcel(name, ())
    of, stored = read_manifest(hub.objects, offer.pack, offer.manifest)
    laid_out, stored_layout = read_layout(hub.objects, of, offer.layout)
    check_bundles(hub.objects, laid_out)
    bundles: set[int] = set()
    made: list[Wanted] = []
    for version in sorted(lacking, key=lambda version: version or 0):
        older = _known_chunks(hub, offer.pack, version)
        bundles |= {
            laid_out.blocks[laid_out.block_of_chunk[number]].bundle
            for number, chunk in enumerate(of.chunk_table)
            if chunk.digest not in older
        }
        made += _delta(hub, offer, version)
    files = [
        Wanted(repository.bundle_path(bundle.digest), bundle.size)
        for number, bundle in enumerate(laid_out.bundles)
        if number in bundles
    ]
    files += made
    files.append(Wanted(repository.layout_path(offer.pack, offer.layout), len(stored_layout)))
    files.append(Wanted(repository.manifest_path(offer.pack, offer.manifest), len(stored)))
    return Parcel(name, tuple(files))


def _known_chunks(hub: Hub, pack: str, version: _Held) -> frozenset[str]:
    """Return the chunks of a version; none of one that isn't known here any more."""
    if version is None:
        return frozenset()
    try:
        found = expect_version(hub, pack, version)
    except Missing:
        return frozenset()
    of, _ = read_manifest(hub.objects, pack, found.manifest)
    return frozenset(of.number_of_chunk)


def _delta(hub: Hub, offer: Offer, version: _Held) -> Iterator[Wanted]:
    """Yield the delta from a version that a school holds, if the hub has it."""
    if version is None:
        return
    try:
        older = expect_version(hub, offer.pack, version)
        newer = expect_version(hub, offer.pack, offer.version)
    except Missing:
        return
    found = deltas.find(hub, WantedDelta(offer.pack, older, newer))
    if found and found.stored:
        place = repository.delta_path(offer.pack, older.manifest, newer.manifest)
        yield Wanted(place, found.stored)


def _metadata(hub: Hub, edition: Edition) -> Iterator[Wanted]:
    """Yield the metadata of an edition: every root, what is in force, the list of revoked nodes."""
    for version in root_versions(hub.data.metadata):
        yield _file(hub, repository.metadata_path(file_name("root", version)))
    for role, signed in edition.targets_roles().items():
        yield _file(hub, repository.metadata_path(file_name(role, signed.version)))
    yield _file(hub, repository.metadata_path(file_name("snapshot", edition.snapshot.version)))
    if edition.status and (listed := edition.status.targets.get(STATUS_TARGET)):
        yield _file(hub, repository.status_path(listed.hashes["sha256"]))
    yield _file(hub, repository.TIMESTAMP)


def _file(hub: Hub, place: str) -> Wanted:
    size = hub.objects.size(place)
    if size is None:
        raise Damaged(
            f"{place}: isn't in the repository, or can't be read",
            hint="Restore this file from a backup, or from any copy of the repository.",
        )
    return Wanted(place, size)
