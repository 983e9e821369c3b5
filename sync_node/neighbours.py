"""Taking from neighbours what they hold, before any link is asked: their bytes cost nothing.

1. Peers are asked what they hold: 32 bytes a file, once a tick, when something is missing.
2. The files are asked for by digest, in the order of usefulness: large ones chunk by chunk, small
   ones many in a request. Each chunk is checked before it goes anywhere.
3. What a peer gives wrong, slowly or not at all comes from the next, then over a link. A peer that
   lies is left for the tick after `PEER_BAD_UNITS_MAX` wrong units.
4. A manifest comes from a peer where there is no older version here, peers hold all that it takes,
   or nobody else can be asked. Otherwise a delta brings it over the link for less, and says what
   else changed.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from content_packs.digests import digest_of
from content_packs.errors import DigestMismatch, InvalidContent, Missing, SourceUnavailable
from content_packs.manifest import Chunk, File
from content_packs.offers import Offer
from sync_node.assembler import Assembler
from sync_node.documents import Documents
from sync_node.limits import (
    HELD_BYTES_MAX,
    PEER_BAD_UNITS_MAX,
    PEER_REQUESTS_MAX,
    PEERS_ASKED_MAX,
)
from sync_node.peer_places import HELD, HeldList, files_path, groups_of
from sync_node.plan_model import Unit
from sync_node.source import Source
from sync_node.sources import Sources
from sync_node.store import Store
from sync_node.transfer import Transfer


@dataclass(frozen=True, slots=True)
class FileKey:
    """A chunk of a file that a peer has."""

    file: str
    chunk: Chunk


class Neighbours:
    """The peers among `sources`, for the length of a tick."""

    def __init__(
        self,
        sources: Sources,
        store: Store,
        documents: Documents,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sources = sources
        self._store = store
        self._documents = documents
        self._monotonic = monotonic
        self._held: dict[str, HeldList] = {}

    @property
    def are_there(self) -> bool:
        """Whether there is any to ask."""
        return any(self._asked())

    def bring_manifest(self, offer: Offer, *, has_older: bool) -> bool:
        """Keep the manifest of an offer if it is to come from a peer; say whether it did.

        Raises `StorageFailed`.
        """
        found = self._documents.manifest_of_peers(offer) if self.are_there else None
        if found is None:
            return False
        by_delta = has_older and any(not each.by_digest for each in self._sources.for_content())
        if by_delta and not self._hold_all(found.files):
            return False
        try:
            self._documents.put_manifest(offer, found, what=offer.pack)
        except InvalidContent:
            return False
        return True

    def _hold_all(self, files: Iterable[File]) -> bool:
        lists = [self._list_of(source) for source in self._asked()]
        return all(
            file.digest in self._store or any(file.digest in each for each in lists)
            for file in files
        )

    def bring(
        self, files: Sequence[File], assembler: Assembler, took: Callable[[str, int], None]
    ) -> None:
        """Give `assembler` what peers hold of `files`; `took` gets a file's digest and bytes.

        Raises what `took` raises, and `StorageFailed`.
        """
        for source in self._asked():
            held = self._list_of(source)
            units = units_of([file for file in files if file.digest in held], assembler)
            if units:
                self._fetch(source, units, assembler, took)

    def _asked(self) -> Iterable[Source]:
        return islice(self._sources.for_files(), PEERS_ASKED_MAX)

    def _list_of(self, source: Source) -> HeldList:
        """Return what a peer says that it holds; nothing, where it doesn't say so."""
        if source.name not in self._held:
            self._held[source.name] = HeldList()
            try:
                raw = source.get(HELD, bytes_max=HELD_BYTES_MAX).body or b""
                self._held[source.name] = HeldList(raw)
            except SourceUnavailable as error:
                self._sources.put_out(source, error)
            except (Missing, InvalidContent):
                pass  # it holds nothing that can be asked for
        return self._held[source.name]

    def _fetch(
        self,
        source: Source,
        units: Sequence[Unit],
        assembler: Assembler,
        took: Callable[[str, int], None],
    ) -> None:
        bad = 0

        def take(unit: Unit, data: bytes) -> None:
            nonlocal bad
            key: FileKey = unit.key
            if digest_of(data) != key.chunk.digest:
                bad += 1
                message = f"{source.name}: gives other bytes than the digest {key.chunk.digest}"
                if bad > PEER_BAD_UNITS_MAX:
                    raise SourceUnavailable(message)
                raise DigestMismatch(message)
            took(key.file, len(data))
            assembler.take([(key.chunk, data)])
            assembler.settle()

        alone = Sources([source])
        transfer = Transfer(alone, monotonic=self._monotonic, requests_max=PEER_REQUESTS_MAX)
        try:
            transfer.run(units, take)
        except SourceUnavailable as error:
            self._sources.put_out(source, error)
        if alone.cut:
            self._sources.put_out(source, alone.cut)


def units_of(files: Sequence[File], assembler: Assembler) -> list[Unit]:
    """Return what is to be asked for of `files`: the chunks that `assembler` wants. Pure."""
    wanted = [file for file in files if any(chunk.digest in assembler for chunk in file.pieces)]
    units = []
    planned: set[str] = set()
    for group in groups_of(wanted):
        path, at = files_path(file.digest for file in group), 0
        for file in group:
            for chunk in file.pieces:
                if chunk.digest in assembler and chunk.digest not in planned:
                    planned.add(chunk.digest)
                    units.append(Unit(path, at, chunk.size, FileKey(file.digest, chunk)))
                at += chunk.size
    return units
