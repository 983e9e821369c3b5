"""The plan of what is on disk: what there is of each version that is wanted, and what comes next.

Nothing is fetched here. A pack whose manifest isn't here yet stands in the plan as unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from content_packs.errors import InvalidContent, Missing
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from sync_node import holding, planner, state
from sync_node.activator import held_versions
from sync_node.data_dir import DataDir
from sync_node.delta_facts import DeltaFacts
from sync_node.deltas import Delta, Deltas
from sync_node.documents import Documents, loaders
from sync_node.limits import DELTA_HELD_SHARE_MIN, DELTA_VERSIONS_MAX
from sync_node.plan_model import Plan, UnitKey, UnknownPack
from sync_node.planner import PackState
from sync_node.seeds import Place, find_seeds
from sync_node.sources import Sources
from sync_node.store import Store, allocated_bytes


@dataclass
class Wanted:
    """A version whose manifest is here. `wrong` as in `PackState`."""

    offer: Offer
    delta: Delta | None = None
    wrong: set[UnitKey | str] = field(default_factory=set)


class Planning:
    """Finds out what there is of wanted versions, and plans the rest."""

    def __init__(
        self, data_dir: DataDir, store: Store, documents: Documents, deltas: Deltas
    ) -> None:
        self._data_dir = data_dir
        self._store = store
        self._documents = documents
        self._deltas = deltas
        self.seeds: Mapping[str, Place] = {}
        self.gone: set[str] = set()  # chunks that weren't where they had to be

    def plan(self, wanted: Sequence[Wanted], unknown: Sequence[UnknownPack] = ()) -> Plan:
        """Return what is to come of `wanted`. `seeds` then says where local chunks lie."""
        missing = {
            chunk.digest
            for each in wanted
            for file in self._manifest(each.offer).files
            if file.digest not in self._store
            for chunk in file.pieces
            if chunk.digest not in self.gone
        }
        held = loaders(self._documents, list(held_versions().values())) if missing else []
        self.seeds = find_seeds(missing, self._store, held)
        return planner.plan(self._states(wanted), unknown)

    def _manifest(self, offer: Offer) -> Manifest:
        return self._documents.held_manifest(offer.manifest)

    def _states(self, wanted: Sequence[Wanted]) -> Iterator[PackState]:
        being_made = self._store.being_made()
        for each in wanted:
            manifest = self._manifest(each.offer)
            here: set[str] = set()
            room_taken = {}
            for file in manifest.files:
                if file.digest in being_made and file.digest not in self._store:
                    here |= self._store.likely_chunks(file)
                    room_taken[file.digest] = allocated_bytes(self._store.part_path(file.digest))
            yield PackState(
                each.offer,
                manifest,
                self._store,
                _Here(here, self.seeds),
                self._documents.held_layout(each.offer),
                self._facts(each, manifest),
                each.wrong,
                room_taken,
                state.renditions(),
            )

    def _facts(self, wanted: Wanted, manifest: Manifest) -> DeltaFacts | None:
        if wanted.delta is None:
            return None
        wanted.delta.bind(manifest)
        return wanted.delta.facts

    def older_versions(self, offer: Offer) -> list[str]:
        """Return the manifests of older versions that a delta to an offer may be from.

        The newest come first.
        """
        held = sorted(
            (version, digest)
            for (pack, version), digest in held_versions().items()
            if pack == offer.pack and version < offer.version
        )
        return [digest for _, digest in reversed(held)][:DELTA_VERSIONS_MAX]

    def is_much_here(self, digest: str) -> bool:
        """Say whether enough of a version is here to make something of a delta from it."""
        try:
            files = self._documents.held_manifest(digest).files
        except (Missing, InvalidContent):
            return False  # it rotted: `check` finds it
        here = sum(file.size for file in files if file.digest in self._store)
        return here >= DELTA_HELD_SHARE_MIN * sum(file.size for file in files)


@dataclass(frozen=True)
class _Here:
    """Chunks in either of two places."""

    parts: AbstractSet[str]
    seeds: Mapping[str, Place]

    def __contains__(self, digest: object) -> bool:
        return digest in self.parts or digest in self.seeds


def plan_on_disk(data_dir: DataDir) -> Plan:
    """Return the plan of what the next tick fetches, as far as it is known. Fetches nothing.

    node.db is open. Raises `StorageFailed`; `InvalidContent` for a manifest that rotted.
    """
    store = Store(data_dir)
    sources = Sources([])
    documents = Documents(data_dir, sources)
    deltas = Deltas(data_dir, sources, documents, store)
    planning = Planning(data_dir, store, documents, deltas)
    wanted, unknown = [], []
    for followed in holding.to_bring(data_dir, documents):
        offer = followed.offer
        if documents.holds_manifest(offer):
            delta = deltas.held(offer, planning.older_versions(offer))
            wanted.append(Wanted(offer, delta))
        else:
            unknown.append(unknown_pack(offer))
    return planning.plan(wanted, unknown)


def unknown_pack(offer: Offer) -> UnknownPack:
    """Return what is known of a version whose manifest isn't here."""
    return UnknownPack(
        offer.pack, offer.version, offer.manifest_stored + offer.layout_stored, offer.size,
        offer.needed_by, "what it consists of has to be fetched first",
    )  # fmt: skip
