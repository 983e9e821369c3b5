"""Getting to know what offered versions consist of: their manifests, made by a delta or fetched.

Where an older version is held, the beginning of the delta from it is asked for: it says what
changed, and the manifest is made of it. Where there is none, or it makes something else than what
is signed, the manifest is fetched, and with it the layout. All packs together, side by side.
"""

from collections.abc import Callable, Sequence

from content_packs.errors import SatchelError, SourceUnavailable, StorageFailed
from content_packs.offers import Offer
from sync_node.deltas import Delta, Deltas
from sync_node.documents import Documents
from sync_node.neighbours import Neighbours
from sync_node.planning import Planning, Wanted
from sync_node.side_by_side import side_by_side


class Finder:
    """Finds the manifests of offers. What couldn't be had is in `troubles`.

    `room` says what the disk has for files that have to be made before a manifest is known.
    """

    def __init__(
        self,
        documents: Documents,
        deltas: Deltas,
        planning: Planning,
        neighbours: Neighbours,
        room: Callable[[], int],
    ) -> None:
        self._documents = documents
        self._neighbours = neighbours
        self._deltas = deltas
        self._planning = planning
        self._room = room
        self._begun: dict[str, Delta] = {}
        self.troubles: list[SatchelError] = []

    def find(self, offers: Sequence[Offer]) -> dict[str, Wanted]:
        """Return what is wanted, by pack; the manifest of each is on disk then.

        Raises `StorageFailed`.
        """
        olds = {offer.pack: self._planning.older_versions(offer) for offer in offers}
        lacking = [offer for offer in offers if not self._documents.holds_manifest(offer)]
        lacking = [
            offer
            for offer in lacking
            if not self._neighbours.bring_manifest(offer, has_older=bool(olds[offer.pack]))
        ]
        for offer in offers:
            if begun := self._deltas.held(offer, olds[offer.pack]):
                self._begun[offer.pack] = begun
        self._begin_deltas(lacking, olds)
        self._fetch([offer for offer in lacking if not self._derived(offer)])
        return {
            offer.pack: Wanted(offer, self._begun.get(offer.pack))
            for offer in offers
            if self._documents.holds_manifest(offer)
        }

    def _begin_deltas(self, offers: Sequence[Offer], olds: dict[str, list[str]]) -> None:
        """Ask for deltas from the newest version held of each, then from the one before, ..."""
        for turn in range(max(map(len, olds.values()), default=0)):
            asking = [
                offer
                for offer in offers
                if offer.pack not in self._begun
                and turn < len(olds[offer.pack])
                and self._planning.is_much_here(olds[offer.pack][turn])
            ]
            asks = [self._asking(offer, olds[offer.pack][turn]) for offer in asking]
            for offer, found in zip(asking, side_by_side(asks), strict=True):
                if isinstance(found, Delta):
                    self._begun[offer.pack] = found
                elif isinstance(found, StorageFailed):
                    raise found

    def _asking(self, offer: Offer, old: str) -> Callable[[], Delta]:
        return lambda: self._deltas.begin(offer, old)

    def _derived(self, offer: Offer) -> bool:
        """Make a manifest by a delta; say whether it needn't be fetched any more."""
        begun = self._begun.get(offer.pack)
        if begun is None:
            return False
        try:
            self._deltas.derive(offer, begun, room=self._room())
        except StorageFailed:
            raise
        except SourceUnavailable as error:
            self.troubles.append(error)
            return True  # what has come is kept, and the next tick goes on with it
        except SatchelError:
            return False
        return True

    def _fetch(self, offers: Sequence[Offer]) -> None:
        """Fetch manifests, and layouts beside them: both are needed where no delta is."""
        asks: list[Callable[[], bytes | None]] = []
        for offer in offers:
            asks.append(self._fetching_manifest(offer))
            if offer.pack not in self._begun:
                asks.append(self._fetching_layout(offer))
        found = iter(side_by_side(asks))
        for offer in offers:
            outcomes = [next(found) for _ in range(1 if offer.pack in self._begun else 2)]
            self._keep(offer, outcomes)

    def _fetching_manifest(self, offer: Offer) -> Callable[[], None]:
        return lambda: self._documents.fetch_manifest(offer)

    def _fetching_layout(self, offer: Offer) -> Callable[[], bytes]:
        return lambda: self._documents.fetch_layout(offer)

    def _keep(self, offer: Offer, outcomes: list[bytes | SatchelError | None]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, StorageFailed):
                raise outcome
        manifest, *layouts = outcomes
        if isinstance(manifest, SatchelError):
            self.troubles.append(manifest)
            return
        for layout in layouts:
            if isinstance(layout, bytes):
                try:
                    self._documents.put_layout(offer, layout)
                except StorageFailed:
                    raise
                except SatchelError as error:
                    self.troubles.append(error)
